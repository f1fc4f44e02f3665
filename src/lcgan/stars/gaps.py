"""Gaps in the library's spectra, filled from the nearest whole star and flagged."""

from dataclasses import dataclass

import numpy as np

from lcgan.stars.instrument import fine_wavelength

#: Width beside a gap over which star and neighbour are matched, Å.
MATCH_WIDTH = 60.0


@dataclass(frozen=True)
class Filled:
    """Whole spectra.

    Attributes
    ----------
    flux : ndarray, shape (n_stars, n_fine)
    neighbour : ndarray of int, shape (n_stars,)
        Row of the star that filled the gaps; -1 where there was none.
    """

    flux: np.ndarray
    neighbour: np.ndarray


def fill_gaps(flux: np.ndarray, gap: np.ndarray) -> Filled:
    """Fill every gap from the most alike star without any, scaled to meet at the gap's edges.

    Alike: the least scatter of ln(flux ratio) about a straight line in wavelength (extinction
    and calibration slopes do not count) where the star has flux.

    Parameters
    ----------
    flux, gap : ndarray, shape (n_stars, n_fine)
        On the fine grid; `gap` is True where there is no flux.

    Raises
    ------
    ValueError
        If a star has a gap and no star is whole.
    """
    wavelength = fine_wavelength()
    filled, neighbour = flux.copy(), np.full(len(flux), -1)
    whole = np.flatnonzero(~gap.any(axis=1))
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(flux)
    for row in np.flatnonzero(gap.any(axis=1)):
        if not whole.size:
            raise ValueError("no star is whole, so none can fill the others' gaps")
        known = np.flatnonzero(~gap[row])[::10]
        ratio = logarithm[row, known] - logarithm[np.ix_(whole, known)]
        slope = np.polynomial.polynomial.polyfit(wavelength[known], ratio.T, 1)
        trend = np.polynomial.polynomial.polyval(wavelength[known], slope)
        best = whole[np.argmin((ratio - trend).std(axis=1))]
        neighbour[row] = best
        for start, stop in _runs(gap[row]):
            filled[row, start:stop] = _match(
                wavelength, flux[row], flux[best], ~gap[row], start, stop
            )
    return Filled(filled, neighbour)


def _match(wavelength, flux, other, known, start, stop) -> np.ndarray:
    """Return `other` over a gap, times a straight line that meets `flux` beside the gap."""
    low, high = wavelength[start], wavelength[min(stop, len(flux) - 1)]
    beside = known & (wavelength > low - MATCH_WIDTH) & (wavelength < high + MATCH_WIDTH)
    ratio = flux[beside] / other[beside]
    left, right = wavelength[beside] < low, wavelength[beside] > high
    if left.any() and right.any():
        scale = np.interp(
            wavelength[start:stop], (low, high), (np.median(ratio[left]), np.median(ratio[right]))
        )
    else:  # at an end of the spectrum: a level, since a fitted slope would run away
        scale = np.median(ratio)
    return other[start:stop] * scale


def _runs(mask: np.ndarray) -> np.ndarray:
    """Return the (start, stop) of each run of True, shape (n_runs, 2)."""
    edges = np.diff(np.concatenate(([0], mask.astype(np.int8), [0])))
    return np.flatnonzero(edges).reshape(-1, 2)
