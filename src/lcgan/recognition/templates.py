"""A baseline without a network: χ² against the training stars, any brightness, any dust."""

from collections.abc import Sequence

import numpy as np

from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise
from lcgan.stars.extinction import transmission

#: Changes of E(B-V) that are tried between a template and a spectrum, mag.
REDDENING = np.round(np.arange(-0.8, 1.21, 0.1), 1)
#: A(V) / E(B-V), the diffuse Galactic mean.
R_V = 3.1
#: Spectra matched together: 512 rows of all products fit the memory.
BLOCK = 512


class Templates:
    """One template per training star: its spectra's mean, weighted by the inverse variance.

    Attributes
    ----------
    flux : ndarray, shape (T, 3700) float32
        Standardised.
    classes : ndarray of int, shape (T,)
    """

    def __init__(
        self, flux: np.ndarray, ivar: np.ndarray, classes: np.ndarray, stars: Sequence[str]
    ):
        norm = np.linalg.norm(flux, axis=1, keepdims=True)
        weight = ivar * norm**2
        found, own = [], []
        stars = np.asarray(stars, dtype=object)
        for number, star in sorted(set(zip(classes.tolist(), stars, strict=True))):
            of = (classes == number) & (stars == star)
            total = weight[of].sum(axis=0)
            mean = (flux[of] / norm[of]).mean(axis=0)  # where no pixel has data
            best = (weight[of] * flux[of] / norm[of]).sum(axis=0) / np.where(total > 0, total, 1)
            found.append(np.where(total > 0, best, mean))
            own.append(number)
        self.flux, self.classes = standardise(np.stack(found)), np.array(own)

    def chi_squared(self, flux: np.ndarray, ivar: np.ndarray, n_classes: int) -> np.ndarray:
        """Return each class's least χ² per pixel with data, shape (n, n_classes).

        Parameters
        ----------
        flux, ivar : ndarray, shape (n, 3700)
            In any unit and its inverse square; ivar 0 marks pixels without data.
        n_classes : int

        Notes
        -----
        χ² = Σ w (f - a m)² with m = t 10^(-0.4 A(λ)), t the template; the scale a is solved for,
        ΔE(B-V) is the best of `REDDENING`. Spectra and templates are both at observed
        wavelengths: their velocities are below a pixel (69 km/s) for most.
        """
        dust = transmission(wavelength_grid(), REDDENING, R_V)
        models = (self.flux[:, None] * dust).reshape(-1, flux.shape[1]).astype(np.float32)
        norm = np.linalg.norm(flux, axis=1, keepdims=True)
        flux, weight = flux / norm, ivar * norm**2
        best = np.empty((len(flux), n_classes))
        for first in range(0, len(flux), BLOCK):
            rows = slice(first, first + BLOCK)
            best[rows] = self._least(flux[rows], weight[rows], models, n_classes)
        return best

    def _least(
        self, flux: np.ndarray, weight: np.ndarray, models: np.ndarray, n_classes: int
    ) -> np.ndarray:
        """Return each class's least χ² per pixel of some spectra."""
        # weights of order one, so that float32 sums keep their digits
        scale = np.maximum(weight.mean(axis=1, keepdims=True), 1e-30)
        weight = (weight / scale).astype(np.float32)
        product = (weight * flux.astype(np.float32)) @ models.T
        square = np.maximum(weight @ (models**2).T, 1e-12)
        whole = (weight.astype(float) * flux**2).sum(axis=1, keepdims=True)
        # a star is not turned over to fit: a scale below 0 is none
        chi2 = whole - np.maximum(product, 0.0).astype(float) ** 2 / square
        chi2 *= scale / np.maximum((weight > 0).sum(axis=1, keepdims=True), 1)
        chi2 = chi2.reshape(len(flux), len(self.flux), -1).min(axis=2)
        none = np.full(len(flux), np.inf)
        of = [chi2[:, self.classes == i] for i in range(n_classes)]
        return np.stack([one.min(axis=1) if one.size else none for one in of], axis=1)


def as_probability(chi2: np.ndarray, number: int) -> np.ndarray:
    """Return how much less a class's χ² is than the best other's, from 0 to 1; 0.5: as good.

    Parameters
    ----------
    chi2 : ndarray, shape (n, n_classes)
    number : int
        The class.

    Notes
    -----
    χ²(others) / (χ²(class) + χ²(others)). It ranks spectra; it is no probability: templates differ
    from any star by more than the noise.
    """
    others = np.delete(chi2, number, axis=1).min(axis=1)
    return others / (chi2[:, number] + others)
