import numpy as np
import pytest

from lcgan.stars import telluric
from lcgan.stars.instrument import fine_wavelength


def _bands(wavelength):
    """Return made-up ln(transmission): a comb in two water bands and a flat oxygen band."""
    comb = -0.3 * (np.sin(wavelength / 3) > 0.3)
    water = np.where((wavelength > 7170) & (wavelength < 7370), comb, 0)
    water = np.where((wavelength > 8105) & (wavelength < 8350), comb, water)
    oxygen = np.where((wavelength > 7595) & (wavelength < 7705), -0.8, 0)
    return water, oxygen


def _stars(n=5):
    wavelength = fine_wavelength()
    velocity = np.linspace(-100, 100, n)
    water, oxygen = _bands(wavelength)
    like = np.array([(wavelength / 6000) ** -(1 + 0.3 * i) for i in range(n)])
    at = wavelength * (1 + velocity[:, None] / 299792.458)
    seen = like * np.exp([np.interp(a, wavelength, water + oxygen) for a in at])
    return seen, like, velocity


def test_the_bands_are_what_stars_lack():
    water, oxygen = _bands(fine_wavelength())
    found = telluric.absorption(*_stars())
    assert (found <= 0).all()
    assert np.abs(found - water - oxygen).mean() < 0.002
    outside = fine_wavelength() < 6200
    assert (found[outside] == 0).all()


@pytest.mark.parametrize("velocity", [0.0, 300.0])
def test_bands_are_taken_out(velocity):
    wavelength = fine_wavelength()
    continuum = (wavelength / 6000) ** -2
    water, oxygen = _bands(wavelength)
    at = wavelength * (1 + velocity / 299792.458)
    seen = continuum * np.exp(np.interp(at, wavelength, 0.5 * water + oxygen))
    clean = telluric.remove(seen, velocity, water + oxygen)
    red = wavelength > 6800
    assert np.abs(clean / continuum - 1)[red].mean() < 0.005
    assert np.abs(seen / continuum - 1)[red].mean() > 0.03


def test_outside_the_bands_nothing_changes():
    wavelength = fine_wavelength()
    flux = 2 + np.sin(wavelength)
    clean = telluric.remove(flux, 0.0, np.zeros(wavelength.size))
    assert (clean[wavelength < 6250] == flux[wavelength < 6250]).all()


def test_a_pattern_that_all_share_is_found_but_no_stars_own_line():
    wavelength = fine_wavelength()
    rng = np.random.default_rng(0)
    like = np.ones((21, wavelength.size))
    fringe = 0.02 * np.sin(wavelength / 2.5)
    own = 0.05 * rng.standard_normal((21, 1)) * np.sin(wavelength / 1.9)
    found = telluric.pattern(np.exp(fringe + own), like, np.zeros(21))
    inside = (wavelength > 7800) & (wavelength < 8090)
    assert found[inside] == pytest.approx(fringe[inside], abs=0.012)
    assert (found[wavelength < telluric.PATTERN_FROM] == 0).all()
    assert (found[abs(wavelength - 6564.6) < 20] == 0).all()
