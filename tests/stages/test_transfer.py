"""The stage `transfer` with a small registered model: with a folder, without, and refused."""

import json

import numpy as np
import pandas as pd
import pytest

from lcgan.errors import UserError
from lcgan.params import load
from lcgan.scores import observation
from lcgan.spectra import store as packed
from lcgan.spectra.catalogue import COLUMNS
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.halves import half_of
from lcgan.stages import paths
from lcgan.stages import transfer as stage
from lcgan.tracking.runs import NoTracking

PARAMS = load()
CLASSES = "OFGKBOFGKB"


@pytest.fixture
def project(own_store, small_model, lamost_file):
    """Ten re-observed spectra with their sets, the small model, and a folder of real-like files."""
    grid = wavelength_grid()
    flux = np.stack([300 * (grid / 5000) ** (1.0 - 0.4 * i) for i in range(10)]).astype(np.float32)
    with packed.writing(paths.SPECTRA) as writer:
        writer.append(flux, np.full_like(flux, 0.01), np.zeros(flux.shape, np.uint8))
    rows = [dict.fromkeys(COLUMNS, "") | {"row": i, "class": it} for i, it in enumerate(CLASSES)]
    stars = [f"star {i % 5}" for i in range(10)]
    table = pd.DataFrame(rows).assign(star=stars, snr_g=np.arange(10) * 5.0, masked_pixels=0)
    table.to_csv(paths.CATALOGUE, index=False)
    sets = {
        "unseen_stars": {"O": [5], "F": [6], "G": [7], "K": [8]},
        "contaminants": {"B": [4, 9]},
        "leakage_free": {"O": [0, 5]},
        "held_out": {"F": [1], "G": [2], "K": [3]},
    }
    paths.DATASETS.parent.mkdir(parents=True)
    paths.DATASETS.write_text(json.dumps({"source": "stelib", "sets": sets}))
    paths.REGISTERED.parent.mkdir(parents=True)
    paths.REGISTERED.write_text(
        json.dumps({"model_uri": str(small_model), "arm": "none", "form": "none_as_is"})
    )
    pixel = np.arange(3909)
    for i in range(12):
        keys = {"OBSID": 100 + i, "SUBCLASS": ("A1V", "F5", "G2", "K3")[i % 4], "SNRG": 5.0 + 5 * i}
        flux = 1000 * np.exp((i - 6) * pixel / 4000)
        lamost_file(own_store / f"night/{i}.fits", flux=flux, DESIG=f"J{i}", **keys)
    lamost_file(own_store / "night/again.fits", DESIG="J1", OBSID=101, SUBCLASS="F5")
    (own_store / "night/text.fits").write_text("no spectrum")
    return own_store


def params(**changes):
    block = PARAMS.transfer.model_copy(update=changes)
    return PARAMS.model_copy(update={"transfer": block})


def report() -> dict:
    return json.loads(paths.TRANSFER.read_text())


def test_without_a_folder_unseen_stars_are_reported_and_the_rest_is_said(project):
    line = stage.run(PARAMS, NoTracking())
    assert line.startswith("reports/transfer.json: unseen O recalled ")
    assert "no folder of labelled real spectra is part of this project" in line
    found = report()
    assert found["real"] is None and found["classes"] == ["O", "F", "G", "K"]
    # row 5 has S/N 25; of the two B stars' spectra both have 10 or more
    assert {name: it["n"] for name, it in found["reobserved"]["bright"].items()} == {
        **{"O": 1, "B": 2, "F": 1, "G": 1, "K": 1}
    }
    assert found["calibration"]["n"] == 5
    assert np.load(paths.TRANSFER_SPECTRA)["flux"].shape == (0, 3700)


def test_a_second_run_writes_the_same_bytes(project):
    stage.run(params(folder="night"), NoTracking())
    first = paths.TRANSFER.read_bytes(), paths.TRANSFER_SPECTRA.read_bytes()
    stage.run(params(folder="night"), NoTracking())
    assert (paths.TRANSFER.read_bytes(), paths.TRANSFER_SPECTRA.read_bytes()) == first


def test_a_folder_is_scored_but_for_the_half_that_priors_were_fitted_on(project):
    stage.run(params(folder="night"), NoTracking())
    halves = [half_of(f"J{i}", "x") for i in range(12)]
    found = report()["real"]
    assert 0 < halves.count("fit") < 12
    assert found["n"] == halves.count("report")
    assert found["left_out"] == halves.count("fit") + (halves[1] == "fit")
    assert [it["path"] for it in found["rejected"]] == ["night/text.fits"]
    told = found["most_o_like"]
    assert len(told) == min(10, found["n"])
    assert [it["p_O"] for it in told] == sorted((it["p_O"] for it in told), reverse=True)
    flux = np.load(paths.TRANSFER_SPECTRA)["flux"]
    assert len(flux) == len(told)
    assert np.linalg.norm(flux, axis=1) == pytest.approx(np.ones(len(flux)), abs=1e-5)


