"""Recall at a false-positive rate, and the part of the ROC curve that a search lives on."""

import math

import numpy as np

from lcgan.scores.interval import proportion

#: False-positive rates at which recall is told: a survey has far more other stars than O stars.
FPRS = (1e-2, 1e-3)
#: Resamplings behind an interval.
N_BOOTSTRAP = 200


def smallest_fpr(n_negatives: int, confidence: float = 0.95) -> float | None:
    """Return the smallest false-positive rate that so many negatives can bound.

    The upper limit where none of n is called O: 1 - (1 - confidence)^(1/n), about 3/n (exact
    binomial, one-sided; "rule of three", Hanley & Lippman-Hand 1983, JAMA 249, 1743).
    """
    return None if n_negatives == 0 else 1 - (1 - confidence) ** (1 / n_negatives)


def threshold_at(negatives: np.ndarray, fpr: float) -> float:
    """Return the p(O) above which at most `fpr` of the negatives lie.

    Parameters
    ----------
    negatives : ndarray, shape (n,)
        p(O) of spectra that are not O; not empty.
    fpr : float
    """
    allowed = math.floor(fpr * len(negatives) + 1e-9)
    place = len(negatives) - 1 - allowed
    return float(np.partition(negatives, place)[place]) if place >= 0 else -np.inf


def recall_of(positives: np.ndarray, negatives: np.ndarray, fpr: float) -> float:
    """Return the share of O spectra above the p(O) that at most `fpr` of the negatives exceed."""
    return float((positives > threshold_at(negatives, fpr)).mean())


def recall_at(
    positives: np.ndarray, negatives: np.ndarray, fpr: float, rng: np.random.Generator
) -> dict:
    """Return the recall where at most `fpr` of the negatives are called O.

    Parameters
    ----------
    positives, negatives : ndarray, shape (n,) and (m,)
        p(O) of O spectra and of others.
    fpr : float
    rng : Generator

    Returns
    -------
    dict
        fpr; threshold; recall, a proportion with the Wilson interval at that threshold;
        boot_low, boot_high: 95 % percentile interval with O and other spectra drawn anew, the
        threshold with them; false_alarms, a proportion; n_allowed: negatives that may lie above;
        bounded: whether so many negatives can bound this rate, see `smallest_fpr`. Threshold,
        recall and its intervals are None where there is nothing to count.
    """
    n = len(negatives)
    found = {"fpr": fpr, "n_allowed": math.floor(fpr * n + 1e-9), "threshold": None}
    found |= {"recall": proportion(0, 0), "boot_low": None, "boot_high": None}
    found |= {"false_alarms": proportion(0, 0), "bounded": False}
    if n == 0 or len(positives) == 0:
        return found
    threshold = threshold_at(negatives, fpr)
    some = positives[rng.integers(0, len(positives), (N_BOOTSTRAP, len(positives)))]
    others = negatives[rng.integers(0, n, (N_BOOTSTRAP, n))]
    limits = np.array([threshold_at(one, fpr) for one in others])
    rates = (some > limits[:, None]).mean(axis=1)
    low, high = np.percentile(rates, [2.5, 97.5])
    return found | {
        "threshold": threshold,
        "recall": proportion(int((positives > threshold).sum()), len(positives)),
        "boot_low": float(low),
        "boot_high": float(high),
        "false_alarms": proportion(int((negatives > threshold).sum()), n),
        "bounded": smallest_fpr(n) <= fpr,
    }


def partial_auc(positives: np.ndarray, negatives: np.ndarray, most: float = 1e-2) -> float | None:
    """Return the area under the ROC curve up to a false-positive rate; 0.5 chance, 1 perfect.

    Standardised after McClish 1989, Medical Decision Making 9, 190, by scikit-learn.
    """
    if len(positives) == 0 or len(negatives) == 0:
        return None
    from sklearn.metrics import roc_auc_score

    true = np.repeat([1, 0], [len(positives), len(negatives)])
    return float(roc_auc_score(true, np.concatenate([positives, negatives]), max_fpr=most))
