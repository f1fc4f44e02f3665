import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.files import md5_of
from lcgan.params import load
from lcgan.spectra import store
from lcgan.stages import augment
from lcgan.stars.library import CLASSES, load_library
from lcgan.stars.temperature import class_by_type
from lcgan.tracking.runs import NoTracking

PARAMS = Path(__file__).parents[2] / "params.yaml"
COUNTS = dict.fromkeys(CLASSES, 20)
KEPT_OUT = {"O": ["HD047839", "HD269698"], "F": ["HD069897"]}


@pytest.fixture(scope="module")
def library():
    return load_library(("stelib",))


@pytest.fixture
def here(tmp_path, monkeypatch, library):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(augment, "load_library", lambda libraries: library)
    path = tmp_path / "data/processed/datasets.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"stars_kept_out": KEPT_OUT}))
    return tmp_path


def _params(*more, workers=1):
    few = {"O": 2, "B": 3, "A": 3, "F": 4, "G": 4, "K": 4, "M": 2, "other": 1}
    return load(
        PARAMS,
        [
            "augment.libraries=[stelib]",
            f"augment.workers={workers}",
            *(f"augment.n_spectra.{c}=20" for c in CLASSES),
            *(f"augment.n_unseen.{c}=4" for c in CLASSES),
            *(f"augment.unseen_stars.{c}={n}" for c, n in few.items()),
            *more,
        ],
    )


def _catalogue(here):
    with (here / "data/augmented/catalogue.csv").open() as handle:
        return list(csv.DictReader(handle))


def test_store_and_catalogue_agree_and_no_unseen_star_is_trained_on(here):
    message = augment.run(_params(), NoTracking())
    rows = _catalogue(here)
    assert "208 spectra" in message, "8 classes × (20 + 2 + 4)"
    assert [int(row["row"]) for row in rows] == list(range(208))
    assert store.n_spectra(here / "data/augmented/spectra.h5") == 208
    stars = {part: {r["star"] for r in rows if r["set"] == part} for part in ("train", "unseen")}
    assert not stars["train"] & stars["unseen"]
    assert set(KEPT_OUT["O"]) | set(KEPT_OUT["F"]) <= stars["unseen"]
    flux = store.read_rows(here / "data/augmented/spectra.h5", range(208))
    mask = store.read_rows(here / "data/augmented/spectra.h5", range(208), "mask")
    assert np.isfinite(flux).all()
    assert [int(row["masked_pixels"]) for row in rows] == mask.sum(axis=1).tolist()


def test_the_priors_are_wide_for_every_class(here):
    augment.run(_params("augment.n_spectra.O=60; augment.n_spectra.K=60"), NoTracking())
    rows = [row for row in _catalogue(here) if row["set"] == "train"]
    for name in ("O", "K"):
        ebv = [float(row["ebv"]) for row in rows if row["spectral_type"].startswith(name)]
        assert max(ebv) > 0.4 and min(ebv) < 0.1
    spun = Counter(row["class"] for row in rows if float(row["v_sin_i"]) > 0)
    glows = Counter(row["class"] for row in rows if float(row["nebular_h_alpha"]) != 0)
    assert spun["O"] > 0 and glows["O"] > 0 and not spun["K"] and not glows["K"]


def test_selection_has_other_observations_of_stars_where_a_class_has_few(here):
    augment.run(_params(), NoTracking())
    o = [row for row in _catalogue(here) if row["class"] == "O"]
    train, selection = ([r for r in o if r["set"] == s] for s in ("train", "selection"))
    assert {r["star"] for r in selection} <= {r["star"] for r in train}
    assert not {r["snr"] for r in selection} & {r["snr"] for r in train}
    f = [row for row in _catalogue(here) if row["spectral_type"].startswith("F")]
    train, selection = ({r["star"] for r in f if r["set"] == s} for s in ("train", "selection"))
    assert selection and not selection & train


def test_the_number_of_processes_changes_no_byte(here):
    augment.run(_params(), NoTracking())
    one = md5_of(here / "data/augmented")
    augment.run(_params(workers=2), NoTracking())
    assert md5_of(here / "data/augmented") == one


def test_a_library_named_for_tests_alone_is_not_trained_on(here):
    with pytest.raises(UserError, match=r"augment.unseen_stars.O: 2 of 0 stars"):
        augment.run(_params("augment.test_only.stelib=[O]"), NoTracking())
    assert not (here / "data/augmented/spectra.h5").exists()


def test_classes_by_temperature_are_those_of_the_boundaries(here, library):
    every_star = "augment.n_spectra.F=100"  # 20 are fewer than the stars
    tasks = augment.plan(library, _params(every_star), KEPT_OUT)
    by_star = {task.star.name: (class_by_type(task.star), task.class_) for task in tasks}
    assert by_star["HD102870"] == ("F", "F"), "6,100 K"
    assert by_star["HD047839"] == ("O", "O")
    assert {own for own, given in by_star.values() if own != given} <= {"A", "F", "G", "K", "M"}
    hotter = augment.plan(library, _params(every_star, "augment.temperatures.f_g=6300"), KEPT_OUT)
    assert {t.class_ for t in hotter if t.star.name == "HD102870"} == {"G"}
