import gc

import numpy as np
import pytest

from lcgan.scores import distances
from lcgan.scores.distances import Spectra, as_spectra, squared_distances
from lcgan.scores.svm import fit_o_against_f


def rows(n, seed, dtype="f4"):
    return np.random.default_rng(seed).normal(size=(n, 20)).astype(dtype)


def by_hand(x, y):
    return ((x[:, None].astype(float) - y[None].astype(float)) ** 2).sum(axis=2)


def test_distances_of_wholes_and_parts():
    x, y = rows(6, 1), rows(4, 2)
    one, other = Spectra(x), Spectra(y)
    np.testing.assert_allclose(squared_distances(one, other), by_hand(x, y), rtol=1e-12)
    np.testing.assert_allclose(squared_distances(other, one), by_hand(y, x), rtol=1e-12)
    part, more = one[[5, 0, 0]], other[1:][[2, 0]]
    np.testing.assert_allclose(squared_distances(part, more), by_hand(x[[5, 0, 0]], y[[3, 1]]))
    np.testing.assert_allclose(squared_distances(more, part), by_hand(y[[3, 1]], x[[5, 0, 0]]))
    same = squared_distances(one, one[[3]])
    np.testing.assert_allclose(same, by_hand(x, x[[3]]), atol=1e-12)
    assert same[3, 0] == 0 and (same[:3] > 1).all()
    assert len(part) == 3 and len(more) == 2 and part.n_pixels == 20
    np.testing.assert_array_equal(more.flux, y[[3, 1]])
    assert more.flux.dtype == np.float32
    total, squares = more.sums
    assert total == pytest.approx(y[[3, 1]].sum(dtype=float))
    assert squares == pytest.approx((y[[3, 1]].astype(float) ** 2).sum())


def test_a_pair_is_measured_once_whichever_way_and_forgotten_with_its_spectra(monkeypatch):
    import sklearn.metrics.pairwise as pairwise

    measured, measure = [], pairwise.euclidean_distances
    monkeypatch.setattr(
        pairwise, "euclidean_distances", lambda *a, **k: measured.append(1) or measure(*a, **k)
    )
    real, made = Spectra(rows(6, 1)), Spectra(rows(4, 2))
    squared_distances(real, made)
    squared_distances(made[1:], real[[2]])
    squared_distances(real[2:], made)
    assert len(measured) == 1
    squared_distances(real, real[1:])
    squared_distances(made, Spectra(rows(3, 3)))
    assert len(measured) == 3
    assert len(real._whole._blocks) == 2
    del made
    gc.collect()
    assert len(real._whole._blocks) == 1


def test_spectra_stay_what_they_are():
    spectra = Spectra(rows(2, 1))
    assert as_spectra(spectra) is spectra
    assert isinstance(as_spectra(rows(2, 1)), distances.Spectra)


def test_a_machine_of_shared_spectra_answers_as_one_of_arrays():
    o, f, unseen = rows(30, 1) + 0.4, rows(30, 2) - 0.4, rows(80, 3)
    pool = Spectra(np.concatenate([o, f, unseen]))
    repeated = np.arange(45) % 30
    shared = fit_o_against_f(pool[repeated], pool[30:60])
    plain = fit_o_against_f(o[repeated], f)
    assert shared.gamma == pytest.approx(plain.gamma, rel=1e-12)
    assert shared.gamma == pytest.approx(
        1 / (20 * np.concatenate([o[repeated], f]).var()), rel=1e-5
    )
    found = shared.predict(pool[60:])
    np.testing.assert_array_equal(found, plain.predict(unseen))
    assert 10 < found.sum() < 70


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_spectra_that_are_not_finite_are_refused(bad):
    """Before a machine is taught on them: scikit-learn is not asked to look again."""
    with pytest.raises(ValueError, match="not finite"):
        Spectra(np.array([[1.0, 2.0], [3.0, bad]]))
