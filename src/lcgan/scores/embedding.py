"""A spectrum as a few numbers that say how O stars differ: fitted on real ones, then frozen.

Distances between raw spectra are distances between their noise and their extinction. Here a
spectrum is told by its continuum, by its lines, by how noisy it is, and by what neither explains:

- continuum: principal components of the logarithm of the means of 20 pixels. Extinction, flux
  calibration and temperature are smooth and multiply, so that few components hold them.
- lines: principal components of the spectrum over its pseudo-continuum, between the wavelengths
  of Hε's blue side and Hα's red one, means of 4 pixels. Noisy spectra weigh less in the fit, so
  that the components are lines and no noise.
- noise: the logarithm of the noise from pixel to pixel, of the blue and the red half.
- rest: the logarithm of what the components leave of continuum and lines, in units of the noise.
  A mean spectrum projects where real ones lie, and white noise projects near their middle; the
  noise and the rest are what tell them.

Components are fitted on Data set 1's O spectra alone. Real F spectra are not used: what O stars do
not have shows in the rest. Each number is divided by its spread over these spectra (half of the
16 to 84 % range, which a few bad spectra do not move) and bent beyond `BENT` spreads, so that one
spectrum far off cannot make a Fréchet or kernel distance by itself. Dividing by the spread
(whitening) is safe for the few components kept: each holds more than the noise does. With more
of them, real spectra of the training stars are told from Data set 1 by noise: density fell from
0.93 with 3 + 5 to 0.87 with 4 + 8 and 0.56 with 6 + 20, where F spectra and white noise had 0.02
or less in all three.
"""

from dataclasses import dataclass

import numpy as np

from lcgan.spectra.continuum import LINE_SCALE, colours, line_means, lines
from lcgan.spectra.pixel_noise import running_variance

#: Principal components kept of the continuum and of the lines.
N_CONTINUUM, N_LINES = 3, 5
#: Means of 20 pixels below this share of the spectrum's r.m.s. pixel count as that.
FLOOR = 0.05
#: Spreads beyond which numbers grow as a logarithm only.
BENT = 5.0


@dataclass(frozen=True)
class Components:
    """A mean and principal components of it: shapes (P,) and (D, P)."""

    mean: np.ndarray
    axes: np.ndarray

    def project(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return places, shape (N, D), and what they leave, r.m.s., shape (N,), of N × P values."""
        apart = values - self.mean
        places = apart @ self.axes.T
        left = np.einsum("ij,ij->i", apart, apart) - np.einsum("ij,ij->i", places, places)
        return places, np.sqrt(np.maximum(left, 0) / len(self.mean))


@dataclass(frozen=True)
class Embedding:
    """What `fit` found; it does not change."""

    continuum: Components
    lines: Components
    middle: np.ndarray
    spread: np.ndarray

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        """Return places of N spectra of unit 2-norm, shape (N, 3700), as (N, D)."""
        return bend((_numbers(flux, self.continuum, self.lines) - self.middle) / self.spread)


def bend(places: np.ndarray) -> np.ndarray:
    """Return numbers as they are up to `BENT` spreads, beyond it growing as a logarithm."""
    far = np.abs(places)
    bent = BENT * (1 + np.log(np.maximum(far, BENT) / BENT))
    return np.sign(places) * np.minimum(far, bent)


def fit(flux: np.ndarray) -> Embedding:
    """Fit the embedding on real O spectra of unit 2-norm, shape (N, 3700).

    Nothing is drawn: the same spectra give the same embedding, but for the sign of a component,
    which is fixed.
    """
    weight = 1 / np.exp(_noise(flux).mean(axis=1))
    weight = np.minimum(weight / np.median(weight), 1.0)
    continuum = _components(_continuum(flux), weight, N_CONTINUUM)
    found = _components(_lines(flux), weight, N_LINES)
    numbers = _numbers(flux, continuum, found)
    low, middle, high = np.percentile(numbers, [16, 50, 84], axis=0)
    return Embedding(continuum, found, middle, np.maximum((high - low) / 2, 1e-9))


def _components(values: np.ndarray, weight: np.ndarray, n: int) -> Components:
    """Return the first n principal components of N spectra that weigh differently."""
    mean = np.average(values, axis=0, weights=weight**2)
    _, _, axes = np.linalg.svd((values - mean) * weight[:, None], full_matrices=False)
    axes = axes[: min(n, len(values) - 1)]
    largest = np.abs(axes).argmax(axis=1)
    return Components(mean, axes * np.sign(axes[np.arange(len(axes)), largest])[:, None])


def _numbers(flux: np.ndarray, continuum: Components, found: Components) -> np.ndarray:
    """Return the numbers that tell a spectrum, not yet divided by their spread, shape (N, D)."""
    noise = _noise(flux)
    smooth, smooth_left = continuum.project(_continuum(flux))
    narrow, narrow_left = found.project(_lines(flux))
    left = np.log(np.stack([smooth_left, narrow_left], axis=1) + 1e-6)
    return np.hstack([smooth, narrow, noise, left - noise.mean(axis=1, keepdims=True)])


def _continuum(flux: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(colours(flux).astype(np.float64), FLOOR))


def _lines(flux: np.ndarray) -> np.ndarray:
    return line_means(lines(flux, LINE_SCALE))


def _noise(flux: np.ndarray) -> np.ndarray:
    """Return ln of the noise of the blue and of the red half, in r.m.s. pixels, shape (N, 2)."""
    flux = np.asarray(flux, dtype=np.float64)
    variance = running_variance(flux) * flux.shape[1]
    halves = np.array_split(variance, 2, axis=1)
    return 0.5 * np.log(np.stack([np.median(half, axis=1) for half in halves], axis=1) + 1e-12)
