"""Proportions with their Wilson interval."""

import math

#: Standard normal quantile of a two-sided 95 % interval.
Z_95 = 1.959963984540054


def wilson(k: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Return the Wilson score interval of k successes in n trials (Wilson 1927, JASA 22:209).

    Raises
    ------
    ValueError
        If not 0 ≤ k ≤ n, or n is 0.

    Examples
    --------
    The paper's 93.67 % would be 302.5 of 323; 303 of 323 gives

    >>> tuple(round(edge, 3) for edge in wilson(303, 323))
    (0.906, 0.96)
    """
    if not 0 <= k <= n or n == 0:
        raise ValueError(f"{k} of {n} is no proportion")
    rate, spread = k / n, z * z / n
    centre = (rate + spread / 2) / (1 + spread)
    half = z * math.sqrt(rate * (1 - rate) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, centre - half), min(1.0, centre + half)


def proportion(k: int, n: int) -> dict[str, int | float | None]:
    """Return k, n, the rate and its Wilson 95 % interval; of nothing (n = 0) no rate is known."""
    if n == 0:
        return {"k": 0, "n": 0, "rate": None, "low": None, "high": None}
    low, high = wilson(int(k), int(n))
    return {"k": int(k), "n": int(n), "rate": int(k) / int(n), "low": low, "high": high}
