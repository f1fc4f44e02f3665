"""Spectra made of the training ones: on lines between neighbours, or seen again."""

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.recognition.making import PIXEL_VELOCITY, Making, reobserve_spectra, smote
from lcgan.spectra.grid import N_PIXELS, wavelength_grid

QUIET = {"smote_neighbours": 5, "mixup_alpha": 0.2, "ebv": 0, "radial_velocity": 0, "noise": 0}


def making(**changes):
    return Making(**{**QUIET, **changes})


def unit(rows):
    rows = np.asarray(rows, float)
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def test_smote_keeps_its_spectra_and_puts_the_others_between_two_of_them():
    """Two spectra (1, 0) and (0, 1): between them lies u (1, 0) + (1 - u) (0, 1), norm 1."""
    own, others = unit([[1, 0, 0], [0, 1, 0]]), unit(np.ones((4, 3)))
    made = smote(own, others, 9, 5, seed=3)
    np.testing.assert_allclose(made[:2], own)
    assert made.shape == (9, 3)
    assert (made[2:, 2] == 0).all() and (made[2:, :2] > 0).all()
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(made, smote(own, others, 9, 5, seed=3))


def test_smote_of_one_spectrum_is_refused_in_a_line():
    with pytest.raises(UserError, match="smote: needs two O spectra"):
        smote(unit([[1, 0]]), unit([[1, 1]]), 4, 5, seed=1)


def test_without_changes_every_spectrum_comes_back_as_often_as_any_other():
    flux = np.arange(1, 4)[:, None] * np.linspace(1, 2, N_PIXELS) ** np.arange(1, 4)[:, None]
    made = reobserve_spectra(flux, np.ones_like(flux), 8, making(), np.random.default_rng(1))
    like = np.abs(made[:, None] - unit(flux)).max(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(like[:3], [0, 1, 2])
    assert sorted(np.bincount(like)) == [2, 3, 3]
    np.testing.assert_allclose(made, unit(flux)[like], atol=1e-6)


def test_velocity_moves_a_line_by_its_pixels_and_dust_tilts_the_continuum():
    """One pixel is c (10^0.0001 - 1) = 69.0 km/s; more dust dims the blue (G23, R(V) 3.1)."""
    assert pytest.approx(69.03, abs=0.01) == PIXEL_VELOCITY
    flux = np.ones((1, N_PIXELS))
    flux[0, 1000] = 5.0
    shifts = making(radial_velocity=10 * PIXEL_VELOCITY)
    made = reobserve_spectra(flux, flux, 40, shifts, np.random.default_rng(2))
    moved = made.argmax(axis=1) - 1000
    assert moved[0] == 0 and 7 < np.std(moved[1:]) < 13
    tilted = reobserve_spectra(np.ones((1, N_PIXELS)), flux, 30, making(ebv=0.3), rng())
    at = np.searchsorted(wavelength_grid(), [4400.0, 5500.0])
    colour = -2.5 * np.log10(tilted[:, at[0]] / tilted[:, at[1]])
    assert colour[0] == pytest.approx(0, abs=1e-6)
    assert 0.2 < np.std(colour[1:]) < 0.4


def test_noise_is_in_units_of_each_pixels_own_error_and_none_where_there_are_no_data():
    flux, ivar = np.full((1, N_PIXELS), 10.0), np.full((1, N_PIXELS), 4.0)  # error 0.5, 5 %
    ivar[0, 2000:] = 0
    made = reobserve_spectra(flux, ivar, 60, making(noise=2.0), rng())
    relative = made / np.median(made[:, 2000:], axis=1, keepdims=True)
    spread = relative[:, :2000].std(axis=1)
    assert spread[0] < 1e-6
    # the mean of |N(0, 2)| is 2 √(2/π) = 1.60 errors
    assert spread[1:].mean() == pytest.approx(0.05 * 1.60, rel=0.25)
    np.testing.assert_allclose(relative[:, 2000:], 1, atol=1e-6)


def rng():
    return np.random.default_rng(5)
