"""A real star of a library, and its class."""

import re
from dataclasses import dataclass

import numpy as np

#: The wheel that carries the libraries.
PACKAGE = "sdss-mangadap"
CLASSES = ("O", "B", "A", "F", "G", "K", "M", "other")


@dataclass(frozen=True)
class Star:
    """One real star, on the fine grid, in its own rest frame.

    Attributes
    ----------
    name : str
        "HD046223"; a star that a library observed twice, or that two libraries have, is here once.
    number : int
        Unique among all libraries' files, from 1; part of OBSID.
    class_, subclass, spectral_type : str
        One of CLASSES, LAMOST's short form ("O5"), and the library's spectral type ("O5e").
    ra, dec : float
        J2000 degrees; NaN where the library's files do not give them.
    flux : ndarray, shape (n_fine,)
        Per Å, extinction corrected, median 1 over 5000-5500 Å, without the Earth's bands.
    filled : ndarray of bool, shape (n_fine,)
        True where the library has a gap and `neighbour` (a star's name) filled it.
    fwhm : float
        The library's resolution, Å.
    library : str
        "stelib" or "miles".
    """

    name: str
    number: int
    class_: str
    subclass: str
    spectral_type: str
    ra: float
    dec: float
    flux: np.ndarray
    filled: np.ndarray
    neighbour: str
    fwhm: float
    library: str


def classify(spectral_type: str) -> tuple[str, str] | None:
    """Return (class, LAMOST-like subclass) of a library's spectral type, or None if it has none.

    Subdwarfs, white dwarfs and Wolf-Rayet stars are "other". A leading zero is a misprint of O.

    Examples
    --------
    >>> classify("O9.5Iae"), classify("G8/K0IIIw."), classify("sd:F5"), classify("DA:")
    (('O', 'O9'), ('G', 'G8'), ('other', 'sdF5'), ('other', 'WD'))
    >>> classify("07Ia"), classify("S?")
    (('O', 'O7'), None)
    """
    kind = re.sub(r"^0(?=\d)", "O", spectral_type.strip()).replace("sd:", "sd")
    if match := re.match(r"([OBAFGKM])(\d)?", kind):
        return match[1], match[0]
    if kind.startswith("D"):
        return "other", "WD"
    if match := re.match(r"sd[OBAFGKM]\d?|W[NC]", kind):
        return "other", match[0]
    return None
