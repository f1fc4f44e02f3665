"""Noise from pixel to pixel, where no inverse variance tells it, and the typical one of many."""

import numpy as np

#: Pixels over which the variance runs: some fifty Å.
RUNNING = 51
#: Share of the spectra left out on either side where a typical one is asked for.
TRIMMED = 0.2
#: Variances below this are none: stretches without data, which were interpolated.
NOTHING = 1e-15


def running_variance(flux: np.ndarray) -> np.ndarray:
    """Return the variance of the noise from pixel to pixel along each spectrum.

    The second difference of neighbouring pixels, (F₋ - 2 F + F₊) / √6, has the noise's variance
    where noise is independent and the spectrum straight over three pixels (Stoehr et al. 2008,
    ASPC 394, 505); its square is averaged over `RUNNING` pixels, or over all where they are fewer.

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
    width = min(RUNNING, flux.shape[1])
    return np.maximum(uniform_filter1d(square, width, axis=1, mode="nearest"), 0)


def typical(power: np.ndarray) -> np.ndarray:
    """Return the typical power over spectra, shape (N, ...) to (...).

    The mean of the logarithm over the middle 60 % of spectra: noise differs by powers of ten
    between spectra, so that a mean would be that of the two or three noisiest.
    """
    from scipy.stats import trim_mean

    return np.exp(trim_mean(np.log(np.maximum(power, NOTHING)), TRIMMED, axis=0))
