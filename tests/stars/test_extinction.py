import numpy as np
import pytest

from lcgan.stars.extinction import extinction_law, transmission


def test_the_v_band_loses_r_v_magnitudes_per_unit_of_ebv():
    # A(V) = 3.1 × 1 mag, so 10^(-1.24) = 0.0575 is left at 5500 Å (1 % of the law's own fit)
    left = transmission(np.array([5500.0]), np.array([1.0]), 3.1)
    assert left[0, 0] == pytest.approx(10**-1.24, rel=0.03)


def test_b_minus_v_reddens_by_ebv():
    law = extinction_law(np.array([4400.0, 5500.0]), 3.1)
    assert 3.1 * (law[0] - law[1]) == pytest.approx(1.0, abs=0.07)


def test_no_dust_and_twice_the_dust():
    wavelength = np.array([3700.0, 5000.0, 8600.0])
    none, some, twice = transmission(wavelength, np.array([0.0, 0.4, 0.8]), 3.1)
    assert none.tolist() == [1, 1, 1]
    assert twice == pytest.approx(some**2)
    assert (np.diff(some) > 0).all()  # blue suffers most
