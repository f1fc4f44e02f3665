"""Onto the packed grid: flux density kept, inverse variance propagated, bad pixels filled."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from lcgan.spectra.grid import LOG10_STEP, N_PIXELS, wavelength_grid

#: An output pixel is masked if less than this part of it is covered by good input pixels.
MIN_COVERED = 0.5
#: Good pixels whose median fills a missing end, so that one noisy pixel does not.
N_END = 50
#: Input grids coarser than this many output pixels are interpolated instead of rebinned.
COARSE = 1.5
FLOAT32 = np.finfo(np.float32)
#: Inverse variances below this have no finite variance.
SMALLEST = np.finfo(np.float64).tiny


@dataclass(frozen=True, slots=True)
class Resampled:
    """A spectrum on the grid of `lcgan.spectra.grid`.

    Attributes
    ----------
    flux : ndarray, shape (3700,), float32
        Flux density in the input's unit, masked pixels interpolated; infinite where float32 has
        no room for it.
    ivar : ndarray, shape (3700,), float32
        Inverse variance; 0 in masked pixels, and only there: what float32 has no room for becomes
        its greatest or smallest.
    mask : ndarray, shape (3700,), bool
        True where no good input pixel stands behind the flux.
    """

    flux: np.ndarray
    ivar: np.ndarray
    mask: np.ndarray


def resample(
    wavelength: np.ndarray,
    flux: np.ndarray,
    ivar: np.ndarray | None = None,
    bad: np.ndarray | None = None,
) -> Resampled:
    """Put a spectrum onto the packed grid.

    An output pixel's flux is the mean of the good input pixels it overlaps, weighted by overlap
    in log wavelength: a constant flux stays constant, and on the same grid nothing changes. Its
    variance is that of the weighted mean; the (small) covariance of neighbours is not kept.
    Where less than half of a pixel is covered by good ones it is masked and filled: linearly
    between good pixels, with the median of the nearest 50 at the ends.

    Parameters
    ----------
    wavelength : ndarray, shape (N,)
        Vacuum Å, ascending, any spacing.
    flux, ivar : ndarray, shape (N,)
        Flux density and its inverse variance; without `ivar`, 1 everywhere.
    bad : ndarray, shape (N,), bool
        Pixels not to use; non-finite ones and those without inverse variance never are.

    Raises
    ------
    ValueError
        If the wavelengths do not ascend, shapes differ, or no good pixel lies on the grid.
    """
    wavelength = np.asarray(wavelength, dtype=np.float64)
    flux = np.asarray(flux, dtype=np.float64)
    ivar = np.ones_like(flux) if ivar is None else np.asarray(ivar, dtype=np.float64)
    good = np.isfinite(flux) & np.isfinite(ivar) & (ivar >= SMALLEST)
    if bad is not None:
        good &= ~np.asarray(bad, dtype=bool)
    if not wavelength.shape == flux.shape == ivar.shape or wavelength.ndim != 1 or len(flux) < 2:
        raise ValueError("wavelength, flux and ivar are not equally long vectors")
    grid = _log10_grid(wavelength.tobytes())
    if grid.coarse:
        log10, flux, ivar, good = _refined(grid.log10, flux, ivar, good)
        grid = _Grid(log10)
    covered, total, variance = _rebin(grid, flux, ivar, good)
    mask = ~(covered >= MIN_COVERED)
    if mask.all():
        raise ValueError("no usable pixel between 3700 and 8671 Å")
    weight = np.where(mask, 1.0, covered)
    with np.errstate(over="ignore", under="ignore"):
        ivar = (weight**2 / np.where(mask, 1.0, variance)).clip(FLOAT32.tiny, FLOAT32.max)
        flux = _filled(total / weight, mask).astype(np.float32)
    return Resampled(flux, np.where(mask, 0.0, ivar).astype(np.float32), mask)


@lru_cache(maxsize=1)
def _output_edges() -> np.ndarray:
    """Return log10 of the edges of the output pixels, shape (3701,)."""
    first = np.log10(wavelength_grid()[0])
    return first + LOG10_STEP * (np.arange(N_PIXELS + 1) - 0.5)


class _Grid:
    """Which pixels of an input grid each output pixel overlaps, and by how much.

    Parameters
    ----------
    log10 : ndarray, shape (N,)
        Of the input's wavelengths.

    Attributes
    ----------
    coarse : bool
        Whether to interpolate instead of rebin.
    overlaps : list of (pixel, overlap)
        Two arrays of shape (3700,) each: the number of an input pixel and its overlap in units of
        an output pixel, 0 beyond the input's ends. As many as an output pixel overlaps at most.
    """

    def __init__(self, log10: np.ndarray):
        self.log10 = log10
        self.coarse = bool(np.median(np.diff(log10)) > COARSE * LOG10_STEP)
        middle = (log10[1:] + log10[:-1]) / 2
        edges = np.concatenate([[2 * log10[0] - middle[0]], middle, [2 * log10[-1] - middle[-1]]])
        low, high = _output_edges()[:-1], _output_edges()[1:]
        begin = np.searchsorted(edges, low, side="right") - 1
        end = np.searchsorted(edges, high, side="left")
        self.overlaps = []
        for offset in range(int((end - begin).max())):
            pixel = begin + offset
            inside = (pixel >= 0) & (pixel < len(log10))
            pixel = np.where(inside, pixel, 0)
            overlap = np.minimum(high, edges[pixel + 1]) - np.maximum(low, edges[pixel])
            self.overlaps.append((pixel, np.where(inside, overlap.clip(0), 0.0) / LOG10_STEP))


@lru_cache(maxsize=16)
def _log10_grid(wavelength: bytes) -> _Grid:
    """Return the grid of the wavelengths in these bytes: few grids serve most files of a survey.

    Raises
    ------
    ValueError
        If the wavelengths do not ascend.
    """
    values = np.frombuffer(wavelength)
    if not (values[0] > 0 and (np.diff(values) > 0).all()):
        raise ValueError("the wavelengths do not ascend")
    return _Grid(np.log10(values))


def _rebin(
    grid: _Grid, flux: np.ndarray, ivar: np.ndarray, good: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Sum over good input pixels: overlap, overlap × flux and overlap² × variance.

    Overlaps are in units of an output pixel; each result has shape (3700,).
    """
    flux = np.where(good, flux, 0.0)
    variance = np.where(good, 1 / np.where(good, ivar, 1.0), 0.0)
    sums = np.zeros((3, N_PIXELS))
    for pixel, overlap in grid.overlaps:
        overlap = np.where(good[pixel], overlap, 0.0)
        sums[0] += overlap
        sums[1] += overlap * flux[pixel]
        sums[2] += overlap**2 * variance[pixel]
    return sums[0], sums[1], sums[2]


def _refined(
    log10: np.ndarray, flux: np.ndarray, ivar: np.ndarray, good: np.ndarray
) -> tuple[np.ndarray, ...]:
    """Interpolate a coarser grid linearly to the output pixels that it covers."""
    fine = (_output_edges()[:-1] + _output_edges()[1:]) / 2
    fine = fine[(fine >= log10[0]) & (fine <= log10[-1])]
    if len(fine) < 2 or not good.any():
        raise ValueError("no usable pixel between 3700 and 8671 Å")
    nearest = np.searchsorted((log10[1:] + log10[:-1]) / 2, fine)
    fine_flux = np.interp(fine, log10[good], flux[good])
    return fine, fine_flux, ivar[nearest], good[nearest]


def _filled(flux: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return the flux with masked pixels interpolated from the others."""
    if not mask.any():
        return flux
    good = np.flatnonzero(~mask)
    left = np.median(flux[good[:N_END]]) if mask[0] else None
    right = np.median(flux[good[-N_END:]]) if mask[-1] else None
    filling = np.interp(np.flatnonzero(mask), good, flux[good], left=left, right=right)
    filled = flux.copy()
    filled[mask] = filling
    return filled
