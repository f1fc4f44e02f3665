"""Coverage: the share of real spectra that have a set's member close by (Naeem et al. 2020)."""

import numpy as np

from lcgan.scores.density import K
from lcgan.scores.neighbours import distances, radii


def coverage(places: np.ndarray, real: np.ndarray, k: int = K) -> float:
    """Return the share of real spectra whose k-nearest-neighbour ball holds a place.

    Naeem et al. 2020, ICML, eq. 4: diversity. It grows with the number of places: sets of the
    same size compare. As many places as real spectra, drawn alike, have 1 - 2⁻ᵏ, 0.97 for 5.

    Parameters
    ----------
    places, real : ndarray, shape (N, D) and (M, D)
        In the embedding.
    """
    return float((distances(places, real) <= radii(real, k)).any(axis=0).mean())
