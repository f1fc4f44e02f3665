"""Every form of training: what it trains on, and that nothing is on both sides of the 7:3."""

import h5py
import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.recognition.cells import Cell, few, write_forms
from lcgan.recognition.forms import Sources, fit_seed
from lcgan.recognition.making import Making
from lcgan.spectra import store

SETS = {
    "data_set_1": {"O": list(range(20))},
    "early_stop": {"O": [14, 15, 16, 17, 18, 19], "F": [26, 27], "G": [36, 37], "K": [46, 47]},
    "data_set_5": {"F": [*range(20, 28)], "G": [*range(30, 38)], "K": [*range(40, 48)]},
}
MAKING = Making(5, 0.2, 0.1, 50.0, 1.0)
N = 10


@pytest.fixture
def sources(tmp_path):
    flux = 1 + np.random.default_rng(0).normal(0, 0.1, (50, 3700))
    with store.writing(tmp_path / "spectra.h5") as writer:
        writer.append(flux, np.full_like(flux, 100.0), np.zeros_like(flux))
    for name, level in (("lcgan", 4.0), ("lcgan_plus", 2.0), ("lcgan_plus-n010", 3.0)):
        with h5py.File(tmp_path / f"{name}.h5", "w") as file:
            file["iterations"] = np.array([500])
            file["flux"] = np.full((1, N, 3700), level, "f4")
    return Sources(tmp_path / "spectra.h5", tmp_path, SETS, N, 0.3, 7, MAKING)


def o_of(form, part):
    labelled = getattr(form, part)
    return labelled.rows[labelled.classes == 0].tolist()


def test_every_form_has_as_many_o_spectra_of_its_own_and_the_same_others(sources, tmp_path):
    pytest.importorskip("imblearn")
    cells = [Cell("smote"), Cell("physics"), Cell("lcgan_plus", 500), Cell("none_duplicated")]
    cells += [Cell("lcgan_plus_physics", 500), Cell("mixup")]
    forms = write_forms(tmp_path / "flux.npy", sources, cells)
    assert list(forms) == cells
    used = [
        row
        for c in (0, 1, 2, 4)
        for p in ("train", "early_stop")
        for row in o_of(forms[cells[c]], p)
    ]
    assert sorted(used) == list(range(48, 48 + 4 * N))
    like = forms[Cell("none_duplicated")]
    for cell in cells[:3]:
        assert forms[cell].counts("train") == {"O": 7, "F": 6, "G": 6, "K": 6}
        assert set(forms[cell].train.rows) - set(o_of(forms[cell], "train")) == set(
            like.train.rows
        ) - set(o_of(like, "train"))
    flux = np.load(tmp_path / "flux.npy")
    np.testing.assert_allclose(np.linalg.norm(flux[: 48 + 2 * N], axis=1), 1, atol=1e-5)
    both = forms[Cell("lcgan_plus_physics", 500)]
    # 7 to train on: 4 generated (all of flux 2), 3 re-observed; 3 of early stopping: 2 and 1
    assert (flux[o_of(both, "train")] == 2).all(axis=1).tolist() == [True] * 4 + [False] * 3
    assert (flux[o_of(both, "early_stop")] == 2).all(axis=1).tolist() == [True] * 2 + [False]
    assert forms[Cell("mixup")].mixup_alpha == 0.2 and like.mixup_alpha is None
    np.testing.assert_array_equal(forms[Cell("mixup")].train.rows, like.train.rows)


def test_a_gans_spectra_may_teach_alone_and_real_o_stop(sources, tmp_path):
    cells = [Cell("lcgan_real_stop", 500), Cell("none_duplicated"), Cell("lcgan", 500)]
    stopped, real, generated = write_forms(tmp_path / "flux.npy", sources, cells).values()
    assert stopped.name == "lcgan_real_stop" and stopped.iteration == 500
    flux = np.load(tmp_path / "flux.npy")
    assert (flux[o_of(stopped, "train")] == 4).all()
    assert stopped.counts("train") == generated.counts("train")
    np.testing.assert_array_equal(stopped.early_stop.rows, real.early_stop.rows)
    np.testing.assert_array_equal(stopped.early_stop.classes, real.early_stop.classes)


def test_each_side_is_made_of_its_own_spectra(sources, tmp_path):
    """With few spectra asked for, those of `physics` are the real ones as they are."""
    forms = write_forms(tmp_path / "flux.npy", sources, [Cell("physics")])
    form, flux = forms[Cell("physics")], np.load(tmp_path / "flux.npy")
    np.testing.assert_allclose(flux[o_of(form, "train")], flux[:7], atol=1e-6)
    np.testing.assert_allclose(flux[o_of(form, "early_stop")], flux[14:17], atol=1e-6)


def test_few_spectra_are_among_more_and_keep_their_side():
    sets = few(SETS, 10, 0.3)
    assert sets["data_set_1"]["O"] == [0, 1, 2, 3, 4, 5, 6, 14, 15, 16]
    assert sets["early_stop"] == {**SETS["early_stop"], "O": [14, 15, 16]}
    assert set(sets["data_set_1"]["O"]) < set(few(SETS, 15, 0.3)["data_set_1"]["O"])
    assert few(SETS, None, 0.3) is SETS


def test_a_gan_of_few_spectra_has_a_file_of_its_own(sources, tmp_path):
    form = write_forms(tmp_path / "f.npy", sources, [Cell("lcgan_plus", 500, 10)])
    (form,) = form.values()
    assert (np.load(tmp_path / "f.npy")[o_of(form, "train")] == 3).all()
    with pytest.raises(UserError, match=r"lcgan_plus-n015\.h5: not there"):
        write_forms(tmp_path / "f.npy", sources, [Cell("lcgan_plus", 500, 15)])


def test_forms_are_compared_in_pairs_by_the_seed_of_the_repeat_alone():
    assert fit_seed(7, 0) != fit_seed(7, 1) and fit_seed(7, 1) != fit_seed(8, 1)
