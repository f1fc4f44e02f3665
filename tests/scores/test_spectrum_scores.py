"""What is measured of each spectrum: line widths, noise power, continuum slope, spread."""

import numpy as np
import pytest

from lcgan.scores.continuum_slope import continuum_slope
from lcgan.scores.gan_test import white_noise
from lcgan.scores.line_widths import (
    COMPARED,
    KEYS,
    by_line,
    correlation_distance,
    line_widths,
    subtype,
)
from lcgan.scores.noise_power import band_power, greatest_ratio
from lcgan.scores.spread import share_within
from lcgan.spectra.grid import wavelength_grid

GRID = wavelength_grid()


def star(widths: dict[str, float], sigma: float = 1.3) -> np.ndarray:
    """A flat spectrum with Gaussian lines of these equivalent widths, Å; shape (1, 3700)."""
    flux = np.ones(3700)
    for line in COMPARED:
        depth = widths.get(line.key, 0.0) / (sigma * np.sqrt(2 * np.pi))
        flux -= depth * np.exp(-0.5 * ((GRID - line.wavelength) / sigma) ** 2)
    return flux[None]


def test_every_line_asked_for_is_measured_in_the_order_of_wavelength():
    assert (
        *("ca_k", "h_delta", "he_ii_4200", "h_gamma", "he_i_4471", "he_ii_4542", "he_ii_4686"),
        *("h_beta", "he_ii_5411", "he_i_5876", "na_d"),
    ) == KEYS


@pytest.mark.parametrize("key", KEYS)
def test_a_line_has_its_width_and_the_others_none(key):
    found = dict(zip(KEYS, line_widths(star({key: 0.9}))[0], strict=True))
    assert found.pop(key) == pytest.approx(0.9, rel=0.02)
    assert list(found.values()) == pytest.approx([0] * 10, abs=0.02)


def test_the_subtype_is_the_logarithm_of_he_i_over_he_ii():
    spectra = [star({"he_i_4471": 0.8, "he_ii_4542": 0.4}), star({"he_i_4471": 0.8})]
    found = subtype(line_widths(np.concatenate([*spectra, star({"he_ii_4542": -0.5})])))
    assert found[0] == pytest.approx(np.log10(2), abs=0.02)
    assert np.isnan(found[2])  # He II in emission


def test_lines_are_compared_one_by_one():
    real = np.tile(np.arange(4.0)[:, None], 11)
    other = real.copy()
    other[:, 3] += 2
    found = by_line(other, real)
    assert found[KEYS[3]] == {"ks": 0.5, "wasserstein": 2.0}
    assert found[KEYS[0]] == {"ks": 0.0, "wasserstein": 0.0}
    assert set(found) == {*KEYS, "subtype"}


def test_correlations_that_turn_round_are_seen():
    real = np.tile(np.arange(10.0)[:, None], 11)  # all lines go together: every correlation is 1
    turned = real.copy()
    turned[:, 0] *= -1  # ten of the 55 pairs are -1
    assert correlation_distance(turned, real) == pytest.approx(np.sqrt(10 * 4 / 55))
    assert correlation_distance(real, real) == 0
    assert correlation_distance(np.full((10, 11), np.nan), real) is None


def test_white_noise_has_power_1_at_every_frequency():
    power = band_power(white_noise(200, 3700, np.random.default_rng(0)))
    assert power.mean(axis=0) == pytest.approx(np.ones(6), rel=0.03)


def test_a_wave_of_four_pixels_is_in_its_band_alone():
    wave = np.cos(np.pi / 2 * np.arange(3700))
    power = band_power(wave[None] / np.linalg.norm(wave))[0]
    # all power, L/2 = 1850, at one of the band's 370 frequencies
    assert power[3] == pytest.approx(5, rel=0.01)
    assert np.delete(power, 3) == pytest.approx(np.zeros(5), abs=0.01)


def test_the_greatest_ratio_is_that_of_the_worst_band_either_way():
    real = np.ones((5, 3))
    assert greatest_ratio(real * [2, 0.25, 1], real) == pytest.approx(4)


def test_a_power_law_has_its_slope_and_noise_has_none():
    flux = 7 * (GRID / 5000) ** np.array([[-2.5], [1.0]])
    assert continuum_slope(flux) == pytest.approx([-2.5, 1.0], abs=1e-3)
    assert np.isnan(continuum_slope(white_noise(3, 3700, np.random.default_rng(0)))).all()


def test_share_within_a_factor_either_way():
    assert share_within(np.array([1.0, 1.29, 1.31, 0.78, 0.76])) == pytest.approx(3 / 5)
