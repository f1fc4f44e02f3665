"""Gaps in the libraries' spectra, filled from the most alike whole spectrum and flagged."""

from dataclasses import dataclass

import numpy as np

from lcgan.stars.instrument import fine_wavelength

#: Width beside a gap over which star and neighbour are matched, Å.
MATCH_WIDTH = 60.0
#: Every so many samples of the fine grid are compared.
EVERY = 10


@dataclass(frozen=True)
class Filled:
    """Whole spectra.

    Attributes
    ----------
    flux : ndarray, shape (n_stars, n_fine)
    neighbour : ndarray of int, shape (n_stars,)
        Row of the donor that filled the gaps; -1 where there was none.
    """

    flux: np.ndarray
    neighbour: np.ndarray


def fill_gaps(flux: np.ndarray, gap: np.ndarray, donors: np.ndarray) -> Filled:
    """Fill every gap from the most alike donor, scaled to meet at the gap's edges.

    Alike: the least scatter of ln(flux ratio) about a straight line in wavelength (extinction
    and calibration slopes do not count) where the star has flux.

    Parameters
    ----------
    flux, gap : ndarray, shape (n_stars, n_fine)
        On the fine grid; `gap` is True where there is no flux.
    donors : ndarray, shape (n_donors, n_fine)
        Spectra without gaps.

    Raises
    ------
    ValueError
        If a star has a gap and there is no donor.
    """
    wavelength = fine_wavelength()
    filled, neighbour = flux.copy(), np.full(len(flux), -1)
    if gap.any() and not len(donors):
        raise ValueError("no star is whole, so none can fill the others' gaps")
    samples = np.arange(0, wavelength.size, EVERY)
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm, donated = np.log(flux[:, samples]), np.log(donors[:, samples])
    for row in np.flatnonzero(gap.any(axis=1)):
        known = ~gap[row, samples]
        ratio = logarithm[row, known] - donated[:, known]
        line = np.polynomial.legendre.legvander(np.linspace(-1, 1, known.sum()), 1)
        base = np.linalg.qr(line)[0]
        scatter = ratio - (ratio @ base) @ base.T
        best = int(np.argmin(scatter.std(axis=1)))
        neighbour[row] = best
        for start, stop in _runs(gap[row]):
            filled[row, start:stop] = _match(
                wavelength, flux[row], donors[best], ~gap[row], start, stop
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
