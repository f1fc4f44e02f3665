"""Equivalent widths against a local pseudo-continuum, with errors from the inverse variance.

It imports numpy and the grid alone: it is measured for every spectrum of a survey.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lcgan.evidence.lines import LINES, Line, Window
from lcgan.spectra.grid import LOG10_STEP, N_PIXELS, REDSHIFTS, wavelength_grid

#: Less of a window's width with data than this, and the line is not measured.
MIN_COVERED = 0.8


class Measured(NamedTuple):
    """Equivalent widths of n spectra.

    Attributes
    ----------
    value : ndarray, shape (n, L)
        Rest-frame equivalent width, Å, positive in absorption; NaN where a window lacks data or
        the pseudo-continuum is not positive.
    error : ndarray, shape (n, L)
        Its standard deviation, Å, by the spectra's inverse variance.
    """

    value: np.ndarray
    error: np.ndarray


def measure(
    flux: np.ndarray, ivar: np.ndarray, z: np.ndarray, lines: Sequence[Line] = LINES
) -> Measured:
    """Measure lines in spectra on the packed grid.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, 3700)
        In any unit and its inverse square; ivar 0 marks pixels without data.
    z : ndarray, shape (n,)
        Redshift, the header's: v/c of a star. NaN and what is none, outside
        `lcgan.spectra.grid.REDSHIFTS`, count as 0.
    lines : sequence of Line

    Notes
    -----
    W = Σ (1 - F/C) Δλ over the band, C the straight line through the mean fluxes of the two
    sidebands at their middles (Worthey et al. 1994, ApJS 94, 687, eqs. 1 and 3), pixels at a
    window's edge counted in part. Pixels of the band without data count as its others do on
    average. The error is exact to first order for independent pixels, the sidebands' noise
    included, also where windows overlap; the small covariance that rebinning brings is not known.
    """
    flux, ivar = np.atleast_2d(np.asarray(flux, float)), np.atleast_2d(np.asarray(ivar, float))
    z = np.asarray(z, float)
    z = np.where((z > REDSHIFTS[0]) & (z < REDSHIFTS[1]), z, 0.0)
    shift = np.log10(1 + z) / LOG10_STEP  # pixels, to the red
    if not len(flux):
        return Measured(*np.empty((2, 0, len(lines))))
    found = [_one(flux, ivar, np.broadcast_to(shift, len(flux)), line) for line in lines]
    value, error = (np.array(each).T for each in zip(*found, strict=True))
    return Measured(value.reshape(len(flux), -1), error.reshape(len(flux), -1))


def _one(flux: np.ndarray, ivar: np.ndarray, shift: np.ndarray, line: Line):
    """Return value and error of one line, shape (n,) each."""
    windows = (line.blue, line.band, line.red)
    first = int(np.floor(_pixel(min(low for low, _ in windows)) + shift.min())) - 1
    last = int(np.ceil(_pixel(max(high for _, high in windows)) + shift.max())) + 2
    pixels = np.arange(max(first, 0), min(last, N_PIXELS))
    nothing = np.full(len(flux), np.nan)
    if not len(pixels):
        return nothing, nothing
    flux, ivar = flux[:, pixels], ivar[:, pixels]
    rest = wavelength_grid()[pixels] * 10 ** (-LOG10_STEP * shift[:, None])  # Å at rest
    good = (ivar > 0) & np.isfinite(flux)
    weights = [_weights(pixels, rest, shift, good, window) for window in windows]
    (blue, there_blue), (band, there_band), (red, there_red) = weights
    usable = np.minimum(np.minimum(there_blue, there_red), there_band) >= MIN_COVERED
    flux = np.where(good, flux, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        blue /= blue.sum(axis=1, keepdims=True)
        red /= red.sum(axis=1, keepdims=True)
        band *= (line.band[1] - line.band[0]) / band.sum(axis=1, keepdims=True)
        share = (rest - _middle(line.blue)) / (_middle(line.red) - _middle(line.blue))
        low, high = (blue * flux).sum(axis=1), (red * flux).sum(axis=1)
        continuum = low[:, None] * (1 - share) + high[:, None] * share
        value = (band * (1 - flux / continuum)).sum(axis=1)
        slope = band * flux / continuum**2  # dW/dC, pixel by pixel
        gradient = -band / continuum
        gradient += blue * (slope * (1 - share)).sum(axis=1, keepdims=True)
        gradient += red * (slope * share).sum(axis=1, keepdims=True)
        variance = (gradient**2 / np.where(good, ivar, np.inf)).sum(axis=1)
        usable &= (low > 0) & (high > 0)
    return np.where(usable, value, np.nan), np.where(usable, np.sqrt(variance), np.nan)


def _weights(
    pixels: np.ndarray, rest: np.ndarray, shift: np.ndarray, good: np.ndarray, window: Window
) -> tuple[np.ndarray, np.ndarray]:
    """Return each good pixel's width inside a window, rest Å, and the share of it with data.

    Returns
    -------
    weights : ndarray, shape (n, p)
    covered : ndarray, shape (n,)
    """
    low, high = (_pixel(edge) + shift[:, None] for edge in window)
    inside = np.minimum(pixels + 0.5, high) - np.maximum(pixels - 0.5, low)
    width = np.clip(inside, 0.0, 1.0) * rest * (np.log(10) * LOG10_STEP)
    weights = np.where(good, width, 0.0)
    return weights, weights.sum(axis=1) / (window[1] - window[0])


def _pixel(wavelength: float) -> float:
    """Return the place of a wavelength (vacuum Å) on the packed grid, in pixels."""
    return np.log10(wavelength / wavelength_grid()[0]) / LOG10_STEP


def _middle(window: Window) -> float:
    return (window[0] + window[1]) / 2
