import numpy as np
import pytest

from lcgan.stars import straighten
from lcgan.stars.instrument import OVERSAMPLING, fine_wavelength


@pytest.fixture(scope="module")
def averages():
    return straighten.averages()


def test_a_known_shift_is_found_and_taken_back(averages):
    fine = np.arange(fine_wavelength().size)
    shift = 0.6 - 0.8 * fine / fine.size  # pixels: the blue too far to the red, the red not enough
    star = np.interp(fine - shift * OVERSAMPLING, fine, averages[20])
    ruler = straighten.lines(averages[:, ::OVERSAMPLING])
    found = straighten.offsets(star, np.zeros(star.size, dtype=bool), ruler)
    middle = slice(2000, -2000)
    assert found[middle] == pytest.approx(shift[middle], abs=0.06)
    back = straighten.straightened(star, found)
    before = np.std(star[middle] - averages[20][middle])
    assert np.std(back[middle] - averages[20][middle]) < 0.2 * before


def test_a_spectrum_without_lines_is_left_alone(averages):
    flux = np.full(fine_wavelength().size, 3.0)
    ruler = straighten.lines(averages[:, ::OVERSAMPLING])
    offset = straighten.offsets(flux, np.zeros(flux.size, dtype=bool), ruler)
    assert (offset == 0).all()
    assert straighten.straightened(flux, offset) == pytest.approx(flux)


def test_the_averages_lie_at_rest(averages):
    # the median of the averages with deep Balmer lines, vacuum Å; in air 1.2 to 1.8 Å off
    wavelength = fine_wavelength()
    for line in (4341.68, 4862.68, 6564.61):
        near = abs(wavelength - line) < 12
        flux = averages[:, near] / averages[:, near].max(axis=1, keepdims=True)
        deep = 1 - flux[flux.min(axis=1) < 0.75]
        centres = [np.average(wavelength[near], weights=depth**3) for depth in deep]
        assert np.median(centres) == pytest.approx(line, abs=0.15)


def test_the_most_alike_is_itself(averages):
    ruler = straighten.lines(averages[:, ::OVERSAMPLING])
    gap = np.zeros(averages.shape[1], dtype=bool)
    for row in (3, 30):
        assert straighten.most_alike(averages[row], gap, ruler) == (row, pytest.approx(1, abs=1e-6))
