"""How far the distributions of one number in two sets of spectra lie apart."""

import numpy as np


def kolmogorov_smirnov(values: np.ndarray, real: np.ndarray) -> float:
    """Return the greatest distance of the two cumulative distributions, 0 to 1.

    Parameters
    ----------
    values, real : ndarray, shape (N,) and (M,)
        NaN, a number that could not be measured, counts as greater than all others: a set where
        that happens more often is another set.
    """
    # scipy's ks_2samp spends a hundred times as long on the chance of it
    values, real = (np.sort(np.where(np.isnan(each), np.inf, each)) for each in (values, real))
    every = np.concatenate([values, real])
    below = [np.searchsorted(each, every, side="right") / len(each) for each in (values, real)]
    return float(np.abs(below[0] - below[1]).max())


def wasserstein(values: np.ndarray, real: np.ndarray) -> float | None:
    """Return the mean distance by which one distribution has to be moved to be the other.

    Parameters
    ----------
    values, real : ndarray, shape (N,) and (M,)
        NaN is left out.

    Returns
    -------
    float or None
        In the unit of the values; None if nothing was measured in one of the sets.
    """
    from scipy.stats import wasserstein_distance

    values, real = (each[np.isfinite(each)] for each in (values, real))
    if not len(values) or not len(real):
        return None
    return float(wasserstein_distance(values, real))
