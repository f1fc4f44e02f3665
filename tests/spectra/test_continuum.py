import numpy as np
import pytest

from lcgan.spectra.continuum import LINES_BETWEEN, colours, line_means, lines, smoothing
from lcgan.spectra.grid import wavelength_grid


def test_a_straight_continuum_leaves_no_lines_up_to_the_ends():
    pixel = np.arange(400.0)
    flux = np.stack([1 + pixel / 200, 3 - pixel / 200])
    flux /= np.linalg.norm(flux, axis=1, keepdims=True)
    np.testing.assert_allclose(lines(flux, 60.0), 0, atol=1e-5)


def test_a_line_stays_whatever_smooth_curve_the_spectrum_is_multiplied_by():
    pixel = np.arange(3700.0)
    line = 1 - 0.4 * np.exp(-0.5 * ((pixel - 1500) / 4) ** 2)
    warp = np.exp(0.8 * np.sin(pixel / 900))
    flux = np.stack([line, line * warp])
    flat, warped = lines(flux / np.linalg.norm(flux, axis=1, keepdims=True), 60.0)
    assert flat[1500] == pytest.approx(-0.38, abs=0.01)  # 0.4, less what the line takes with it
    np.testing.assert_allclose(warped, flat, atol=0.012)


def test_lines_lie_between_minus_one_and_one_even_where_there_is_no_flux():
    flux = np.zeros((1, 400), np.float32)
    flux[0, 7] = 1.0
    found = lines(flux, 60.0)
    assert found.min() == -1 and found.max() == 1


def test_the_matrix_is_of_whole_blocks():
    weights = smoothing(400, 60.0)
    np.testing.assert_allclose(weights.sum(axis=0), 1, atol=1e-5)
    with pytest.raises(ValueError, match="410 pixels are not whole blocks of 20"):
        smoothing(410, 60.0)


def test_colours_are_means_of_blocks_in_units_of_the_rms_pixel():
    flux = np.tile([[3.0, 4.0]], 20)  # 3, 4, 3, 4 ...: two blocks of mean 3.5
    flux /= np.linalg.norm(flux)
    np.testing.assert_allclose(colours(flux), [[3.5 / 12.5**0.5] * 2], rtol=1e-6)


def test_line_means_are_of_four_pixels_between_h_epsilon_and_h_alpha():
    wavelength = wavelength_grid()
    means = line_means(np.stack([wavelength, np.ones_like(wavelength)]))
    np.testing.assert_array_equal(means[1], 1)
    first = np.searchsorted(wavelength, LINES_BETWEEN[0])
    assert means[0, 0] == pytest.approx(wavelength[first : first + 4].mean())
    assert LINES_BETWEEN[1] - 8 < means[0, -1] < LINES_BETWEEN[1]
    assert line_means(np.ones((2, 80))).shape == (2, 0)  # 3690 to 3758 Å: no line
