import numpy as np
import pytest
import tensorflow as tf

from lcgan.gan.statistics import BatchStatistics


@pytest.fixture(scope="module")
def real():
    rng = np.random.default_rng(1)
    level = rng.normal(size=(64, 1)) * np.linspace(1, 2, 320)
    noise = np.exp(0.5 * rng.normal(size=(64, 1))) * rng.normal(size=(64, 320))
    return (level + 0.1 * noise).astype(np.float32)


@pytest.fixture(scope="module")
def distance(real):
    statistics = BatchStatistics(real, 64)
    return lambda spectra: float(statistics(tf.constant(spectra.astype(np.float32))))


def test_the_training_spectra_themselves_are_at_no_distance(real, distance):
    assert distance(real) < 0.02
    assert distance(real[::-1]) < 0.02


@pytest.mark.parametrize(
    "changed",
    [
        lambda real: real + 1,
        lambda real: np.repeat(real.mean(0, keepdims=True), 64, axis=0),
        lambda real: 1.5 * real,
        lambda real: real + 0.2 * np.random.default_rng(2).normal(size=real.shape),
        lambda real: np.where(real > np.median(real, 0), real, np.median(real, 0)),
    ],
    ids=["moved", "collapsed", "wider", "noisier", "lopsided"],
)
def test_what_differs_in_one_way_is_at_a_distance(real, distance, changed):
    assert distance(changed(real)) > 0.05


def test_noise_that_is_the_same_in_all_spectra_is_seen(real, distance):
    """The same mean noise in every pixel, but no spectrum noisier than another."""
    rng = np.random.default_rng(3)
    smooth = real.mean(axis=1, keepdims=True) * np.linspace(1, 2, 320) / 1.5
    alike = smooth + (real - smooth).std(0) * rng.normal(size=real.shape)
    assert distance(alike) > 0.3
