import numpy as np
import pytest

from lcgan.scores import two_sample as module
from lcgan.scores.two_sample import Sample, area_under_curve, halves, matched, two_sample


def _sample(n_stars, per_star, rng, shift=0.0, name="a", class_="F"):
    """Spectra of stars that differ from one another, with noise."""
    faces = rng.standard_normal((n_stars, 60))
    flux = np.repeat(faces, per_star, axis=0) + 0.3 * rng.standard_normal((n_stars * per_star, 60))
    flux[:, :5] += shift
    star = np.repeat([f"{name}{i}" for i in range(n_stars)], per_star)
    n = len(star)
    return Sample(flux, star, np.full(n, class_), np.full(n, 20.0))


def test_the_area_by_hand():
    # 3 against 2: (3 > 1), (3 > 2), (2 = 2) half, (2 > 1), (0 < 1), (0 < 2): 3.5 of 6
    score, label = np.array([3.0, 2, 0, 1, 2]), np.array([1, 1, 1, 0, 0])
    assert area_under_curve(score, label, np.ones(5)) == pytest.approx(3.5 / 6)
    # the spectrum that scores 0 left out: 3.5 of 4
    assert area_under_curve(score, label, np.array([1.0, 1, 0, 1, 1])) == pytest.approx(3.5 / 4)


def test_the_same_cannot_be_told_apart_though_each_star_has_its_face():
    rng = np.random.default_rng(0)
    found = two_sample(_sample(40, 4, rng), _sample(40, 4, rng, name="b"), seed=1)
    for name in module.CLASSIFIERS:
        assert found[name]["low"] < 0.5 < found[name]["high"], name
        assert abs(found[name]["auc"] - 0.5) < 0.15, name
    assert (found["n_one"], found["n_stars_one"]) == (160, 40)


def test_a_shift_is_seen():
    rng = np.random.default_rng(0)
    found = two_sample(_sample(40, 4, rng), _sample(40, 4, rng, shift=4.0, name="b"), seed=1)
    for name in module.CLASSIFIERS:
        assert found[name]["auc"] > 0.95 and found[name]["low"] > 0.9, name


def test_the_interval_counts_stars():
    # the same stars seen ten times over say little more than seen twice
    rng = np.random.default_rng(0)
    width = {}
    for per_star in (2, 10):
        one = _sample(20, per_star, rng, shift=0.7)
        found = two_sample(one, _sample(20, per_star, rng, name="b"), seed=1)["logistic"]
        width[per_star] = found["high"] - found["low"]
    assert width[10] > 0.6 * width[2]


def test_too_few_stars_are_said():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="4 stars are too few"):
        two_sample(_sample(4, 9, rng), _sample(40, 2, rng, name="b"), seed=1)


def test_matches_have_the_class_and_the_nearest_noise_once():
    n = 6
    real = Sample(
        np.zeros((3, 2)),
        np.array(["a", "b", "c"]),
        np.array(["F", "K", "F"]),
        np.array([10.0, 50, np.nan]),
    )
    other = Sample(
        np.zeros((n, 2)),
        np.array(list("uvwxyz")),
        np.array(["F", "F", "F", "K", "K", "G"]),
        np.array([9.0, 12, 100, 45, np.nan, 10]),
    )
    rows = matched(real, other, 2, np.random.default_rng(0))
    assert rows.tolist() == [0, 1, 3]


def test_halves_share_no_star():
    sample = _sample(11, 3, np.random.default_rng(0))
    one, other = halves(sample, np.random.default_rng(1))
    assert not set(one.star) & set(other.star)
    assert len(one.flux) + len(other.flux) == 33 and len(set(one.star)) == 5


def test_quantiles_of_each_pixel():
    flux = np.arange(101.0)[:, None] * np.array([1.0, 2.0])
    assert module.quantiles(flux) == pytest.approx(np.outer([5, 16, 50, 84, 95], [1, 2]))
