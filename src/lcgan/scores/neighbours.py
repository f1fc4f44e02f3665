"""Distances to nearest neighbours, which precision, recall, density and coverage are made of."""

import numpy as np


def distances(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return the Euclidean distances of N places to M others, shape (N, M).

    Parameters
    ----------
    places, others : ndarray, shape (N, D) and (M, D)
        In the embedding.
    """
    from scipy.spatial.distance import cdist

    return cdist(places, others)


def radii(places: np.ndarray, k: int) -> np.ndarray:
    """Return each place's distance to its k-th nearest neighbour among the others, shape (N,).

    A set of k or fewer has no k-th neighbour: then it is the furthest one.

    Examples
    --------
    >>> radii(np.array([[0.0], [1.0], [3.0]]), 1)
    array([1., 1., 2.])
    """
    apart = np.sort(distances(places, places), axis=1)  # the first is the place itself
    return apart[:, min(k, len(places) - 1)]


def nearest(places: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return each place's distance to the nearest of the others, shape (N,)."""
    return distances(places, others).min(axis=1)
