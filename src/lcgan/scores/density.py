"""Density: how many real spectra a set's members lie close to (Naeem et al. 2020)."""

import numpy as np

from lcgan.scores.neighbours import distances, radii

#: Neighbours whose reach makes a ball around each real spectrum (Naeem et al. 2020, section 3.3).
K = 5


def density(places: np.ndarray, real: np.ndarray, k: int = K) -> float:
    """Return in how many real spectra's k-nearest-neighbour balls a place lies, on average, over k.

    Naeem et al. 2020, ICML, eq. 3: authenticity. About 1 for spectra drawn as the real ones are,
    more for spectra heaped where real ones are dense, 0 for spectra beyond all balls.

    Parameters
    ----------
    places, real : ndarray, shape (N, D) and (M, D)
        In the embedding.
    """
    inside = distances(places, real) <= radii(real, k)
    return float(inside.sum(axis=1).mean() / min(k, len(real) - 1))
