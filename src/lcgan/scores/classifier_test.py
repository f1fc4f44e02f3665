"""Classifier two-sample test of a set against real spectra, with folds by star and by spectrum.

By star, no real star is known by its face: a generator is not blamed for a face that it lacks. But
of two sets drawn alike, a held-out star's spectra have lookalikes in the set and none among the
real ones that the classifier saw, so that the area tends to less than 0.5, where the floor lies
too. By spectrum it is 0.5 for sets drawn alike, and more for a set that lacks a real star.
"""

from collections.abc import Mapping

import numpy as np

from lcgan.scores.two_sample import N_COMPONENTS, N_FOLDS, area_under_curve

#: Inverse strength of the penalty, as in `lcgan.scores.two_sample`.
C = 0.1


def classifier_tests(
    real: np.ndarray,
    folds: Mapping[str, np.ndarray],
    other: np.ndarray,
    rng: np.random.Generator,
) -> dict[str, float | None]:
    """Return how well logistic regression tells a set from real spectra: the area under its curve.

    Lopez-Paz & Oquab 2017, ICLR. It sees at most 40 principal components of both sets together,
    which are found without knowing which is which. Spectra of the set have no star and are spread
    evenly over the folds, in a drawn order.

    Parameters
    ----------
    real : ndarray, shape (N, P)
        Embedded or standardised spectra.
    folds : dict of ndarray of int, shape (N,)
        Ways of dealing the real spectra to folds, each from 0: `by_star`, `by_spectrum`.
    other : ndarray, shape (M, P)
    rng : numpy.random.Generator

    Returns
    -------
    dict of float or None
        By the names of `folds`. 0.5 or less: not told apart; 1: always. None if all real spectra
        are in one fold.
    """
    label = np.repeat([1, 0], [len(real), len(other)])
    seen = _components(np.concatenate([real, other]).astype(np.float64))
    order = rng.permutation(len(other))
    found: dict[str, float | None] = {}
    for name, fold in folds.items():
        n = int(fold.max()) + 1
        score = _held_out(seen, label, np.concatenate([fold, order % n]), n) if n > 1 else None
        found[name] = None if score is None else area_under_curve(score, label, np.ones(len(seen)))
    return found


def by_star(star: np.ndarray) -> np.ndarray:
    """Deal stars to folds, that with the most spectra first, each to the smallest fold so far.

    Parameters
    ----------
    star : ndarray of str, shape (N,)

    Returns
    -------
    ndarray of int, shape (N,)
        From 0; at most `N_FOLDS` folds, as many as stars if they are fewer.
    """
    names, place, counts = np.unique(star, return_inverse=True, return_counts=True)
    fold, sizes = np.zeros(len(names), int), np.zeros(min(N_FOLDS, len(names)), int)
    for number in np.argsort(-counts, kind="stable"):
        fold[number] = sizes.argmin()
        sizes[sizes.argmin()] += counts[number]
    return fold[place]


def by_spectrum(n: int, rng: np.random.Generator) -> np.ndarray:
    """Deal n spectra to folds in a drawn order, whoever their star is."""
    return rng.permutation(n) % min(N_FOLDS, n)


def _held_out(seen: np.ndarray, label: np.ndarray, fold: np.ndarray, n: int) -> np.ndarray:
    """Return each spectrum's score by the classifier that did not see its fold, shape (N,)."""
    from sklearn.linear_model import LogisticRegression

    score = np.zeros(len(label))
    for number in range(n):
        train, test = fold != number, fold == number
        model = LogisticRegression(C=C, max_iter=2000, class_weight="balanced")
        model.fit(seen[train], label[train])
        scale = np.sqrt(np.mean(model.decision_function(seen[train]) ** 2))  # so that folds compare
        score[test] = model.decision_function(seen[test]) / scale
    return score


def _components(values: np.ndarray) -> np.ndarray:
    """Return the first principal components, each of unit variance, shape (N, D)."""
    apart = values - values.mean(axis=0)
    size, axes = np.linalg.eigh(apart @ apart.T)  # of N × N, which is small beside N × 3700
    size, axes = size[::-1], axes[:, ::-1]
    n = min(N_COMPONENTS, values.shape[1], len(values) // 3, int((size > 1e-12 * size[0]).sum()))
    return axes[:, :n] * np.sqrt(len(values))
