"""The pseudo-continuum of a spectrum, and the lines that are left without it."""

from functools import lru_cache

import numpy as np

from lcgan.spectra.grid import wavelength_grid

#: Pixels whose mean is one node of the smoothing: short beside any scale that makes sense.
BLOCK = 20
#: The pseudo-continuum is at least this share of the spectrum's r.m.s. pixel; where noise or a dead
#: stretch brings it below, the quotient would say nothing.
FLOOR = 0.05
#: Of the lines that O stars are compared by: the smoothing that is their continuum, pixels; between
#: which vacuum Å they lie, Hε's blue side and Hα's red one; and pixels averaged, 280 km/s.
LINE_SCALE, LINES_BETWEEN, LINE_PIXELS = 60.0, (3950.0, 6620.0), 4


def lines(flux: np.ndarray, scale: float) -> np.ndarray:
    """Divide by the pseudo-continuum and subtract 1: what is left are lines.

    Extinction, flux calibration and the throughput of a fibre are smooth over hundreds of pixels
    and go out with the continuum, so that a classifier cannot learn the habits of an observation
    model in them.

    Parameters
    ----------
    flux : ndarray, shape (n, n_pixels)
        Spectra of unit 2-norm (eq. 1), n_pixels a multiple of `BLOCK`.
    scale : float
        See `smoothing`.

    Returns
    -------
    ndarray, shape (n, n_pixels), float32
        Between -1 (a line to zero flux) and 1: a sky line left in counts no more than that.
    """
    flux = np.asarray(flux, dtype=np.float32)
    matrix = smoothing(flux.shape[1], scale)
    means = flux.reshape(len(flux), -1, BLOCK).mean(axis=2)
    continuum = np.maximum(means @ matrix, FLOOR / flux.shape[1] ** 0.5)
    return np.clip(flux / continuum - 1, -1, 1)


def line_means(found: np.ndarray) -> np.ndarray:
    """Return the means of `LINE_PIXELS` pixels of lines, between `LINES_BETWEEN`.

    Parameters
    ----------
    found : ndarray, shape (n, n_pixels)
        What `lines` gives of spectra on the packed grid, or its first pixels.

    Returns
    -------
    ndarray, shape (n, P), float64
    """
    low, high = np.searchsorted(wavelength_grid()[: found.shape[1]], LINES_BETWEEN)
    high = low + (high - low) // LINE_PIXELS * LINE_PIXELS
    kept = np.asarray(found[:, low:high], dtype=np.float64)
    return kept.reshape(len(found), -1, LINE_PIXELS).mean(axis=2)


def colours(flux: np.ndarray) -> np.ndarray:
    """Return the means of `BLOCK` pixels in units of the r.m.s. pixel: the spectrum's colours.

    Parameters
    ----------
    flux : ndarray, shape (n, n_pixels)
        As in `lines`.

    Returns
    -------
    ndarray, shape (n, n_pixels / BLOCK), float32
    """
    flux = np.asarray(flux, dtype=np.float32)
    means = flux.reshape(len(flux), -1, BLOCK).mean(axis=2)
    return means * np.float32(flux.shape[1] ** 0.5)


@lru_cache(maxsize=4)
def smoothing(n_pixels: int, scale: float) -> np.ndarray:
    """Return the matrix from means of `BLOCK` pixels to the pseudo-continuum.

    At each pixel the value of the straight line that fits the means best, weighted by a Gaussian
    of their distance: exact on a straight continuum up to the ends of the spectrum.

    Parameters
    ----------
    n_pixels : int
        A multiple of `BLOCK`.
    scale : float
        Standard deviation of the weights, pixels.

    Returns
    -------
    ndarray, shape (n_pixels / BLOCK, n_pixels), float32
        Not to be written to.

    Raises
    ------
    ValueError
        If the pixels are not whole blocks.
    """
    if n_pixels % BLOCK:
        raise ValueError(f"{n_pixels} pixels are not whole blocks of {BLOCK}")
    node = (np.arange(n_pixels // BLOCK) + 0.5) * BLOCK - 0.5
    distance = node[:, None] - np.arange(n_pixels)
    weight = np.exp(-0.5 * (distance / scale) ** 2)
    weight /= weight.sum(axis=0)
    mean = (weight * distance).sum(axis=0)
    variance = (weight * distance**2).sum(axis=0) - mean**2
    matrix = (weight * (1 - mean * (distance - mean) / variance)).astype(np.float32)
    matrix.setflags(write=False)
    return matrix