def test_real_spectra_are_compared_with_reobserved_ones(project, lamost_file, monkeypatch):
    stage.run(params(folder="night"), NoTracking())
    assert "too few" in report()["observation"]["note"]
    monkeypatch.setattr(observation, "N_HALVES", 1)
    n = 60  # re-observed F, G, K of 30 stars beside 36 real ones
    grid, rng = wavelength_grid(), np.random.default_rng(0)
    flux = (300 * (grid / 5000) ** rng.uniform(-1, 1, (n, 1))).astype(np.float32)
    with packed.writing(paths.SPECTRA) as writer:
        writer.append(flux, np.full_like(flux, 0.01), np.zeros(flux.shape, np.uint8))
    classes = ["FGK"[i // 2 % 3] for i in range(n)]
    rows = [dict.fromkeys(COLUMNS, "") | {"row": i, "class": it} for i, it in enumerate(classes)]
    stars = [f"star {i // 2}" for i in range(n)]
    table = pd.DataFrame(rows).assign(star=stars, snr_g=20.0, masked_pixels=0)
    for i in range(36):
        keys = {"OBSID": 900 + i, "SUBCLASS": ("F5", "G2", "K3")[i % 3], "SNRG": 20.0}
        real = 1000 * np.exp((i - 18) * np.arange(3909) / 12_000)
        lamost_file(project / f"more/{i}.fits", flux=real, DESIG=f"R{i}", **keys)
    table.to_csv(paths.CATALOGUE, index=False)
    labelled = stage.read_labelled(
        stage.load(json.loads(paths.REGISTERED.read_text())["model_uri"]), "more", "none", []
    )
    numbers, curves = stage.beside_reobserved(labelled, PARAMS.seed)
    assert numbers["raw"]["n_one"] == 36 and numbers["raw"]["n_other"] == n
    assert 0 <= numbers["divided"]["svm"]["low"] <= numbers["divided"]["svm"]["high"] <= 1
    assert curves["raw_F_real"].shape == curves["divided_other"].shape == (5, 3700)


def test_every_observation_counts_once_and_names_are_left_out(project):
    stage.run(params(folder="night", exclude_half="none"), NoTracking())
    found = report()["real"]
    assert (found["n"], found["repeated"], found["left_out"]) == (12, 1, 0)
    assert {name: of["n"] for name, of in found["by_class"].items()} == dict.fromkeys("AFGK", 3)
    block = {"folder": "night", "exclude_half": "none", "exclude_names": ["J2", "3", "4.fits"]}
    stage.run(params(**block), NoTracking())
    found = report()["real"]
    assert (found["n"], found["left_out"]) == (9, 3)


def test_what_the_report_says_is_what_classify_says(project, small_model):
    from lcgan.classify import classify

    stage.run(params(folder="night", exclude_half="none"), NoTracking())
    found = report()["real"]
    classify(["night"], project / "table.csv", str(small_model))
    table = pd.read_csv("table.csv").dropna(subset="class").drop_duplicates("obsid")
    called = {name: int((table["class"] == name).sum()) for name in "OFGK"}
    assert {
        name: sum(of["called"][name] for of in found["by_class"].values()) for name in "OFGK"
    } == called


@pytest.mark.parametrize(
    ("folder", "words"),
    [("nowhere", "nowhere: no such folder"), ("empty", "empty: no file ends in")],
)
def test_a_folder_without_spectra_is_refused_in_one_line(project, folder, words):
    (project / "empty").mkdir()
    with pytest.raises(UserError, match=words):
        stage.run(params(folder=folder), NoTracking())


def test_a_folder_of_which_nothing_is_left_is_refused(project):
    (project / "poor").mkdir()
    (project / "poor/text.fits").write_text("no spectrum")
    with pytest.raises(UserError, match="none of 1 files can be scored .0 left out"):
        stage.run(params(folder="poor"), NoTracking())


def test_a_lost_model_is_said_in_one_line(project):
    paths.REGISTERED.write_text(json.dumps({"model_uri": "models:/o-star/9", "form": "lcgan"}))
    with pytest.raises(UserError, match=r"models:/o-star/9: cannot be loaded .*dvc repro -fs"):
        stage.run(PARAMS, NoTracking())
