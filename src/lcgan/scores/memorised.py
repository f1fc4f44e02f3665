"""What a generator would make that knows its training spectra by heart, and hides it."""

import numpy as np

from lcgan.spectra.pixel_noise import running_variance
from lcgan.spectra.standardise import standardise

#: Smoothing that takes a spectrum's own noise out and leaves its lines, pixels (r.m.s. width of a
#: Gaussian): 190 km/s, about LAMOST's resolution.
SMOOTHED = 3.0


def memorised(flux: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return training spectra, smoothed, each with fresh noise of its own level.

    A copy lies on its original, and authenticity tells it. This one lies as far from it as noise
    brings another observation of the same star.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        Spectra of unit 2-norm; the same one more often than once gets other noise each time.
    rng : Generator

    Returns
    -------
    ndarray, shape (N, L), float32
        Of unit 2-norm.
    """
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(np.asarray(flux, np.float64), SMOOTHED, axis=1, mode="nearest")
    noise = np.sqrt(running_variance(flux)) * rng.standard_normal(flux.shape)
    return standardise(smooth + noise).astype(np.float32)
