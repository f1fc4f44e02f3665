"""Where LCGAN starts: what is measured of the training spectra for its first weights.

Adversarial training of a few thousand steps of RMSprop at 1e-4 moves weights by a few tenths. From
random weights it does not find how O stars' continua vary (docs/lcgan.md has the figures); so the
generator starts with their mean square shapes and their noise; and where `line_modes` are asked
for, with lines that vary as theirs do.
"""

import numpy as np

from lcgan.spectra.continuum import LINE_SCALE, line_means, lines
from lcgan.spectra.pixel_noise import NOTHING, running_variance, typical

#: Pixels over which a continuum's values are averaged (r.m.s. width of a Gaussian): 29 Å at 4500 Å.
SMOOTH = 30.0
#: Continua below this share of the r.m.s. pixel count as that.
FLOOR = 0.05
#: Skewness that a quadratic term can follow.
MOST_SKEWED = 1.5
#: Smoothing of what lines are changed by, pixels (r.m.s. width).
FINE = 1.0
#: Smoothing that takes jags out of a median, pixels (r.m.s. width): of noise it leaves 0.03 (0.26
#: without) and is 0.7 % (r.m.s.) off the median; 2 would leave 1 %, and be 0.8 % off.
JAGS = 1.3


def modes(flux: np.ndarray, at: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the n principal components of the spectra's continua, of their logarithms.

    Extinction, calibration and temperature multiply, so that few components hold them.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        Training spectra of unit 2-norm.
    at : ndarray, shape (K,)
        The pixels at which they are wanted.
    n : int

    Returns
    -------
    modes : ndarray, shape (n, K)
        Sums of them with weights of N(0, 1) have the covariance of ln(continuum); zeros where
        there are fewer spectra or pixels than components.
    bends : ndarray, shape (n,)
        Weights w + bend w² have the spectra's skewness, which is 6 bends where it is small.
    """
    from scipy.ndimage import gaussian_filter1d
    from scipy.stats import skew

    smooth = gaussian_filter1d(flux.astype(np.float64), SMOOTH, axis=1, mode="nearest")[:, at]
    logs = np.log(np.maximum(smooth, FLOOR / np.sqrt(flux.shape[1])))
    places, spread, axes = np.linalg.svd(logs - logs.mean(axis=0), full_matrices=False)
    found = spread[:n, None] * axes[:n] / np.sqrt(len(flux))
    skewed = np.clip(skew(places[:, :n], axis=0), -MOST_SKEWED, MOST_SKEWED) / 6
    fewer = n - len(found)
    return np.pad(found, ((0, fewer), (0, 0))), np.pad(skewed, (0, fewer))


def typical_spectrum(flux: np.ndarray) -> np.ndarray:
    """Return the median of the spectra's lines on the smooth median of all else.

    The median of every pixel is another spectrum's flux at one pixel and the next, where spectra
    differ by more than their noise: it is as jagged as 0.3 to 0.8 of that noise, and what has it
    for its middle has this as a fixed pattern. Lines over the continuum differ by little but noise.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        Spectra of unit 2-norm.

    Returns
    -------
    ndarray, shape (L,)
    """
    from scipy.ndimage import gaussian_filter1d

    found = 1 + np.median(lines(flux, LINE_SCALE), axis=0).astype(np.float64)
    return found * gaussian_filter1d(np.median(flux, axis=0) / found, JAGS, mode="nearest")


def line_modes(flux: np.ndarray, n: int) -> np.ndarray:
    """Return the n principal components of the spectra's lines, over their continua.

    Components are those of `line_means`, where noisy spectra weigh less; what each does to every
    pixel is then fitted by least squares.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        Training spectra of unit 2-norm, on the packed grid.
    n : int

    Returns
    -------
    ndarray, shape (n, L)
        Sums of them with weights of N(0, 1) have the covariance of flux over continuum; zeros where
        there are fewer spectra than components.
    """
    from scipy.ndimage import gaussian_filter1d

    found = lines(flux, LINE_SCALE).astype(np.float64)
    level = np.sqrt(np.median(running_variance(flux), axis=1))
    weight = np.minimum(np.median(level) / np.maximum(level, NOTHING), 1.0)[:, None]
    found -= np.average(found, axis=0, weights=weight[:, 0] ** 2)
    means = line_means(found)
    axes = np.linalg.svd(means * weight, full_matrices=False)[2][: min(n, len(flux) - 1)]
    places = means @ axes.T
    places /= np.maximum(np.sqrt(np.average(places**2, axis=0, weights=weight[:, 0] ** 2)), NOTHING)
    fitted = np.linalg.lstsq(places * weight, found * weight, rcond=None)[0]
    fitted = gaussian_filter1d(fitted, FINE, axis=1, mode="nearest")
    return np.pad(fitted, ((0, n - len(fitted)), (0, 0)))


def noise_level(flux: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the typical noise from pixel to pixel, and how it scatters between spectra.

    Parameters
    ----------
    flux : ndarray, shape (N, L)

    Returns
    -------
    level : ndarray, shape (L,)
        Standard deviation, in the spectra's unit.
    scatter : float
        Of the logarithm of the noise, over spectra: half of the 16 to 84 % range.
    """
    variance = running_variance(flux)
    own = 0.5 * np.log(np.maximum(np.median(variance, axis=1), NOTHING))
    low, high = np.percentile(own, (16, 84))
    return np.sqrt(typical(variance)), float(high - low) / 2
