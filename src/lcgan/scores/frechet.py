"""The Fréchet distance of two sets, as if each were a normal distribution (Heusel et al. 2017)."""

import numpy as np


def frechet(places: np.ndarray, real: np.ndarray) -> float:
    """Return |μ₁ - μ₂|² + tr(C₁ + C₂ - 2 (C₁ C₂)^½) of two sets' means and covariances.

    Heusel et al. 2017, NeurIPS, eq. 6, with the embedding of `lcgan.scores.embedding` in place of
    a network for photographs. Small sets raise it: sets of the same sizes compare.

    Parameters
    ----------
    places, real : ndarray, shape (N, D) and (M, D)
        In the embedding; two or more of each.
    """
    apart = places.mean(axis=0) - real.mean(axis=0)
    one, other = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (places, real))
    # the trace of the root is the sum of the roots of the eigenvalues, which are real and not
    # negative because both are covariances, but for rounding
    roots = np.sqrt(np.clip(np.linalg.eigvals(one @ other).real, 0, None)).sum()
    return float(apart @ apart + np.trace(one) + np.trace(other) - 2 * roots)
