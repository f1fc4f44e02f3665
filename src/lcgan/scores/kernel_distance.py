"""The kernel distance of two sets: the squared maximum mean discrepancy (Bińkowski et al. 2018)."""

import numpy as np


def kernel_distance(places: np.ndarray, real: np.ndarray) -> float:
    """Return the unbiased squared MMD with the kernel (x·y / D + 1)³.

    Bińkowski et al. 2018, ICLR, eq. 4 and section 4. Its mean is 0 for two sets drawn alike,
    whatever their sizes, so that it may be below 0.

    Parameters
    ----------
    places, real : ndarray, shape (N, D) and (M, D)
        In the embedding; two or more of each.
    """
    within = sum(_mean_of_pairs(_kernel(each, each)) for each in (places, real))
    return float(within - 2 * _kernel(places, real).mean())


def _kernel(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return (one @ other.T / one.shape[1] + 1) ** 3


def _mean_of_pairs(kernel: np.ndarray) -> float:
    """Return the mean over pairs of two different spectra."""
    n = len(kernel)
    return (kernel.sum() - np.trace(kernel)) / (n * (n - 1))
