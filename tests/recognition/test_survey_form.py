from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lcgan.errors import UserError
from lcgan.recognition.classes import SURVEY_CLASSES
from lcgan.recognition.forms import Sources
from lcgan.recognition.survey_form import write_survey
from lcgan.spectra import store
from lcgan.spectra.catalogue import read_augmented
from lcgan.spectra.hdf5 import creating

ROOT = Path(__file__).parents[2]
SETS = {
    "data_set_1": {"O": [0, 1, 2]},
    "early_stop": {"O": [2]},
    "held_out": {"F": [3], "G": [4]},
}
#: Two spectra of each class in every set, row by row.
PARTS = ("train", "selection", "unseen")


@pytest.fixture
def project(tmp_path):
    """A store of 5 spectra of `ingest`, one of 48 of `augment`, and 6 spectra of LCGAN."""
    rng = np.random.default_rng(0)
    for name, n in (("spectra", 5), ("augmented", 48)):
        flux = rng.uniform(1, 2, (n, 3700)).astype(np.float32)
        with store.writing(tmp_path / f"{name}.h5") as writer:
            writer.append(flux, np.ones_like(flux), np.zeros(flux.shape, np.uint8))
    rows = [(part, name) for part in PARTS for name in SURVEY_CLASSES for _ in (0, 1)]
    table = pd.DataFrame(rows, columns=["set", "class"]).rename_axis("row").reset_index()
    with creating(tmp_path / "lcgan.h5") as (file, disk), disk.writes():
        file["flux"] = np.full((2, 6, 3700), 3700**-0.5, np.float32)
        file["iterations"] = [10, 20]
    return tmp_path, table


def _write(project, o_spectra="physics", table=None, n_generated=4):
    folder, own = project
    sources = Sources(folder / "spectra.h5", folder, SETS, n_generated, 0.3, 1, making=None)
    table = own if table is None else table
    out = folder / "flux.npy"
    form, first = write_survey(out, sources, folder / "augmented.h5", table, o_spectra, 20)
    return form, first, np.load(out)


def test_every_class_is_trained_on_and_the_unseen_are_not(project):
    form, first, flux = _write(project)
    assert first == 5 and flux.shape == (5 + 48, 3700)
    np.testing.assert_allclose(np.linalg.norm(flux, axis=1), 1, rtol=1e-5)
    assert form.classes == SURVEY_CLASSES
    assert form.counts("train") == dict.fromkeys(SURVEY_CLASSES, 2)
    assert form.train.rows.tolist() == list(range(5, 21))
    assert form.early_stop.rows.tolist() == list(range(21, 37))
    stored = store.read_rows(project[0] / "augmented.h5", [0, 47])
    np.testing.assert_allclose(flux[5], stored[0] / np.linalg.norm(stored[0]), rtol=1e-5)
    np.testing.assert_allclose(flux[52], stored[1] / np.linalg.norm(stored[1]), rtol=1e-5)


def test_the_o_spectra_can_be_data_set_1_duplicated_or_lcgans(project):
    form, _, _ = _write(project, "duplicated")
    o = form.train.rows[form.train.classes == 0]
    assert len(o) == 2 and set(o) <= {0, 1}, "not row 2, which is for early stopping"
    form, first, flux = _write(project, "lcgan")
    o = form.train.rows[form.train.classes == 0]
    assert len(o) == 2 and set(o) <= set(range(53, 57)) and len(flux) == 57
    np.testing.assert_allclose(flux[o], 3700**-0.5, rtol=1e-6)
    assert form.early_stop.rows.tolist() == list(range(21, 37)), "real ones, whatever is trained on"


def test_what_is_missing_is_named(project, monkeypatch):
    _, table = project
    with pytest.raises(UserError, match="48 spectra, but 47 in its catalogue"):
        _write(project, table=table.iloc[:47])
    with pytest.raises(UserError, match=r"no other spectra to train on; raise .*n_spectra.other"):
        _write(project, table=table.assign(**{"class": table["class"].replace("other", "M")}))
    monkeypatch.chdir(project[0])
    Path("dvc.yaml").write_bytes((ROOT / "dvc.yaml").read_bytes())
    with pytest.raises(UserError, match=r"none.csv: not there; run `dvc repro augment`"):
        read_augmented(Path("data/augmented/none.csv"))
