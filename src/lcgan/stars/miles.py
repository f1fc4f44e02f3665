"""The MILES library (Sánchez-Blázquez et al. 2006, MNRAS 371, 703): 985 stars, 3540 to 7410 Å.

Four times the stars of STELIB, and metal-poor ones, as LAMOST's fainter stars are; but no red end.
"""

import math
import re
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.stars.star import PACKAGE, Star, classify
from lcgan.stars.stelib import on_fine_grid, package_files

PREFIX, SUFFIX = "MILES_res2.50_star_m", "V.fits"
TABLE = "paramsMILES_v9.1"
#: FWHM of the resolution, Å (Beifiori et al. 2011, A&A 531, A109).
FWHM = 2.54
#: Redward (air, Å) the Earth's B band and the end of the detector begin to show.
LAST_WAVELENGTH = 6850.0
#: A star's number is its number in MILES plus this, so that it is none of STELIB's.
FIRST_NUMBER = 1000
#: Effective temperatures (K) that a class can have, dwarfs to supergiants (Gray & Corbally 2009,
#: Stellar Spectral Classification, appendix B), with some room: types of metal-poor stars in old
#: catalogues can be off by a class, and a star whose type and temperature disagree is left out.
TEMPERATURES = {
    "O": (27_000, 60_000),
    "B": (9_500, 32_000),
    "A": (7_000, 10_500),
    "F": (5_800, 7_600),
    "G": (4_700, 6_200),
    "K": (3_600, 5_300),
    "M": (2_000, 4_000),
}
#: Hot subdwarfs, whatever old catalogues call them: no star on or above the main sequence has such
#: gravity; sdB are those up to 40,000 K, sdO those beyond (Heber 2016, PASP 128, 082001, sect. 2).
#: MILES has two, HD 4539 ("A") and HD 149382 ("B5"), both known sdB.
HOT_SUBDWARF, LEAST_LOG_G, SD_O = 20_000.0, 5.0, 40_000.0


def read_miles() -> list[Star]:
    """Return every star whose type is known and agrees with its temperature, with gaps.

    Raises
    ------
    UserError
        If the package is not installed or its files are not MILES 9.1.
    """
    files = {path.name: path for path in package_files(PREFIX, SUFFIX)}
    (table,) = package_files(TABLE, ".txt")
    lines = table.read_text(encoding="utf-8", errors="replace").splitlines()
    stars = []
    for name, number, spectral_type, temperature, log_g in map(_columns, lines[3:]):
        kind = hot_subdwarf(temperature, log_g) or classify(spectral_type)
        path = files.get(f"{PREFIX}{number:04d}{SUFFIX}")
        if kind and path and _agrees(kind[0], temperature):
            stars.append(_read(path, name, number, spectral_type, kind))
    if not stars:
        raise UserError(f"{table.name}: not as MILES 9.1 has it; install the locked packages")
    return stars


def hot_subdwarf(temperature: float, log_g: float) -> tuple[str, str] | None:
    """Return (class, subclass) of a hot subdwarf, None for any other star.

    Parameters
    ----------
    temperature, log_g : float
        K, and log10 of cm/s²; NaN where unknown.

    Examples
    --------
    >>> hot_subdwarf(36_000, 5.5), hot_subdwarf(21_581, 3.86), hot_subdwarf(5_638, 4.8)
    (('other', 'sdB'), None, None)
    """
    if temperature >= HOT_SUBDWARF and log_g >= LEAST_LOG_G:
        return "other", "sdO" if temperature > SD_O else "sdB"
    return None


def _columns(line: str) -> tuple[str, int, str, float, float]:
    """Return name, number, spectral type, temperature (K) and log g of a line, NaN if unknown."""
    try:
        number = int(line[23:27])
    except ValueError:
        number = 0
    name = re.sub(r"\s+", "_", line[:23].strip())
    return name, number, line[36:50].strip(), _number(line[50:58]), _number(line[58:67])


def _number(text: str) -> float:
    """Return a number, NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _agrees(class_: str, temperature: float) -> bool:
    """Tell whether a class can have a temperature; an unknown one or "other" agrees."""
    low, high = TEMPERATURES.get(class_, (-math.inf, math.inf))
    return math.isnan(temperature) or low <= temperature <= high


def _read(path: Path, name: str, number: int, spectral_type: str, kind: tuple[str, str]) -> Star:
    """Read one file onto the fine grid."""
    from astropy.io import fits

    try:
        with fits.open(path) as hdus:
            flux = np.asarray(hdus[0].data, dtype=np.float64)
            header = hdus[0].header
            air = header["CRVAL1"] + header["CDELT1"] * np.arange(flux.size)
    except (OSError, KeyError, ValueError, TypeError, IndexError) as error:
        raise UserError(
            f"{path.name}: not as {PACKAGE} has it ({error}); install the locked packages"
        ) from None
    flux[air > LAST_WAVELENGTH] = 0
    flux, gap = on_fine_grid(air, flux)
    place = (math.nan, math.nan)
    return Star(
        name,
        FIRST_NUMBER + number,
        *kind,
        spectral_type,
        *place,
        flux,
        gap,
        "",
        FWHM,
        "miles",
    )
