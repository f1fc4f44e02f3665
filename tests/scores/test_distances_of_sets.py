"""Fréchet and kernel distance, authenticity, and distances of distributions, by hand."""

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import ks_2samp

from lcgan.scores.authenticity import authenticity
from lcgan.scores.distribution import kolmogorov_smirnov, wasserstein
from lcgan.scores.frechet import frechet
from lcgan.scores.kernel_distance import kernel_distance


def column(*values):
    return np.array(values, float)[:, None]


def test_frechet_of_two_pairs():
    # means 1 and 5, variances 2 and 8: 16 + 2 + 8 - 2 √16
    assert frechet(column(0, 2), column(3, 7)) == pytest.approx(18)


def test_frechet_is_what_the_matrix_root_gives():
    rng = np.random.default_rng(1)
    one = rng.normal(size=(50, 4)) @ rng.normal(size=(4, 4))
    other = rng.normal(size=(60, 4)) + 1
    root = sqrtm(np.cov(one.T) @ np.cov(other.T)).real
    expected = np.sum((one.mean(0) - other.mean(0)) ** 2)
    expected += np.trace(np.cov(one.T) + np.cov(other.T) - 2 * root)
    assert frechet(one, other) == pytest.approx(expected)
    assert frechet(one, one) == pytest.approx(0, abs=1e-6)


def test_kernel_distance_of_two_pairs():
    # (0·1 + 1)³ = 1; (2·3 + 1)³ = 343; across 1, 1, 27, 64
    assert kernel_distance(column(0, 1), column(2, 3)) == pytest.approx(1 + 343 - 2 * 93 / 4)


def test_kernel_distance_of_draws_of_one_kind_is_nothing_on_average():
    rng = np.random.default_rng(2)
    found = [kernel_distance(*rng.normal(size=(2, 30, 3))) for _ in range(200)]
    assert abs(np.mean(found)) < 4 * np.std(found) / np.sqrt(200)


def test_authenticity_by_hand():
    # held out lie 1 and 2 from the training spectra, the set 0.5 and 3
    found = authenticity(column(0.5, 13), column(0, 10), column(1, 12))
    assert found["ratio"] == pytest.approx(1.75 / 1.5)
    assert found["closer"] == pytest.approx(0.5)


def test_a_copy_is_no_distance_away_and_always_closer():
    training = column(0, 10)
    assert authenticity(training, training, column(1, 12)) == {"ratio": 0, "closer": 1}


def test_kolmogorov_smirnov_is_scipys():
    rng = np.random.default_rng(3)
    one, other = rng.normal(size=40), rng.normal(0.5, 2, size=70).round(1)
    assert kolmogorov_smirnov(one, other) == pytest.approx(ks_2samp(one, other).statistic)
    assert kolmogorov_smirnov(np.arange(4.0), np.arange(2.0, 6.0)) == pytest.approx(0.5)


def test_what_could_not_be_measured_is_a_difference():
    assert kolmogorov_smirnov(np.array([1, np.nan]), np.array([1.0, 1.0])) == pytest.approx(0.5)


def test_wasserstein_is_the_mean_distance_moved():
    assert wasserstein(np.array([0.0, 1, np.nan]), np.array([3.0, 2])) == pytest.approx(2)
    assert wasserstein(np.array([np.nan]), np.array([1.0])) is None
