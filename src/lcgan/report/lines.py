"""The lines by which an O star is told, to mark in the figures."""

from typing import NamedTuple


class Line(NamedTuple):
    """A spectral line: its name as the field writes it, and its vacuum wavelength in Å."""

    name: str
    wavelength: float


#: Lines of the O-star criteria (Walborn & Fitzpatrick 1990, PASP 102, 379; Sota et al. 2011, ApJS
#: 193, 24): ionisation from He II against He I, and the Balmer lines. Named after the air
#: wavelength, as the field does. Vacuum wavelengths, Å, of the multiplet's strongest component:
#: NIST Atomic Spectra Database (Kramida et al.), to 0.1 Å.
O_LINES = (
    Line("Hδ", 4102.9),
    Line("He II 4200", 4201.0),
    Line("Hγ", 4341.7),
    Line("He I 4471", 4472.7),
    Line("He II 4542", 4542.9),
    Line("He II 4686", 4687.0),
    Line("Hβ", 4862.7),
    Line("He II 5411", 5413.0),
    Line("He I 5876", 5877.2),
    Line("Hα", 6564.6),
)
