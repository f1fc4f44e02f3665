"""Effective temperatures and surface gravities of the library stars, and classes by them.

The libraries' spectral types come from many catalogues of a century, and those of metal-poor and
of evolved stars can be off by a class. LAMOST's subclasses come from one set of templates. So the
survey arm takes the classes from A to M by temperature, between boundaries fitted to LAMOST's.
"""

import math
import re

import numpy as np

from lcgan.errors import UserError

#: log g between which the boundary of G and K falls with gravity (log10 of cm/s²).
LOG_G_RANGE = (1.5, 4.5)
#: Classes that a temperature tells apart.
BY_TEMPERATURE = ("A", "F", "G", "K", "M")


def atmospheres() -> dict[str, tuple[float, float]]:
    """Return (effective temperature in K, log g) by star, for every star that has them.

    Both libraries' own tables (Le Borgne et al. 2003; Cenarro et al. 2007, MNRAS 374, 664 for
    MILES); where both know a star, MILES' homogeneous values.

    Raises
    ------
    UserError
        If the package that carries the libraries is not installed.
    """
    return _stelib() | _miles()


def class_by_type(star) -> str:
    """Return a star's class by its type, cool subdwarfs among the others of their letter.

    "other" holds what is no star of O to M by its lines: hot subdwarfs, white dwarfs, Wolf-Rayet
    stars. An sdF5 is a metal-poor F star, and LAMOST calls it F.

    Parameters
    ----------
    star : lcgan.stars.library.Star
    """
    match = re.match(r"sd:?([AFGKM])", star.spectral_type.strip())
    return match[1] if match else star.class_


def class_by_temperature(class_: str, temperature: float, log_g: float, boundaries) -> str:
    """Return the class of a star by its temperature; its own where that cannot be.

    Parameters
    ----------
    class_ : str
        By spectral type; only those of `BY_TEMPERATURE` are told anew.
    temperature, log_g : float
        K, and log10 of cm/s²; NaN where unknown.
    boundaries : lcgan.params.augment.Temperatures
        Between neighbouring classes; that of G and K is `g_k` for dwarfs of log g 4.5 and lower
        by `g_k_per_dex` for each dex below, down to log g 1.5.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> at = SimpleNamespace(a_f=7350, f_g=5800, g_k=5000, k_m=3880, g_k_per_dex=300)
    >>> [class_by_temperature("K", 4600, g, at) for g in (2.5, 4.5)]
    ['G', 'K']
    """
    if class_ not in BY_TEMPERATURE or math.isnan(temperature):
        return class_
    low, high = LOG_G_RANGE
    gravity = high if math.isnan(log_g) else min(max(log_g, low), high)
    g_k = boundaries.g_k - boundaries.g_k_per_dex * (high - gravity)
    falling = (boundaries.a_f, boundaries.f_g, g_k, boundaries.k_m)
    return BY_TEMPERATURE[int(np.sum(temperature <= np.array(falling)))]


def _stelib() -> dict[str, tuple[float, float]]:
    """Read TEFF and LOG_G of STELIB's headers."""
    from astropy.io import fits

    from lcgan.stars.stelib import PREFIX, library_files

    found = {}
    for path in library_files():
        header = fits.getheader(path)
        name = re.sub(r"(lp|ss)$", "", path.stem.removeprefix(PREFIX))
        values = (_number(header.get("TEFF")), _number(header.get("LOG_G")))
        if not math.isnan(values[0]):
            found[name] = values
    return found


def _miles() -> dict[str, tuple[float, float]]:
    """Read the columns of MILES' table of parameters."""
    import importlib.metadata

    from lcgan.stars.star import PACKAGE

    listed = importlib.metadata.files(PACKAGE) or []
    tables = [file.locate() for file in listed if file.name.startswith("paramsMILES_v9.1")]
    if not tables:
        raise UserError(f"{PACKAGE}: its table of MILES is not installed; run `make install`")
    found = {}
    for line in tables[0].read_text(encoding="utf-8", errors="replace").splitlines()[3:]:
        temperature, log_g = _number(line[50:58]), _number(line[58:67])
        if not math.isnan(temperature):
            found[re.sub(r"\s+", "_", line[:23].strip())] = (temperature, log_g)
    return found


def _number(value) -> float:
    """Return a number, NaN where there is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
