"""Two forms of training on the same spectra: McNemar's test and paired bootstrap."""

from collections.abc import Sequence

import numpy as np

#: Resamplings behind an interval.
N_BOOTSTRAP = 2000
#: A bound nearer to 0 than this is 0 but for rounding: one spectrum of thousands counts for more.
ZERO = 1e-9


def mcnemar(one: np.ndarray, other: np.ndarray) -> dict:
    """Return McNemar's exact test of two networks' hits on the same spectra.

    Parameters
    ----------
    one, other : ndarray of bool, shape (n,)
        Whether each spectrum was called right.

    Returns
    -------
    dict
        only_one, only_other: spectra that one of them alone called right; p: two-sided, binomial
        (McNemar 1947, Psychometrika 12, 153); 1 where they never differ.
    """
    from scipy.stats import binomtest

    only_one, only_other = int((one & ~other).sum()), int((~one & other).sum())
    n = only_one + only_other
    p = float(binomtest(only_one, n, 0.5).pvalue) if n else 1.0
    return {"only_one": only_one, "only_other": only_other, "p": p}


def paired_bootstrap(
    one: np.ndarray,
    other: np.ndarray,
    rng: np.random.Generator,
    groups: Sequence[str] | None = None,
    n_bootstrap: int = N_BOOTSTRAP,
) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two forms' mean hit rates.

    Parameters
    ----------
    one, other : ndarray of bool, shape (R, n)
        Hits of each repeat; repeat r of both began with the same weights.
    rng : Generator
    groups : sequence of str, shape (n,), optional
        The star of each spectrum: whole stars are drawn instead of spectra.
    n_bootstrap : int

    Notes
    -----
    Repeats are drawn too, as pairs, so that the interval holds what the draw of the weights does
    as well as what the draw of the spectra does. Percentiles 2.5 and 97.5.
    """
    differences = one.astype(float) - other.astype(float)
    if groups is None:
        totals, sizes = differences, np.ones(differences.shape[1])
    else:
        _, of = np.unique(np.asarray(groups), return_inverse=True)
        sizes = np.bincount(of).astype(float)
        totals = np.stack([np.bincount(of, row, len(sizes)) for row in differences])
    n_repeats, n_units = totals.shape
    repeats = rng.multinomial(n_repeats, np.full(n_repeats, 1 / n_repeats), n_bootstrap)
    units = rng.multinomial(n_units, np.full(n_units, 1 / n_units), n_bootstrap)
    sums = np.einsum("br,ru,bu->b", repeats / n_repeats, totals, units, optimize=True)
    low, high = np.percentile(sums / (units @ sizes), [2.5, 97.5])
    return float(low), float(high)


def how(low: float, high: float, star_low: float, star_high: float) -> str:
    """Return what an interval of a difference says.

    Returns
    -------
    {"higher", "lower", "higher_here", "lower_here", "noise"}
        "higher", "lower": beyond the noise, with other spectra and with other stars; "_here":
        with other spectra of these stars, not with other stars; "noise": neither.
    """
    if low > ZERO:
        return "higher" if star_low > ZERO else "higher_here"
    if high < -ZERO:
        return "lower" if star_high < -ZERO else "lower_here"
    return "noise"
