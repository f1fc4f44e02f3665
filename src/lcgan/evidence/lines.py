"""The lines that speak for or against an O star, and the windows that they are measured in."""

from typing import NamedTuple

Window = tuple[float, float]


class Line(NamedTuple):
    """A line and its windows, vacuum Å at rest.

    Attributes
    ----------
    key : str
        As columns of tables name it; after the air wavelength, as the field does.
    name : str
        As the field writes it.
    wavelength : float
        Of the line's centre.
    band : (low, high)
        Over which the equivalent width is summed.
    blue, red : (low, high)
        Whose mean fluxes the local pseudo-continuum is drawn through.
    """

    key: str
    name: str
    wavelength: float
    band: Window
    blue: Window
    red: Window


#: Wavelengths: NIST Atomic Spectra Database (Kramida et al.), the multiplet's strongest component;
#: of the G band the middle of its window. Windows of Ca K: K12 and its sidebands of Beers et al.
#: 1999, AJ 117, 981, Table 2. G band: G4300 of Trager et al. 1998, ApJS 116, 1, Table 2. Hδ: HδA of
#: Worthey & Ottaviani 1997, ApJS 111, 377, Table 1. All three are given in air there and converted
#: by Ciddor (1996). Windows of the helium lines are this project's own: 8 to 9 Å to each side hold
#: a line of 300 km/s at R = 1800; the sidebands are where the atlas of Walborn & Fitzpatrick 1990,
#: PASP 102, 379, shows no strong line from O3 to B1 (N III 4511-4515, Si III 4552-4575, C III
#: 4647-4651, He I 4713 and Mg II 4481 lie outside).
LINES = (
    Line("ca_k", "Ca K", 3934.8, (3928.81, 3940.82), (3904.11, 3924.11), (4001.13, 4021.14)),
    Line("h_delta", "Hδ", 4102.9, (4084.65, 4123.41), (4042.74, 4082.65), (4129.66, 4162.17)),
    Line("he_ii_4200", "He II 4200", 4201.0, (4193.0, 4209.0), (4175.0, 4191.0), (4211.0, 4224.0)),
    Line("g_band", "G band", 4300.1, (4282.58, 4317.59), (4267.58, 4283.83), (4320.09, 4336.34)),
    Line("he_i_4471", "He I 4471", 4472.7, (4465.0, 4478.5), (4446.0, 4462.0), (4489.0, 4507.0)),
    Line("he_ii_4542", "He II 4542", 4542.9, (4535.0, 4551.0), (4518.0, 4533.0), (4579.0, 4594.0)),
    Line("he_ii_4686", "He II 4686", 4687.0, (4679.0, 4695.0), (4660.0, 4674.0), (4698.0, 4711.0)),
    Line("he_ii_5411", "He II 5411", 5413.0, (5404.0, 5422.0), (5375.0, 5400.0), (5425.0, 5450.0)),
)

#: Lines that sets of O spectra are compared by, beside LINES (see `lcgan.scores.line_widths`); no
#: candidate is judged by them. Hγ: HγA of Worthey & Ottaviani 1997, Table 1. Hβ: Trager et al.
#: 1998, Table 2. Windows of He I 5876 and Na D, of which Lick's overlap each other's lines, are
#: this project's own and share their sidebands; Na D is interstellar in an O star.
FURTHER_LINES = (
    Line("h_gamma", "Hγ", 4341.7, (4320.96, 4364.73), (4284.71, 4320.96), (4368.48, 4420.99)),
    Line("h_beta", "Hβ", 4862.7, (4849.23, 4877.99), (4829.22, 4849.23), (4877.99, 4892.99)),
    Line("he_i_5876", "He I 5876", 5877.2, (5869.0, 5885.0), (5845.0, 5863.0), (5907.0, 5927.0)),
    Line("na_d", "Na D", 5891.6, (5885.5, 5903.5), (5845.0, 5863.0), (5907.0, 5927.0)),
)
