"""Noise from pixel to pixel: its power by frequency and along the spectrum, against real noise."""

import numpy as np

from lcgan.spectra.continuum import BLOCK, smoothing

#: Edges of the frequency bands, cycles per pixel: lines of an O star are 10 pixels and wider, so
#: that beyond 0.1 there is noise alone; 0.5 is the highest that pixels can hold.
BANDS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
#: Width of the smoothed spectrum that is subtracted first, pixels (standard deviation).
SMOOTH = 30.0
#: Pixels over which the variance runs: some fifty Å.
RUNNING = 51
#: Share of the spectra left out on either side where a typical one is asked for.
TRIMMED = 0.2
#: Variances below this are none: stretches without data, which were interpolated.
NOTHING = 1e-15


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


def running_variance(flux: np.ndarray) -> np.ndarray:
    """Return the variance of the noise from pixel to pixel along each spectrum.

    The second difference of neighbouring pixels, (F₋ - 2 F + F₊) / √6, has the noise's variance
    where noise is independent and the spectrum straight over three pixels (Stoehr et al. 2008,
    ASPC 394, 505); its square is averaged over `RUNNING` pixels.

    Parameters
    ----------
    flux : ndarray, shape (N, L)

    Returns
    -------
    ndarray, shape (N, L)
        In the square of the flux's unit.
    """
    from scipy.ndimage import uniform_filter1d

    flux = np.asarray(flux, dtype=np.float64)
    second = flux[:, :-2] - 2 * flux[:, 1:-1] + flux[:, 2:]
    square = np.pad(second**2 / 6, ((0, 0), (1, 1)), mode="edge")
    return np.maximum(uniform_filter1d(square, RUNNING, axis=1, mode="nearest"), 0)


def typical(power: np.ndarray) -> np.ndarray:
    """Return the typical power over spectra, shape (N, ...) to (...).

    The mean of the logarithm over the middle 60 % of spectra: noise differs by powers of ten
    between spectra, so that a mean would be that of the two or three noisiest.
    """
    from scipy.stats import trim_mean

    return np.exp(trim_mean(np.log(np.maximum(power, NOTHING)), TRIMMED, axis=0))


def greatest_ratio(power: np.ndarray, real: np.ndarray) -> float:
    """Return the factor by which typical power differs most from the real's, over bands; 1 or more.

    Parameters
    ----------
    power, real : ndarray, shape (N, B) and (M, B)
    """
    return float(np.exp(np.abs(np.log(typical(power) / typical(real))).max()))
