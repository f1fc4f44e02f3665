"""`validate`: each expectation broken once, and the spectrum at fault named."""

from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from lcgan import params
from lcgan.errors import UserError
from lcgan.files import read_json
from lcgan.spectra import store
from lcgan.spectra.catalogue import COLUMNS
from lcgan.stages import validate
from lcgan.stages.paths import CATALOGUE, DATA_DOCS, SPECTRA, VALIDATION
from lcgan.tracking.runs import NoTracking

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ["O"] * 12 + ["F"] * 12 + ["G"] * 12 + ["K"] * 14


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A project folder with 50 spectra that meet every expectation."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    flux = rng.normal(100, 5, (50, 3700)).astype("f4")
    with store.writing(SPECTRA) as writer:
        writer.append(flux, np.ones_like(flux), np.zeros_like(flux))
    table = pd.DataFrame({name: [0] * 50 for name in COLUMNS})
    table["row"] = range(50)
    table["file"] = [f"data/raw/lamost/{row:02}.fits" for row in range(50)]
    table["class"] = CLASSES
    table["snr_g"] = [30.5] * 49 + [np.nan]
    table["observation"] = [str(1000 + row) for row in range(50)]
    table.to_csv(CATALOGUE, index=False)


def run(*overrides: str) -> str:
    return validate.run(params.load(ROOT / "params.yaml", overrides), NoTracking())


def change(column: str, row: int, value: object) -> None:
    table = pd.read_csv(CATALOGUE, dtype=str)
    table.loc[row, column] = value
    table.to_csv(CATALOGUE, index=False)


def change_store(name: str, row: int, pixels: slice, value: float) -> None:
    with h5py.File(SPECTRA, "r+") as file:
        file[name][row, pixels] = value


def test_sound_spectra_pass():
    line = run()
    assert line == "50 spectra meet 12 expectations: reports/data_docs/index.html"
    metrics = read_json(VALIDATION)
    assert metrics == {
        "success": True,
        "n_spectra": 50,
        "n_expectations": 12,
        "n_failed": 0,
        "n_spectra_at_fault": 0,
        **{f"n_{name}": 0 for name in ("B", "A", "M", "other", "GALAXY", "QSO", "UNKNOWN")},
        **{"n_O": 12, "n_F": 12, "n_G": 12, "n_K": 14},
    }
    assert len(pd.read_csv(validate.FAULTS)) == 0
    page = (DATA_DOCS / "index.html").read_text()
    assert "class_counts" in page
    pages = [path.read_text() for path in DATA_DOCS.rglob("validations/spectra/**/*.html")]
    assert len(pages) == 1
    assert "masked_fraction" in pages[0]
    assert run("validate.standardisation=minmax").startswith("50 spectra meet 11 expectations")


BREAK = {
    "grid": (lambda: change_grid("first_wavelength", 3701.0), "grid", range(50)),
    "flux": (lambda: change_store("flux", 7, slice(3), np.nan), "n_finite", [7]),
    "no signal": (lambda: change_store("flux", 8, slice(None), 0), "norm", [8]),
    "ivar": (lambda: change_store("ivar", 9, slice(1), -1), "n_valid_ivar", [9]),
    "dip": (lambda: change_store("flux", 10, slice(1), -1e4), "minimum", [10]),
    "spike": (lambda: change_store("flux", 11, slice(1), 1e6), "maximum", [11]),
    "masked": (lambda: change_store("mask", 12, slice(1300), 1), "masked_fraction", [12]),
    "snr": (lambda: change("snr_g", 13, "-1"), "snr_g", [13]),
    "class": (lambda: change("class", 49, "Kx"), "class", [49]),
    "twice": (lambda: change("observation", 15, "1003"), "observation", [3, 15]),
}


def change_grid(name: str, value: float) -> None:
    with h5py.File(SPECTRA, "r+") as file:
        file.attrs[name] = value


@pytest.mark.parametrize("case", BREAK)
def test_a_broken_expectation_names_the_spectra(case):
    breaking, column, rows = BREAK[case]
    breaking()
    with pytest.raises(UserError) as error:
        run()
    faults = pd.read_csv(validate.FAULTS)
    at_fault = faults[faults["column"] == column]
    assert at_fault["row"].tolist() == list(rows)
    assert at_fault["file"].iloc[0] == f"data/raw/lamost/{rows[0]:02}.fits"
    message = str(error.value)
    assert message.startswith("data/interim/spectra.h5: ")
    assert f"data/raw/lamost/{rows[0]:02}.fits" in message
    assert "\n" not in message
    metrics = read_json(VALIDATION)
    assert metrics["success"] is False
    assert metrics["n_failed"] == faults["expectation"].nunique() >= 1
    assert metrics["n_spectra_at_fault"] == len(rows)
    assert (DATA_DOCS / "index.html").is_file()


def test_other_pixels_than_3700_fail():
    flux = np.random.default_rng(0).normal(100, 5, (50, 3600)).astype("f4")
    with h5py.File(SPECTRA, "r+") as file:
        for name, values in (("flux", flux), ("ivar", flux), ("mask", flux * 0)):
            del file[name]
            file[name] = values
    with pytest.raises(UserError, match="3,700 pixels .* and 47 more"):
        run()
    assert {"n_pixels", "grid"} <= set(pd.read_csv(validate.FAULTS)["column"])


def test_too_few_of_a_class_fail():
    with pytest.raises(UserError, match=r"enough spectra of each class: .*\(O has 12, F has 12\)"):
        run("validate.min_per_class={O: 13, F: 13}")
    assert pd.read_csv(validate.FAULTS)["value"].tolist() == ["O", "F"]


def test_minmax_finds_a_constant_spectrum():
    change_store("flux", 4, slice(None), 5.0)
    with pytest.raises(UserError, match=r"1 of 11 .*greatest flux 1 .*04.fits"):
        run("validate.standardisation=minmax")


def test_many_faults_are_counted():
    with pytest.raises(UserError, match=r"00.fits, .*01.fits, .*02.fits and 46 more"):
        run("validate.snr_g_range=[0, 1]")
    assert len(pd.read_csv(validate.FAULTS)) == 49


def test_a_catalogue_of_another_store_is_refused():
    table = pd.read_csv(CATALOGUE)
    table[:-1].to_csv(CATALOGUE, index=False)
    with pytest.raises(UserError, match=r"catalogue.csv: its 49 rows are not those of"):
        run()
    CATALOGUE.unlink()
    Path("dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    with pytest.raises(UserError, match=r"catalogue.csv: not there; run `dvc repro ingest`"):
        run()
    CATALOGUE.write_text("row,file\n0,a\n")
    with pytest.raises(UserError, match="catalogue.csv: "):
        run()
