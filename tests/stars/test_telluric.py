import numpy as np
import pytest

from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.telluric import remove_telluric, water_absorption


def _bands(wavelength):
    """Return made-up ln(transmission): a comb in each water band and a flat oxygen band."""
    comb = -0.3 * (np.sin(wavelength / 3) > 0.3)
    water = np.where((wavelength > 7160) & (wavelength < 7370), comb, 0)
    water = np.where((wavelength > 8105) & (wavelength < 8350), comb, water)
    oxygen = np.where((wavelength > 7595) & (wavelength < 7705), -0.8, 0)
    return water, oxygen


@pytest.mark.parametrize("velocity", [0.0, 300.0])
def test_bands_are_taken_out_and_accounted_for(velocity):
    wavelength = fine_wavelength()
    continuum = (wavelength / 6000) ** -2
    water, oxygen = _bands(wavelength)
    hot = continuum * np.exp(water + oxygen)
    shape = water_absorption(hot[None], np.zeros(1))
    at = wavelength * (1 + velocity / 299792.458)
    seen = continuum * np.exp(np.interp(at, wavelength, 0.5 * water + oxygen))
    clean, telluric = remove_telluric(seen, velocity, shape)
    assert clean + telluric == pytest.approx(seen)
    assert (telluric <= 1e-12).all()
    red = wavelength > 6800
    assert np.abs(clean / continuum - 1)[red].mean() < 0.005
    assert np.abs(seen / continuum - 1)[red].mean() > 0.03


def test_outside_the_bands_nothing_changes():
    wavelength = fine_wavelength()
    flux = 2 + np.sin(wavelength)
    clean, _ = remove_telluric(flux, 0.0, np.zeros(wavelength.size))
    assert (clean[wavelength < 6860] == flux[wavelength < 6860]).all()
