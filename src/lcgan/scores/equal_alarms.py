"""Two forms of training where each may call as many other stars O: the threshold of every fit.

By the most probable class one form may recall more because it calls more of everything O. Here each
fit has its own threshold on p(O), above which at most a given share of the negatives lies; and in a
resampling it is set anew, by the negatives that were drawn.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lcgan.scores.operating import recall_of

#: The false-positive rate at which forms are compared: 1,500 negatives bound it well.
EQUAL_FPR = 1e-2
#: Resamplings behind an interval.
N_BOOTSTRAP = 1000


class Told(NamedTuple):
    """p(O) by each of R fits: of O spectra, shape (R, n), and of others, shape (R, m)."""

    positives: np.ndarray
    negatives: np.ndarray


def recall(told: Told, fpr: float) -> float:
    """Return the recall at a false-positive rate, the mean over the fits."""
    return float(np.mean([recall_of(*of_fit, fpr) for of_fit in zip(*told, strict=True)]))


def paired_interval(
    one: Told,
    other: Told,
    fpr: float,
    rng: np.random.Generator,
    stars: tuple[Sequence[str], Sequence[str]] | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two forms' mean recall.

    Parameters
    ----------
    one, other : Told
        Of the same spectra; fit r of both began with the same weights.
    fpr : float
    rng : Generator
    stars : pair of sequences of str, optional
        The star of each O spectrum and of each other: whole stars are drawn instead of spectra.
    n_bootstrap : int

    Notes
    -----
    Fits are drawn, as pairs; O spectra and others; and thresholds follow. Percentiles 2.5 and 97.5.
    """
    n_fits, n = one.positives.shape
    of_o, of_others = stars or (None, None)
    weights = _drawn(n, of_o, rng, n_bootstrap)
    weights = weights, _drawn(one.negatives.shape[1], of_others, rng, n_bootstrap)
    fits = rng.multinomial(n_fits, np.full(n_fits, 1 / n_fits), n_bootstrap) / n_fits
    apart = _recalls(one, fpr, *weights) - _recalls(other, fpr, *weights)
    low, high = np.percentile((fits.T * apart).sum(axis=0), [2.5, 97.5])
    return float(low), float(high)


def _drawn(n: int, stars: Sequence[str] | None, rng, n_bootstrap: int) -> np.ndarray:
    """Return how often each of n spectra is drawn, shape (n_bootstrap, n)."""
    if stars is None:
        return rng.multinomial(n, np.full(n, 1 / n), n_bootstrap).astype(float)
    names, of = np.unique(np.asarray(stars), return_inverse=True)
    return rng.multinomial(len(names), np.full(len(names), 1 / len(names)), n_bootstrap)[
        :, of
    ].astype(float)


def _recalls(told: Told, fpr: float, of_o: np.ndarray, of_others: np.ndarray) -> np.ndarray:
    """Return each fit's recall in each of B drawings, (R, B); weights (B, n) and (B, m)."""
    allowed = np.floor(fpr * of_others.sum(axis=1) + 1e-9)
    total = of_o.sum(axis=1)
    found = np.empty((len(told.positives), len(of_o)))
    for fit, (positives, negatives) in enumerate(zip(*told, strict=True)):
        falling = np.argsort(-negatives, kind="stable")
        above = np.cumsum(of_others[:, falling], axis=1)
        first = (above > allowed[:, None]).argmax(axis=1)  # the first that may not lie above
        limit = negatives[falling][first]
        limit[above[:, -1] <= allowed] = -math.inf
        found[fit] = (of_o * (positives > limit[:, None])).sum(axis=1) / total
    return found
