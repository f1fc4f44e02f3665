import numpy as np
import pytest

from lcgan.stars.extinction import transmission
from lcgan.stars.instrument import lamost_wavelength
from lcgan.stars.nebula import emission

H_ALPHA, H_BETA, H_GAMMA = 6564.61, 4862.68, 4341.68


def _lines(width, level=2.0, velocity=0.0, fwhm=3.0):
    wavelength = lamost_wavelength()
    flux = np.full((1, wavelength.size), level)
    return emission(
        wavelength, flux, np.array([width]), np.array([velocity]), np.full(flux.shape, fwhm)
    )[0]


def _strength(lines, at):
    wavelength = lamost_wavelength()
    near = abs(wavelength - at) < 15
    return np.trapezoid(lines[near], wavelength[near])


def test_h_alpha_has_the_equivalent_width_asked_for():
    assert _strength(_lines(5.0, level=2.0), H_ALPHA) == pytest.approx(10.0, rel=1e-3)


def test_case_b_ratios():
    # Osterbrock & Ferland 2006, Table 4.2, 10,000 K: Hα/Hβ 2.87, Hγ/Hβ 0.466
    lines = _lines(4.0)
    beta = _strength(lines, H_BETA)
    assert _strength(lines, H_ALPHA) / beta == pytest.approx(2.87, rel=2e-3)
    assert _strength(lines, H_GAMMA) / beta == pytest.approx(0.466, rel=2e-3)


def test_reddening_steepens_the_decrement():
    # E(B-V) = 1: A(Hβ) - A(Hα) = 1.2 mag by G23 at R_V 3.1, so Hα/Hβ = 2.87 × 10^(0.4 × 1.2)
    lines = _lines(4.0) * transmission(lamost_wavelength(), np.array([1.0]), 3.1)[0]
    decrement = _strength(lines, H_ALPHA) / _strength(lines, H_BETA)
    assert decrement == pytest.approx(2.87 * 10**0.48, rel=0.06)


def test_it_is_narrow_and_moves_with_the_star():
    wavelength = lamost_wavelength()
    lines = _lines(4.0, velocity=150.0, fwhm=3.0)
    centre = H_ALPHA * (1 + 150 / 299792.458)
    near = abs(wavelength - centre) < 15
    mean = np.average(wavelength[near], weights=lines[near])
    rms = np.sqrt(np.average((wavelength[near] - mean) ** 2, weights=lines[near]))
    assert mean == pytest.approx(centre, abs=0.02)
    assert 2.3548 * rms == pytest.approx(3.0, rel=0.01)


def test_too_much_subtracted_is_absorption():
    assert _lines(-3.0) == pytest.approx(-_lines(3.0))
