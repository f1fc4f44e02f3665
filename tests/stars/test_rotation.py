import numpy as np
import pytest

from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.rotation import SAMPLE, profile, rotate


def test_the_profile_is_grays():
    # Gray 2005, eq. 18.14, ε = 0.6, per unit of x = Δv / (v sin i):
    # at the centre (2 × 0.4 + 0.3 π) / (0.8 π) = 0.6933; at x = 0.5 the square roots give
    # (0.8 × 0.8660 + 0.3 π × 0.75) / (0.8 π) = 0.5569
    spin = 4000 * SAMPLE
    kernel = profile(spin) * 4000
    assert kernel[4000] == pytest.approx(0.6933, abs=2e-4)
    assert kernel[6000] == pytest.approx(0.5569, abs=2e-4)
    assert kernel[0] < 0.02 and kernel[-1] < 0.02


@pytest.mark.parametrize("v_sin_i", [0.0, 3.0, 20.0, 150.0, 400.0])
def test_the_profile_keeps_the_light_and_is_even(v_sin_i):
    kernel = profile(v_sin_i)
    assert kernel.sum() == pytest.approx(1)
    assert kernel == pytest.approx(kernel[::-1])


def test_the_width_of_a_rotating_line():
    # ∫ x² G = [2 (1 - ε) π/8 + (π ε / 2) (4/15)] / [π (1 - ε/3)] = 0.225 at ε = 0.6:
    # at 200 km/s a sharp line has an r.m.s. width of 200 × √0.225 = 94.9 km/s
    flux = np.ones(fine_wavelength().size)
    flux[8000] = 0.0
    line = 1 - rotate(flux, 200.0)
    velocity = (np.arange(flux.size) - 8000) * SAMPLE
    assert line.sum() == pytest.approx(1, abs=1e-6)
    assert np.sqrt(np.average(velocity**2, weights=line)) == pytest.approx(94.9, rel=0.01)


def test_a_constant_stays_and_no_rotation_changes_nothing():
    assert rotate(np.full(500, 2.0), 250.0) == pytest.approx(2.0)
    flux = np.sin(np.arange(500.0))
    assert rotate(flux, 0.0) == pytest.approx(flux)
