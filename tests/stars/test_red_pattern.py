import numpy as np
import pytest

from lcgan.stars.instrument import lamost_wavelength
from lcgan.stars.red_pattern import BESIDE, FIRST_WAVELENGTH, STELLAR, red_pattern


def test_it_is_on_lamosts_pixels_and_only_in_the_red():
    mean, components = red_pattern()
    wavelength = lamost_wavelength()
    assert mean.shape == wavelength.shape and components.shape == (3, wavelength.size)
    outside = wavelength < FIRST_WAVELENGTH
    for line in STELLAR:
        outside |= abs(wavelength - line) < BESIDE - 1
    assert (mean[outside] == 0).all() and (components[:, outside] == 0).all()
    assert np.abs(mean).max() < 0.1 and np.abs(components).max() < 0.1


def test_it_shows_what_public_spectra_show():
    """The γ band of O₂ (head at 6278 Å in vacuum) was not corrected; [O I] 6300 was shifted."""
    mean, components = red_pattern()
    wavelength = lamost_wavelength()
    band = (wavelength > 6278) & (wavelength < 6290)
    assert mean[band].min() < -0.03
    near = abs(wavelength - 6302) < 6
    first = components[0][near]
    assert first.min() < -0.015 and first.max() > 0.015
    assert first.argmin() != pytest.approx(first.argmax(), abs=1)
