"""Confusion matrix and macro-F1."""

import numpy as np


def confusion(true: np.ndarray, called: np.ndarray, n_classes: int) -> np.ndarray:
    """Return counts, shape (n_classes, n_classes): rows the true class, columns the called one."""
    counts = np.zeros((n_classes, n_classes), int)
    np.add.at(counts, (true, called), 1)
    return counts


def macro_f1(counts: np.ndarray) -> float:
    """Return the mean over true classes of F1 = 2 TP / (2 TP + FP + FN) of a confusion matrix.

    A class without true spectra is left out of the mean.
    """
    right = np.diag(counts).astype(float)
    both = counts.sum(axis=0) + counts.sum(axis=1)
    there = counts.sum(axis=1) > 0
    return float(np.mean(2 * right[there] / both[there]))
