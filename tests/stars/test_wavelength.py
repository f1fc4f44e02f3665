import numpy as np
import pytest

from lcgan.stars.wavelength import air_to_vacuum, refractive_index


@pytest.mark.parametrize(
    ("air", "vacuum"),
    [
        (6562.80, 6564.61),  # Hα and Hβ, as the SDSS line list gives them
        (4861.33, 4862.68),  # in air and in vacuum
        (3933.66, 3934.78),  # Ca II K
        (8498.02, 8500.36),  # Ca II triplet
    ],
)
def test_known_lines(air, vacuum):
    assert air_to_vacuum(np.array([air]))[0] == pytest.approx(vacuum, abs=0.01)


def test_it_inverts_the_index():
    vacuum = np.linspace(3200, 9900, 50)
    assert air_to_vacuum(vacuum / refractive_index(vacuum)) == pytest.approx(vacuum, abs=1e-7)
