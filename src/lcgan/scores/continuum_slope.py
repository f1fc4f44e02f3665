"""The slope of each spectrum's continuum: its colour, which extinction makes."""

import numpy as np

from lcgan.spectra.continuum import BLOCK, colours
from lcgan.spectra.grid import wavelength_grid

#: Vacuum Å between which the slope is fitted: the ends are noisy, or lack data.
BETWEEN = (4000.0, 8400.0)
#: Less of the blocks than this with positive flux, and there is no continuum to have a slope.
MIN_POSITIVE = 0.9


def continuum_slope(flux: np.ndarray) -> np.ndarray:
    """Return the power α of the law F_λ ∝ λ^α that fits the means of 20 pixels best, shape (N,).

    Least squares of ln F over ln λ. A hot star without extinction has nearly -4.

    Parameters
    ----------
    flux : ndarray, shape (N, 3700)
        In any unit.

    Returns
    -------
    ndarray, shape (N,)
        NaN where more than a tenth of the means are not positive.
    """
    means = colours(flux).astype(np.float64)
    x = np.log(wavelength_grid()).reshape(-1, BLOCK).mean(axis=1)
    inside = (x > np.log(BETWEEN[0])) & (x < np.log(BETWEEN[1]))
    means, x = means[:, inside], x[inside]
    there = means > 0
    y = np.log(np.where(there, means, 1.0))
    n = there.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        x_less = np.where(there, x - (there * x).sum(axis=1, keepdims=True) / n[:, None], 0.0)
        slope = (x_less * y).sum(axis=1) / (x_less**2).sum(axis=1)
    return np.where(n >= MIN_POSITIVE * len(x), slope, np.nan)
