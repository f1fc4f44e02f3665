"""Equivalent widths against lines of known width, and their errors against many noisy spectra."""

import numpy as np
import pytest

from lcgan.evidence.equivalent_width import measure
from lcgan.evidence.lines import FURTHER_LINES, LINES
from lcgan.spectra.grid import wavelength_grid
from lcgan.stars.wavelength import air_to_vacuum

GRID = wavelength_grid()
NUMBER = {line.key: number for number, line in enumerate(LINES)}


def with_lines(width: float, sigma: float = 2.0, z: float = 0.0, slope: float = 1.0) -> np.ndarray:
    """A sloping continuum with a Gaussian line of this equivalent width (Å) at every centre."""
    rest = GRID / (1 + z)
    continuum = 300 * (1 + slope * (rest - 4500) / 4500)
    depth = sum(
        np.exp(-0.5 * ((rest - line.wavelength) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))
        for line in LINES
    )
    return continuum * (1 - width * depth)


@pytest.mark.parametrize("key", NUMBER)
@pytest.mark.parametrize(("width", "z"), [(0.8, 0.0), (-0.5, 1e-3), (0.8, -2e-3)])
def test_a_gaussian_line_has_its_width_wherever_it_is_shifted(key, width, z):
    sigma = 1.2  # its wings end inside every band
    flux = with_lines(width, sigma, z)
    found = measure(flux, np.ones_like(flux), z).value[0, NUMBER[key]]
    # a line that is narrow against the pixel (1.05 Å) is summed to better than 1 %
    assert found == pytest.approx(width, rel=0.01)


def test_a_straight_continuum_has_no_lines_and_a_factor_changes_nothing():
    flat = with_lines(0.0)
    assert measure(flat, np.ones(3700), 0.0).value == pytest.approx(np.zeros((1, 8)), abs=1e-4)
    lines = with_lines(0.6)
    once, twice = (measure(k * lines, np.ones(3700) / k**2, 0.0) for k in (1, 2e3))
    assert twice.value == pytest.approx(once.value) and twice.error == pytest.approx(once.error)


def test_a_box_is_its_depth_times_its_width():
    flux = np.where((GRID > 4538) & (GRID < 4548), 0.75, 1.0)
    found = measure(flux, np.ones(3700), 0.0).value[0, NUMBER["he_ii_4542"]]
    assert found == pytest.approx(0.25 * 10, abs=0.25)  # the box ends within a pixel of its edges


def test_the_error_is_the_scatter_of_noisy_spectra():
    rng = np.random.default_rng(1)
    clean = with_lines(0.7)
    sigma = 300 / np.linspace(10, 60, 3700)  # S/N rises to the red
    many = clean + sigma * rng.normal(size=(4000, 3700))
    found = measure(many, np.broadcast_to(sigma**-2, many.shape), np.zeros(4000))
    scatter = found.value.std(axis=0)
    # 4,000 draws know a standard deviation to 1.1 %; the G band's overlapping windows are in
    assert found.error.mean(axis=0) == pytest.approx(scatter, rel=0.06)
    assert found.value.mean(axis=0) == pytest.approx(
        measure(clean, sigma**-2, 0.0).value[0], abs=0.05
    )


def test_the_error_of_a_flat_spectrum_by_hand():
    # unit flux and variance s²: band of n_b pixels d Å wide, sidebands of n_1 and n_2 pixels
    # at shares 0.5 each: var = s² (n_b d² + (n_b d)² (1/n_1 + 1/n_2) / 4)
    line = LINES[0]._replace(band=(4995, 5005), blue=(4975, 4985), red=(5015, 5025))
    s, d = 0.05, np.log(10) * 1e-4 * 5000  # 1.151 Å a pixel
    n = 10 / d
    expected = s * np.sqrt(n * d**2 + (n * d) ** 2 * (2 / n) / 4)
    found = measure(np.ones(3700), np.full(3700, s**-2), 0.0, (line,))
    assert found.error[0, 0] == pytest.approx(expected, rel=0.03)


