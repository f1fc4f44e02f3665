"""Precision: the share of a set that lies where real spectra lie (Kynkäänniemi et al. 2019)."""

import numpy as np

from lcgan.scores.neighbours import distances, radii

#: Neighbours whose reach makes a ball around each spectrum (Kynkäänniemi et al. 2019, section 2).
K = 3


def precision(places: np.ndarray, real: np.ndarray, k: int = K) -> float:
    """Return the share of places within the k-nearest-neighbour ball of any real spectrum.

    Kynkäänniemi et al. 2019, NeurIPS, eqs. 1 and 2: authenticity. One outlier among the real
    makes a wide ball; see `density`, which minds that less.

    Parameters
    ----------
    places, real : ndarray, shape (N, D) and (M, D)
        In the embedding.
    """
    return float((distances(places, real) <= radii(real, k)).any(axis=1).mean())
