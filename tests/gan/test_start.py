import numpy as np
import pytest

from lcgan.gan.start import line_modes, modes, noise_level, typical_spectrum
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise


def test_the_modes_are_those_of_the_logarithm_of_the_continuum():
    rng = np.random.default_rng(0)
    weight = rng.gamma(9, 1 / 3, size=(4000, 1)) - 3  # of mean 0, spread 1, skewness 2/3
    flux = 0.05 * np.exp(0.1 * weight * np.linspace(-1, 1, 400))
    shapes, bends = modes(flux, np.array([0, 200, 399]), 2)
    sign = np.sign(shapes[0, 2])
    np.testing.assert_allclose(sign * shapes[0], [-0.1, 0, 0.1], atol=0.01)
    np.testing.assert_allclose(shapes[1], 0, atol=0.002)
    assert sign * bends[0] == pytest.approx(2 / 3 / 6, rel=0.15)


def test_fewer_spectra_than_modes_give_zeros():
    shapes, bends = modes(np.ones((2, 50)), np.array([0, 49]), 3)
    assert shapes.shape == (3, 2) and bends.shape == (3,)
    assert np.isfinite(bends).all()


def test_noise_is_told_from_a_slope_and_its_scatter_from_its_level():
    rng = np.random.default_rng(0)
    own = 0.02 * np.exp(0.4 * rng.normal(size=(500, 1)))
    flux = np.linspace(1, 3, 1000) + own * rng.normal(size=(500, 1000))
    level, scatter = noise_level(flux)
    np.testing.assert_allclose(level, 0.02, rtol=0.15)  # an edge stands for its outside
    assert scatter == pytest.approx(0.4, rel=0.1)


def test_the_line_modes_are_what_a_line_varies_by_whatever_the_continuum():
    rng, wavelength = np.random.default_rng(0), wavelength_grid()
    line = np.exp(-0.5 * ((wavelength - 4542.9) / 5) ** 2)
    depth = 0.2 + 0.05 * rng.normal(size=(200, 1))
    slope = rng.normal(-2, 1, size=(200, 1))
    flux = (wavelength / 5500) ** slope * (1 - depth * line)
    flux += 0.01 * rng.normal(size=flux.shape)
    first, second = line_modes(standardise(flux), 2)
    first *= np.sign(first[np.argmax(line)])
    near = line > 0.1
    np.testing.assert_allclose(first[near], 0.05 * line[near], atol=0.006)
    assert np.median(np.abs(first[np.abs(wavelength - 4542.9) > 60])) < 0.002
    assert np.abs(second[near]).max() < 0.01  # noise alone is left


def test_fewer_spectra_than_line_modes_give_zeros():
    flux = standardise(1 + 0.01 * np.random.default_rng(0).normal(size=(3, 3700)))
    found = line_modes(flux, 5)
    assert found.shape == (5, 3700)
    assert np.isfinite(found).all()
    assert not found[2:].any()


def test_the_typical_spectrum_has_the_medians_lines_and_continuum_and_less_of_its_jags():
    rng, wavelength = np.random.default_rng(0), wavelength_grid()
    line = np.exp(-0.5 * ((wavelength - 4542.9) / 8) ** 2)
    level = np.exp(0.3 * rng.normal(size=(151, 1)))
    whole = (wavelength / 5500) ** -2 * (1 - 0.3 * line)
    flux = level * whole + 0.005 * rng.normal(size=(151, 3700))
    found, jagged = typical_spectrum(flux), np.median(flux, axis=0)
    truth = np.median(level) * whole
    np.testing.assert_allclose(found, truth, atol=0.03)
    inner = slice(100, -100)
    left = [np.diff(one[inner], 2).std() for one in (found - truth, jagged - truth)]
    assert left[0] < 0.6 * left[1]
