"""What LAMOST's red arm shows on every star: over- and undercorrected bands, shifted sky lines.

`red_pattern.csv` holds, per pixel, the mean of ln(flux / most alike library star at LAMOST's
resolution) without its continuum, plate by plate, and its first principal components, each times
its r.m.s.; `lcgan priors` measures them. Two libraries give the same pattern, so it is LAMOST's.
"""

from functools import lru_cache
from importlib.resources import files

import numpy as np

from lcgan.stars.instrument import lamost_wavelength

NAME = "red_pattern.csv"
#: Where the pattern begins, and the stellar lines beside which it cannot be told (Hα, Ca II), Å.
FIRST_WAVELENGTH = 5950.0
STELLAR, BESIDE = (6564.6, 8500.4, 8544.4, 8664.5), 25.0
#: Principal components kept: one of shifted sky lines, two of single bands and groups of lines.
N_COMPONENTS = 3


@lru_cache(maxsize=1)
def red_pattern() -> tuple[np.ndarray, np.ndarray]:
    """Return the mean, shape (3909,), and the components, shape (3, 3909), on LAMOST's pixels.

    Both of ln(flux), zero where nothing is known.
    """
    text = (files("lcgan.stars") / NAME).read_text(encoding="utf-8")
    at, *columns = np.loadtxt(text.splitlines(), delimiter=",", skiprows=1).T
    wavelength = lamost_wavelength()
    rows = np.array([np.interp(wavelength, at, column, left=0, right=0) for column in columns])
    return rows[0], rows[1:]
