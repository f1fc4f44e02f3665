import pytest

from lcgan.report.lines import O_LINES
from lcgan.spectra.grid import wavelength_grid

#: Air wavelengths, Å: NIST Handbook of Basic Atomic Spectroscopic Data; He I and He II means of
#: their multiplets as in Moore 1945.
AIR = {
    "Hδ": 4101.73,
    "He II 4200": 4199.83,
    "Hγ": 4340.46,
    "He I 4471": 4471.48,
    "He II 4542": 4541.59,
    "He II 4686": 4685.71,
    "Hβ": 4861.32,
    "He II 5411": 5411.52,
    "He I 5876": 5875.62,
    "Hα": 6562.79,
}


def refractive_index(air: float) -> float:
    """Return the index of air, good to 1e-8 at the air wavelength in Å (Ciddor 1996, eq. 1)."""
    sigma2 = (1e4 / air) ** 2
    return 1 + 0.05792105 / (238.0185 - sigma2) + 0.00167917 / (57.362 - sigma2)


@pytest.mark.parametrize("line", O_LINES, ids=lambda line: line.name)
def test_lines_stand_at_their_vacuum_wavelengths(line):
    assert line.wavelength == pytest.approx(
        AIR[line.name] * refractive_index(AIR[line.name]), abs=0.1
    )


def test_lines_are_on_the_grid_in_order():
    places = [line.wavelength for line in O_LINES]
    assert places == sorted(places)
    assert wavelength_grid()[0] < places[0] < places[-1] < wavelength_grid()[-1]
