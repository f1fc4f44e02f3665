import numpy as np
import pytest

from lcgan.stars.gaps import fill_gaps
from lcgan.stars.instrument import fine_wavelength


def test_a_gap_takes_the_most_alike_star_at_the_right_level():
    wavelength = fine_wavelength()
    wavy = 2 + np.sin(wavelength / 20)
    other = 2 + np.cos(wavelength / 33)
    flux = np.array([0.3 * wavy, wavy, other])
    gap = np.zeros_like(flux, dtype=bool)
    gap[0] = (wavelength > 8000) | ((wavelength > 5000) & (wavelength < 5100))
    holed = np.where(gap, 0, flux)
    filled = fill_gaps(holed, gap, donors=flux[1:])
    assert filled.neighbour.tolist() == [0, -1, -1]
    assert filled.flux[0] == pytest.approx(flux[0], rel=1e-9)
    assert (filled.flux[1:] == flux[1:]).all()


def test_without_a_whole_star_it_says_so():
    flux = np.ones((2, fine_wavelength().size))
    gap = np.zeros_like(flux, dtype=bool)
    gap[:, -5:] = True
    with pytest.raises(ValueError, match="no star is whole"):
        fill_gaps(flux, gap, donors=flux[:0])
