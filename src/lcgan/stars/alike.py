"""Real spectra beside their most alike library stars: what differs is how they were observed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lcgan.spectra.grid import wavelength_grid
from lcgan.stars import instrument
from lcgan.stars.star import Star
from lcgan.stars.wavelength import SPEED_OF_LIGHT

#: Pixels whose median is one node of a continuum.
BLOCK = 100
#: Where lines are compared, vacuum Å: without the arms' join, [O I] and the Earth's bands.
COMPARED = ((4000.0, 5560.0), (5950.0, 6240.0), (6340.0, 6850.0))


@dataclass(frozen=True)
class Alike:
    """N real spectra on the packed grid, with the library star most alike to each.

    Attributes
    ----------
    flux, ivar : ndarray, shape (N, 3700)
    mask : ndarray of bool, shape (N, 3700)
    class_, plate : ndarray of str, shape (N,)
        The header's class letter, and the plan that the spectrum was taken in.
    snr, velocity : ndarray, shape (N,)
        S/N in g; km/s, from the header's Z.
    model : ndarray, shape (N, 3700)
        The library star at LAMOST's resolution and the spectrum's velocity.
    smooth : ndarray, shape (N, 3700)
        The continuum of flux / model.
    """

    flux: np.ndarray
    ivar: np.ndarray
    mask: np.ndarray
    class_: np.ndarray
    plate: np.ndarray
    snr: np.ndarray
    velocity: np.ndarray
    model: np.ndarray
    smooth: np.ndarray

    def take(self, rows: np.ndarray) -> "Alike":
        """Return these rows, by number or as a mask."""
        return Alike(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    @property
    def excess(self) -> np.ndarray:
        """Flux / (model × smooth) - 1, NaN where masked, shape (N, 3700)."""
        return np.where(self.mask, np.nan, self.flux / (self.model * self.smooth) - 1)

    @property
    def in_sigma(self) -> np.ndarray:
        """The same in units of the stated error 1/√ivar, shape (N, 3700)."""
        return self.excess * self.model * self.smooth * np.sqrt(self.ivar)


def continuum(flux: np.ndarray) -> np.ndarray:
    """Return a curve through the medians of blocks of 100 pixels, shape as `flux` (N, L)."""
    from scipy.interpolate import PchipInterpolator

    n_blocks = flux.shape[1] // BLOCK
    node = (np.arange(n_blocks) + 0.5) * BLOCK
    value = np.median(flux[:, : n_blocks * BLOCK].reshape(len(flux), n_blocks, BLOCK), axis=2)
    node = np.concatenate([[0], node, [flux.shape[1] - 1]])
    value = np.concatenate([value[:, :1], value, value[:, -1:]], axis=1)
    return PchipInterpolator(node, value, axis=1)(np.arange(flux.shape[1]))


def floored(smooth: np.ndarray, flux: np.ndarray) -> np.ndarray:
    """Keep a continuum above 2 % of the spectrum's median, so that a quotient means something."""
    return np.maximum(smooth, 0.02 * np.abs(np.median(flux, axis=1, keepdims=True)))


def beside(real: Mapping[str, np.ndarray], stars: Sequence[Star], blue: float, red: float) -> Alike:
    """Find each real spectrum's most alike star, by the correlation of their lines.

    Parameters
    ----------
    real : mapping
        flux, ivar, mask of shape (N, 3700); class_, plate, snr, velocity of shape (N,).
    stars : sequence of Star
    blue, red : float
        LAMOST's resolution in each arm, FWHM, Å.
    """
    grid, fine = wavelength_grid(), instrument.fine_wavelength()
    fwhm = instrument.resolution(fine, blue, red)
    blurred = np.array([instrument.blur(star.flux, fwhm, star.fwhm) for star in stars])
    library = _lines(np.array([np.interp(grid, fine, row) for row in blurred]))
    stretch = 1 + real["velocity"] / SPEED_OF_LIGHT
    rows = zip(real["flux"], stretch, strict=True)
    at_rest = _lines(np.array([np.interp(grid * s, grid, row) for row, s in rows]))
    best = (at_rest @ library.T).argmax(axis=1)
    model = np.array(
        [np.interp(grid, fine * s, blurred[j]) for j, s in zip(best, stretch, strict=True)]
    )
    ratio = real["flux"] / model
    return Alike(**real, model=model, smooth=floored(continuum(ratio), ratio))


def _lines(flux: np.ndarray) -> np.ndarray:
    """Return the lines over COMPARED with mean 0 and norm 1, shape (N, n_compared)."""
    grid = wavelength_grid()
    inside = np.any([(grid > low) & (grid < high) for low, high in COMPARED], axis=0)
    lines = (flux / floored(continuum(flux), flux)).clip(-1, 3)[:, inside]
    lines -= lines.mean(axis=1, keepdims=True)
    return lines / np.linalg.norm(lines, axis=1, keepdims=True)


def spread(values: np.ndarray, axis: int | None = None) -> np.ndarray:
    """Return half the distance from the 16th to the 84th percentile: σ without the outliers."""
    low, high = np.nanpercentile(values, [15.87, 84.13], axis=axis)
    return (high - low) / 2
