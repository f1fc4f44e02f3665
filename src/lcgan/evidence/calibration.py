"""Probabilities that mean what they say: temperature scaling, and how well it did.

It imports numpy alone: it travels with the registered model.
"""

import numpy as np

#: No probability counts for less: float32's least, where the network's softmax ends.
LEAST = 1e-38
#: Temperatures that are looked at: beyond, the set is too easy or too small to tell one.
RANGE = (0.2, 20.0)
#: Bins of equal width, as Guo et al. have them, and draws of the bootstrap.
N_BINS, N_BOOTSTRAP = 10, 1000


def at_temperature(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Return softmax(z / T) from softmax(z) (Guo et al. 2017, ICML 70, 1321, eq. 9).

    Parameters
    ----------
    probabilities : ndarray, shape (n, C)
        The network's softmax; its logarithm is z up to a constant, which cancels.
    temperature : float
        T; 1 changes nothing, above 1 takes confidence away. The class called stays the same.

    Returns
    -------
    ndarray, shape (n, C), float64
    """
    z = np.log(np.maximum(np.asarray(probabilities, np.float64), LEAST)) / temperature
    z -= z.max(axis=1, keepdims=True, initial=-np.inf)
    scaled = np.exp(z)
    return scaled / scaled.sum(axis=1, keepdims=True)


def fit_temperature(
    probabilities: np.ndarray, true: np.ndarray, weight: np.ndarray | None = None
) -> float:
    """Return the temperature of the least negative log-likelihood, within `RANGE`.

    Parameters
    ----------
    probabilities : ndarray, shape (n, C)
    true : ndarray of int, shape (n,)
        The number of each spectrum's class.
    weight : ndarray, shape (n,), optional
        Of each spectrum; equal without it.

    Notes
    -----
    The likelihood is concave in 1/T, so its one maximum is found by bisection on the slope.
    """
    z = np.log(np.maximum(np.asarray(probabilities, np.float64), LEAST))
    weight = np.ones(len(z)) if weight is None else np.asarray(weight, np.float64)
    of_true = z[np.arange(len(z)), true]

    def slope(inverse: float) -> float:
        p = at_temperature(probabilities, 1 / inverse)
        return float(weight @ (of_true - (p * z).sum(axis=1)))

    low, high = 1 / RANGE[1], 1 / RANGE[0]
    for _ in range(60):
        middle = np.sqrt(low * high)
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return float(1 / np.sqrt(low * high))


def reliability(confidence: np.ndarray, right: np.ndarray) -> list[dict]:
    """Return a reliability plot's bins: how sure the network was, how often it was right.

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        In [0, 1].
    right : ndarray of bool, shape (n,)

    Returns
    -------
    list of dict
        Of each bin that holds a spectrum: low, high, n, confidence (mean), k (right).
    """
    bins = _bin_of(confidence)
    return [
        {
            "low": number / N_BINS,
            "high": (number + 1) / N_BINS,
            "n": int((bins == number).sum()),
            "confidence": float(confidence[bins == number].mean()),
            "k": int(right[bins == number].sum()),
        }
        for number in np.unique(bins).tolist()
    ]


def expected_calibration_error(
    confidence: np.ndarray, right: np.ndarray, rng: np.random.Generator
) -> dict[str, float | int | None]:
    """Return the expected calibration error (Guo et al. 2017, eq. 3) with a bootstrap interval.

    Returns
    -------
    dict
        value = Σ n_b / n |right - confidence| over bins; low and high: its 95 % interval over
        spectra drawn anew; n. None where there is nothing.

    Notes
    -----
    The error is at least 0 whatever is drawn, so few spectra make it too large, not too small.
    """
    n = len(confidence)
    if not n:
        return {"value": None, "low": None, "high": None, "n": 0}
    gap, bins = right.astype(float) - confidence, _bin_of(confidence)
    drawn = np.empty(N_BOOTSTRAP)
    for i in range(N_BOOTSTRAP):
        rows = rng.integers(0, n, n)
        drawn[i] = _error(gap[rows], bins[rows])
    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"value": _error(gap, bins), "low": float(low), "high": float(high), "n": n}


def _error(gap: np.ndarray, bins: np.ndarray) -> float:
    return float(np.abs(np.bincount(bins, gap, N_BINS)).sum() / len(gap))


def _bin_of(confidence: np.ndarray) -> np.ndarray:
    return np.minimum((np.asarray(confidence) * N_BINS).astype(int), N_BINS - 1)
