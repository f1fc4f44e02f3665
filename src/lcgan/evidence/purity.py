"""A threshold on p(O) for a stated purity at a stated prevalence, and what N negatives can bound.

O stars are rare: at 1.7 in 100,000 a false-positive rate of 0.1 % already drowns them. So few
negatives as a test set has cannot show that purity is reached; what they can show is said.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

#: O stars among LAMOST's spectra: 172 of 9.84 million in DR7 (Yang et al. 2021, introduction).
PREVALENCE = 1.7e-5
#: One-sided confidence of the bound on the false-positive rate.
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Operating:
    """A threshold and what it does on a test set.

    Attributes
    ----------
    threshold : float
        A spectrum with p(O) of at least this is a candidate.
    hits, n_positive : int
        O spectra at or above it, and all of them.
    false, n_negative : int
        Others at or above it, and all of them.
    """

    threshold: float
    hits: int
    n_positive: int
    false: int
    n_negative: int

    @property
    def recall(self) -> float:
        """Share of O spectra that are candidates."""
        return self.hits / self.n_positive

    @property
    def most_false(self) -> float:
        """Upper bound of the false-positive rate, 95 % one-sided (Clopper & Pearson 1934)."""
        return upper_bound(self.false, self.n_negative)

    def purity(self, prevalence: float, rate: float | None = None) -> float | None:
        """Return the share of O among candidates at a prevalence; None without candidates.

        Parameters
        ----------
        prevalence : float
            Share of O among all spectra.
        rate : float, optional
            False-positive rate; that counted on the test set without it.
        """
        rate = self.false / self.n_negative if rate is None else rate
        good = prevalence * self.recall
        found = good + (1 - prevalence) * rate
        return good / found if found else None


def upper_bound(k: int, n: int, confidence: float = CONFIDENCE) -> float:
    """Return the one-sided upper bound of a rate of which k of n were counted (exact, binomial).

    Examples
    --------
    The rule of three: nothing in 1,500 bounds the rate to 3 / 1,500.

    >>> round(upper_bound(0, 1500), 5)
    0.002
    """
    if k >= n:
        return 1.0
    low, high = k / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(k, n, middle) > 1 - confidence else (low, middle)
    return high


def operating(p_positive: Sequence[float], p_negative: Sequence[float], threshold: float):
    """Return what a threshold does on a test set, an `Operating`.

    Parameters
    ----------
    p_positive, p_negative : sequence of float
        p(O) of O spectra and of others.
    threshold : float
    """
    positive, negative = np.asarray(p_positive), np.asarray(p_negative)
    hits, false = (int((of >= threshold).sum()) for of in (positive, negative))
    return Operating(float(threshold), hits, len(positive), false, len(negative))


def choose(
    p_positive: Sequence[float], p_negative: Sequence[float], purity: float, prevalence: float
) -> Operating:
    """Return the lowest threshold whose counted purity is at least the one asked for.

    Where no false positive is counted any more the counted purity is 1, whatever was asked for:
    that threshold lies just above the test set's most O-like negative, and
    `Operating.most_false` says what it may hide.

    Parameters
    ----------
    p_positive, p_negative : sequence of float, not empty
        p(O) of O spectra and of others.
    purity, prevalence : float
        In (0, 1).
    """
    highest = float(np.nextafter(max(p_negative), 2.0))
    for threshold in sorted({*map(float, p_positive), highest}):
        found = operating(p_positive, p_negative, threshold)
        if found.hits and found.purity(prevalence) >= purity:
            return found
    return operating(p_positive, p_negative, highest)


def negatives_needed(purity: float, prevalence: float, recall: float) -> int:
    """Return how many negatives without one false positive would show a purity, 95 % one-sided."""
    rate = prevalence * recall * (1 - purity) / (purity * (1 - prevalence))
    return math.ceil(math.log(1 - CONFIDENCE) / math.log1p(-rate)) if rate else 0


def _at_most(k: int, n: int, rate: float) -> float:
    """Return the probability of at most k of n at a rate."""
    if rate <= 0:
        return 1.0
    if rate >= 1:
        return 0.0
    logs = [
        math.lgamma(n + 1)
        - math.lgamma(i + 1)
        - math.lgamma(n - i + 1)
        + i * math.log(rate)
        + (n - i) * math.log1p(-rate)
        for i in range(k + 1)
    ]
    return sum(map(math.exp, logs))