def test_a_line_without_data_or_continuum_is_not_measured():
    flux, ivar = with_lines(0.5), np.ones(3700)
    band = LINES[NUMBER["he_ii_4686"]].band
    ivar[(band[0] < GRID) & (band[0] + 6 > GRID)] = 0  # 6 of 16 Å
    found = measure(flux, ivar, 0.0)
    lost = np.isnan(found.value[0])
    assert np.flatnonzero(lost).tolist() == [NUMBER["he_ii_4686"]]
    assert np.isnan(found.error[0]).tolist() == lost.tolist()
    assert np.isnan(measure(-flux, np.ones(3700), 0.0).value).all()
    assert np.isnan(measure(flux, np.ones(3700), 1.5).value).all()  # beyond the grid's red end


def test_a_bad_pixel_inside_a_band_costs_little():
    flux, ivar = with_lines(0.6), np.ones(3700)
    at = int(np.searchsorted(GRID, 4549.5))
    flux[at], ivar[at] = 1e6, 0
    found = measure(flux, ivar, 0.0).value[0, NUMBER["he_ii_4542"]]
    assert found == pytest.approx(0.6, abs=0.05)


def test_no_redshift_counts_as_none():
    flux, ivar = with_lines(0.6), np.ones(3700)
    assert np.array_equal(measure(flux, ivar, np.nan).value, measure(flux, ivar, 0.0).value)


def test_published_windows_are_in_vacuum():
    by_key = {line.key: line for line in (*LINES, *FURTHER_LINES)}
    k12 = air_to_vacuum([3927.7, 3939.7, 3903.0, 3923.0, 4000.0, 4020.0])  # Beers et al. 1999
    g4300 = air_to_vacuum([4281.375, 4316.375, 4266.375, 4282.625, 4318.875, 4335.125])
    h_delta = air_to_vacuum([4083.5, 4122.25, 4041.6, 4081.5, 4128.5, 4161.0])
    h_gamma = air_to_vacuum([4319.75, 4363.5, 4283.5, 4319.75, 4367.25, 4419.75])
    h_beta = air_to_vacuum([4847.875, 4876.625, 4827.875, 4847.875, 4876.625, 4891.625])
    published_windows = {"ca_k": k12, "g_band": g4300, "h_delta": h_delta}
    published_windows |= {"h_gamma": h_gamma, "h_beta": h_beta}
    for key, published in published_windows.items():
        line = by_key[key]
        assert [*line.band, *line.blue, *line.red] == pytest.approx(list(published), abs=0.006)
    # NIST, air: Ca II K, Hδ, He II 4-11, He I 2³P-4³D, He II 4-9, 3-4 and 4-7
    air = [3933.66, 4101.74, 4199.83, 4471.48, 4541.59, 4685.7, 5411.53]
    centres = [line.wavelength for line in LINES if line.key != "g_band"]
    assert centres == pytest.approx(list(air_to_vacuum(air)), abs=0.06)
    # Hγ, Hβ, He I 2³P-3³D, Na I D₂
    further = list(air_to_vacuum([4340.47, 4861.35, 5875.62, 5889.95]))
    assert [line.wavelength for line in FURTHER_LINES] == pytest.approx(further, abs=0.06)


def test_windows_hold_their_line_and_the_sidebands_lie_on_either_side():
    for line in (*LINES, *FURTHER_LINES):
        assert line.band[0] < line.wavelength < line.band[1]
        assert line.blue[0] < line.blue[1] <= line.band[0] + 1.3  # Lick's G4300 overlaps by 1.25 Å
        assert line.band[1] <= line.red[0] < line.red[1]


def test_no_spectra_have_no_widths():
    found = measure(np.empty((0, 3700)), np.empty((0, 3700)), np.empty(0))
    assert found.value.shape == found.error.shape == (0, len(LINES))


@pytest.mark.parametrize("z", [-1.0, -2.0, -9998.0, 1e300, np.inf, np.nan])
def test_what_is_no_redshift_counts_as_0(z):
    flux = np.stack([with_lines(0.6)] * 2)
    found = measure(flux, np.ones_like(flux), np.array([0.0, z])).value
    np.testing.assert_array_equal(found[1], found[0])
