"""Recall: the share of real spectra that lie where a set lies (Kynkäänniemi et al. 2019)."""

import numpy as np

from lcgan.scores.precision import K, precision


def recall(places: np.ndarray, real: np.ndarray, k: int = K) -> float:
    """Return the share of real spectra within the k-nearest-neighbour ball of any place.

    Kynkäänniemi et al. 2019, NeurIPS, eq. 2: diversity. It is `precision` with the two sets
    changed over. Places that lie wide apart, as noise may, have wide balls; see `coverage`.

    Parameters
    ----------
    places, real : ndarray, shape (N, D) and (M, D)
        In the embedding.
    """
    return precision(real, places, k)
