"""Which checkpoint of a GAN is taken: one rule, on the selection set."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from lcgan.scores.coverage import coverage
from lcgan.scores.density import density
from lcgan.scores.frechet import frechet
from lcgan.scores.kernel_distance import kernel_distance
from lcgan.scores.measures import MEASURES
from lcgan.scores.precision import precision
from lcgan.scores.recall import recall

#: Scores of two sets of places in the embedding.
EMBEDDED: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "precision": precision,
    "recall": recall,
    "density": density,
    "coverage": coverage,
    "frechet": frechet,
    "kernel_distance": kernel_distance,
}


def rule(choose_by: Sequence[str], usable: Mapping[str, bool]) -> str | None:
    """Return the first of the scores to choose by that can be trusted; None if none can."""
    return next((name for name in choose_by if usable[name]), None)


def choose(
    name: str | None, places: Mapping[int, np.ndarray], selection: np.ndarray
) -> tuple[int, dict[int, float]]:
    """Return the checkpoint with the best score against the selection set; the earlier of two.

    Parameters
    ----------
    name : str or None
        The score, of EMBEDDED; None: the last checkpoint is taken, by no score.
    places : dict of ndarray, shape (N, D)
        By iteration, what was generated, in the embedding.
    selection : ndarray, shape (M, D)
        Real O spectra of the selection set, two or more.

    Returns
    -------
    iteration : int
    values : dict of float
        By iteration; the mean over parts of M spectra.
    """
    if name is None:
        return max(places), {}
    n = len(selection)
    values = {}
    for iteration, found in sorted(places.items()):
        starts = range(0, max(len(found) - n, 0) + 1, n)
        each = [EMBEDDED[name](found[first : first + n], selection) for first in starts]
        values[iteration] = float(np.mean(each))
    return min(values, key=lambda at: MEASURES[name].badness(values[at])), values
