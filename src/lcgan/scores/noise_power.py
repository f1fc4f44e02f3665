"""Noise from pixel to pixel: its power by frequency and along the spectrum, against real noise."""

import numpy as np

from lcgan.spectra.continuum import BLOCK, smoothing
from lcgan.spectra.pixel_noise import typical

#: Edges of the frequency bands, cycles per pixel: lines of an O star are 10 pixels and wider, so
#: that beyond 0.1 there is noise alone; 0.5 is the highest that pixels can hold.
BANDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
#: Width of the smoothed spectrum that is subtracted first, pixels (standard deviation).
SMOOTH = 30.0


def band_power(flux: np.ndarray) -> np.ndarray:
    """Return the power of each spectrum, less a smoothed one, by band of frequency.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        Of unit 2-norm (eq. 1).

    Returns
    -------
    ndarray, shape (N, 6)
        Mean power per frequency in units of what white noise of the spectrum's own mean square
        has: white noise has 1 in every band.
    """
    flux = np.asarray(flux, dtype=np.float64)
    means = flux.reshape(len(flux), -1, BLOCK).mean(axis=2)
    rest = flux - means @ smoothing(flux.shape[1], SMOOTH)
    power = np.abs(np.fft.rfft(rest, axis=1)) ** 2  # of unit norm: 1 at every frequency if white
    frequency = np.fft.rfftfreq(flux.shape[1])
    edges = zip(BANDS[:-1], BANDS[1:], strict=True)
    inside = [(low < frequency) & (frequency <= high) for low, high in edges]
    return np.stack([power[:, one].mean(axis=1) for one in inside], axis=1)


def greatest_ratio(power: np.ndarray, real: np.ndarray) -> float:
    """Return the factor by which typical power differs most from the real's, over bands; 1 or more.

    Parameters
    ----------
    power, real : ndarray, shape (N, B) and (M, B)
    """
    return float(np.exp(np.abs(np.log(typical(power) / typical(real))).max()))
