"""Equivalent widths of an O star's lines: their distributions and how they go together."""

import numpy as np

from lcgan.evidence.equivalent_width import measure
from lcgan.evidence.lines import FURTHER_LINES, LINES
from lcgan.scores.distribution import kolmogorov_smirnov, wasserstein

#: The lines compared, in the order of their wavelengths: all but the G band, which no O star has.
COMPARED = tuple(
    sorted(
        (line for line in (*LINES, *FURTHER_LINES) if line.key != "g_band"),
        key=lambda line: line.wavelength,
    )
)
KEYS = tuple(line.key for line in COMPARED)
#: He I over He II: the axis of O stars' subtypes (Conti & Alschuler 1971, ApJ 170, 325).
SUBTYPE = ("he_i_4471", "he_ii_4542")
#: Spectra in which every line was measured, without which lines are not correlated.
MIN_MEASURED = 8


def line_widths(flux: np.ndarray) -> np.ndarray:
    """Return the equivalent widths, Å, shape (N, 11), in the order of KEYS.

    Every pixel counts and no velocity is taken out: generated spectra have neither an inverse
    variance nor a velocity, so real ones are measured without them too.

    Parameters
    ----------
    flux : ndarray, shape (N, 3700)

    Returns
    -------
    ndarray, shape (N, 11)
        Positive in absorption; NaN where the pseudo-continuum is not positive.
    """
    flux = np.asarray(flux)
    return measure(flux, np.ones(flux.shape), np.zeros(len(flux)), COMPARED).value


def subtype(widths: np.ndarray) -> np.ndarray:
    """Return log10(EW 4471 / EW 4542), shape (N,): about 0 at O7, more for later types.

    Conti & Alschuler 1971. NaN where one of the lines is not in absorption.

    Parameters
    ----------
    widths : ndarray, shape (N, 11)
    """
    he_i, he_ii = (widths[:, KEYS.index(key)] for key in SUBTYPE)
    both = (he_i > 0) & (he_ii > 0)
    return np.log10(np.where(both, he_i, np.nan) / np.where(both, he_ii, 1.0))


def by_line(widths: np.ndarray, real: np.ndarray) -> dict[str, dict[str, float | None]]:
    """Compare each line's distribution, and the subtype's.

    Parameters
    ----------
    widths, real : ndarray, shape (N, 11) and (M, 11)

    Returns
    -------
    dict of dict
        By KEYS and ``subtype``: ``ks`` (0 to 1) and ``wasserstein`` (Å; dex for the subtype).
    """
    pairs = {key: (widths[:, n], real[:, n]) for n, key in enumerate(KEYS)}
    pairs["subtype"] = subtype(widths), subtype(real)
    return {
        key: {"ks": kolmogorov_smirnov(*pair), "wasserstein": wasserstein(*pair)}
        for key, pair in pairs.items()
    }


def correlations(widths: np.ndarray) -> np.ndarray | None:
    """Return Spearman's rank correlation of the lines' widths, shape (11, 11).

    Spectra in which a line was not measured are left out; None if fewer than 8 remain.
    """
    from scipy.stats import rankdata

    known = widths[np.isfinite(widths).all(axis=1)]
    if len(known) < MIN_MEASURED:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.nan_to_num(np.corrcoef(rankdata(known, axis=0), rowvar=False))


def correlation_distance(widths: np.ndarray, real: np.ndarray) -> float | None:
    """Return the r.m.s. difference of the correlations of two different lines, 0 to 2.

    Parameters
    ----------
    widths, real : ndarray, shape (N, 11) and (M, 11)

    Returns
    -------
    float or None
        None if too few spectra of a set have every line measured.
    """
    one, other = correlations(widths), correlations(real)
    if one is None or other is None:
        return None
    apart = (one - other)[np.triu_indices(len(one), 1)]
    return float(np.sqrt(np.mean(apart**2)))
