"""Resampling by invariants."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.resample import N_END, resample

LAMOST = 10 ** (3.5682 + 1e-4 * np.arange(3909))
GRID = wavelength_grid()


@settings(max_examples=40, deadline=None)
@given(
    level=st.floats(1e-6, 1e6),
    shift=st.floats(-2e-4, 0),
    step=st.floats(2e-5, 4e-4),
)
def test_constant_flux_stays_constant(level, shift, step):
    n_pixels = int(0.372 / step) + 4
    wavelength = 10 ** (3.5680 + shift + step * np.arange(n_pixels))
    out = resample(wavelength, np.full(n_pixels, level))
    assert not out.mask.any()
    assert out.flux == pytest.approx(np.full(3700, level), rel=1e-6)


def test_on_the_same_grid_nothing_changes():
    rng = np.random.default_rng(0)
    flux, ivar = rng.normal(5, 1, 3700), rng.uniform(0.1, 2, 3700)
    out = resample(GRID, flux, ivar)
    assert out.flux == pytest.approx(flux, rel=1e-6)
    assert out.ivar == pytest.approx(ivar, rel=1e-6)
    assert (out.flux.dtype, out.ivar.dtype, out.mask.dtype) == (np.float32, np.float32, bool)


def test_lamost_shift_is_the_mean_of_two_neighbours():
    """The grid begins (log10(3700) - 3.5682) / 1e-4 = 0.01724 pixel after LAMOST's."""
    rng = np.random.default_rng(0)
    flux, ivar = rng.normal(5, 1, 3909), rng.uniform(0.1, 2, 3909)
    f = (np.log10(3700) - 3.5682) / 1e-4
    assert f == pytest.approx(0.01724, abs=1e-5)
    out = resample(LAMOST, flux, ivar)
    expected = (1 - f) * flux[:3700] + f * flux[1:3701]
    variance = (1 - f) ** 2 / ivar[:3700] + f**2 / ivar[1:3701]
    assert out.flux == pytest.approx(expected, rel=1e-6)
    assert out.ivar == pytest.approx(1 / variance, rel=1e-6)


def test_two_fine_pixels_average_with_half_the_variance():
    fine = 10 ** (np.log10(3700) + 5e-5 * (np.arange(7400) - 0.5))
    flux = np.tile([1.0, 3.0], 3700)
    out = resample(fine, flux, np.full(7400, 4.0))
    assert out.flux == pytest.approx(np.full(3700, 2.0), rel=1e-6)
    assert out.ivar == pytest.approx(np.full(3700, 8.0), rel=1e-6)


def test_a_coarse_linear_grid_is_interpolated():
    wavelength = np.arange(3600.0, 8800, 3)
    out = resample(wavelength, 2 * wavelength)
    assert out.flux == pytest.approx(2 * GRID, rel=1e-6)
    assert not out.mask.any()


def test_bad_pixels_are_interpolated_and_counted():
    flux, ivar, bad = 100 + np.arange(3700.0), np.ones(3700), np.zeros(3700, bool)
    bad[100:110] = True
    flux[100:110] = 1e9
    ivar[200] = 0
    flux[300] = np.nan
    flux[400] = np.inf
    out = resample(GRID, flux, ivar, bad)
    assert np.flatnonzero(out.mask).tolist() == [*range(100, 110), 200, 300, 400]
    assert (out.ivar[out.mask] == 0).all()
    assert (out.ivar[~out.mask] > 0).all()
    assert out.flux == pytest.approx(100 + np.arange(3700.0), rel=1e-6)


def test_a_bad_neighbour_does_not_leak_in():
    flux, bad = np.full(3909, 3.0), np.zeros(3909, bool)
    flux[1000], bad[1000] = 1e6, True
    out = resample(LAMOST, flux, bad=bad)
    assert out.flux == pytest.approx(np.full(3700, 3.0))
    assert np.flatnonzero(out.mask).tolist() == [1000]


def test_beyond_the_coverage_is_filled_with_the_median_and_counted():
    flux = 1 + np.arange(3700.0)
    out = resample(GRID[150:3600], flux[150:3600])
    assert np.flatnonzero(out.mask).tolist() == [*range(150), *range(3600, 3700)]
    assert (out.flux[:150] == np.median(flux[150 : 150 + N_END])).all()
    assert (out.flux[3600:] == np.median(flux[3600 - N_END : 3600])).all()
    assert out.flux[150:3600] == pytest.approx(flux[150:3600], rel=1e-6)


def test_total_flux_is_kept():
    """A line's sum over pixels is the same before and after a sub-pixel shift."""
    flux = np.zeros(3909) + 1e-12
    flux[2000:2003] = 5, 9, 4
    out = resample(LAMOST, flux)
    assert out.flux.sum() == pytest.approx(18, rel=1e-6)


def test_what_float32_has_no_room_for_is_its_greatest_or_smallest():
    ivar = np.ones(3700)
    odd = [10, 20, 30, 40]
    ivar[odd] = 1e300, 1e39, 1e-60, 1e-320  # the last has no variance: no measurement
    ivar[[9, 11]], ivar[[19, 21]] = 1e300, 1e39  # by rounding, a neighbour covers some 1e-12
    out = resample(GRID, np.ones(3700), ivar)
    assert np.flatnonzero(out.mask).tolist() == [40]
    limits = np.finfo(np.float32)
    assert out.ivar[odd].tolist() == [limits.max, limits.max, limits.tiny, 0]
    assert resample(GRID, np.full(3700, 1e39)).flux[0] == np.inf


def test_faulty_input_is_refused():
    with pytest.raises(ValueError, match="do not ascend"):
        resample(GRID[::-1], np.ones(3700))
    with pytest.raises(ValueError, match="not equally long"):
        resample(GRID, np.ones(3699))
    with pytest.raises(ValueError, match="no usable pixel"):
        resample(GRID, np.full(3700, np.nan))
    with pytest.raises(ValueError, match="no usable pixel"):
        resample(GRID + 9000, np.ones(3700))
    with pytest.raises(ValueError, match="no usable pixel"):
        resample(np.linspace(9000, 12000, 500), np.ones(500))


def test_a_grid_seen_before_gives_what_it_gave():
    here, there = 10 ** (3.5682 + 1e-4 * np.arange(3909)), np.linspace(3600, 9000, 5000)
    rng = np.random.default_rng(3)
    flux, more = rng.normal(10, 1, 3909), rng.normal(10, 1, 5000)
    first, other = resample(here, flux), resample(there, more)
    again = resample(here.copy(), flux, bad=np.zeros(3909, bool))
    np.testing.assert_array_equal(first.flux, again.flux)
    np.testing.assert_array_equal(first.ivar, again.ivar)
    np.testing.assert_array_equal(other.flux, resample(there, more).flux)
    assert np.abs(first.flux - other.flux).max() > 0.5
