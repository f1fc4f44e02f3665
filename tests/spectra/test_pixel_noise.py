import numpy as np
import pytest

from lcgan.spectra.pixel_noise import running_variance, typical


def test_the_running_variance_is_the_noise_of_a_straight_spectrum():
    straight = np.linspace(1, 3, 3700)
    assert running_variance(straight[None]) == pytest.approx(0, abs=1e-12)
    noisy = straight + 0.2 * np.random.default_rng(1).normal(size=(200, 3700))
    assert running_variance(noisy).mean(axis=0) == pytest.approx(np.full(3700, 0.04), rel=0.1)
    # 1, -1, 1: second difference ±4, squared over 6
    assert running_variance(np.tile([1.0, -1.0], 1850)[None]) == pytest.approx(16 / 6)


def test_typical_power_minds_no_few_spectra():
    power = np.array([1.0] * 8 + [1e6, 0.0])[:, None]
    assert typical(power) == pytest.approx([1])
