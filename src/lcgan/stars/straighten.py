"""STELIB's wavelengths, put right star by star.

Its lines lie up to an Å off where they should at rest, differently from star to star and more so
in the blue. Averages of many MaStar spectra (Yan et al. 2019, ApJ 883, 175), which the same wheel
carries, are the ruler.
"""

from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.stars.instrument import COEFF0, COEFF1, MARGIN, OVERSAMPLING, fine_wavelength
from lcgan.stars.star import PACKAGE
from lcgan.stars.stelib import package_files

PREFIX, SUFFIX = "MaStarHC_", ".fits.gz"
#: The library's v2; v1 has files of the same names.
FOLDER = "mastarhc_v2"
#: Pixels per window, within which one shift is measured; windows overlap by half.
WINDOW = 300
#: Largest shift looked for, pixels of 69 km/s; more is no fault of the wavelengths.
REACH = 3
#: Pixels of the running mean that takes the continuum away.
SMOOTHING = 101
#: Correlation with the best ruler below which a window says nothing.
MIN_CORRELATION = 0.85
#: Largest shift believed, pixels.
LARGEST = 1.5
#: Degree of the curve of shift over log wavelength.
DEGREE = 3


def averages() -> np.ndarray:
    """Return the MaStar averages on the fine grid, shape (n_rulers, n_fine), named by `names`."""
    from astropy.io import fits
    from scipy.interpolate import CubicSpline

    fine, found = np.log10(fine_wavelength()), []
    for path in _files():
        with fits.open(path) as hdus:
            flux, header = np.asarray(hdus[0].data, dtype=np.float64), hdus[0].header
            at = header["CRVAL1"] + header["CDELT1"] * np.arange(flux.size)
        found.append(CubicSpline(at, flux)(fine))
    spectra = np.maximum(np.array(found), 1e-3)
    inside = (fine > np.log10(5000)) & (fine < np.log10(5500))
    return spectra / np.median(spectra[:, inside], axis=1, keepdims=True)


def names() -> list[str]:
    """Return the averages' names, such as MaStarHC_05, in the order of `averages`."""
    return [path.name.removesuffix(SUFFIX) for path in _files()]


def _files() -> list[Path]:
    found = [path for path in package_files(PREFIX, SUFFIX) if path.parent.name == FOLDER]
    if not found:
        raise UserError(f"{PACKAGE}: carries no MaStarHC v2; install the locked packages")
    return found


def most_alike(flux: np.ndarray, gap: np.ndarray, ruler: np.ndarray) -> tuple[int, float]:
    """Return which ruler's lines correlate best with a star's over 4200-6800 Å, and how well."""
    log10 = COEFF0 + COEFF1 * (np.arange(ruler.shape[1]) - MARGIN)
    inside = (log10 > np.log10(4200)) & (log10 < np.log10(6800)) & ~gap[::OVERSAMPLING]
    own = lines(flux[::OVERSAMPLING])[inside]
    others = ruler[:, inside] - ruler[:, inside].mean(axis=1, keepdims=True)
    correlation = others @ (own - own.mean()) / np.linalg.norm(others, axis=1)
    best = int(correlation.argmax())
    return best, float(correlation[best] / max(np.linalg.norm(own - own.mean()), 1e-12))


def lines(flux: np.ndarray) -> np.ndarray:
    """Divide by a running mean and subtract 1: lines without continuum, shape as `flux`."""
    from scipy.ndimage import uniform_filter1d

    smooth = uniform_filter1d(flux, SMOOTHING, axis=-1, mode="nearest")
    return flux / np.where(smooth > 0, smooth, np.inf) - (smooth > 0)


def offsets(flux: np.ndarray, gap: np.ndarray, ruler: np.ndarray) -> np.ndarray:
    """Return by how many pixels a star's lines lie too far to the red.

    Parameters
    ----------
    flux, gap : ndarray, shape (n_fine,)
    ruler : ndarray, shape (n_rulers, n_pixels)
        The lines of `averages`.

    Returns
    -------
    ndarray, shape (n_fine,)
        A cubic in log wavelength through what each window says, held at its ends' values; zero
        where fewer than five windows say anything; never more than LARGEST.
    """
    own = lines(flux[::OVERSAMPLING])
    present = ~gap[::OVERSAMPLING]
    at, shift, weight = [], [], []
    for start in range(REACH, own.size - WINDOW - REACH, WINDOW // 2):
        if present[start - REACH : start + WINDOW + REACH].all():
            measured, correlation = _window(own, ruler, start)
            if correlation >= MIN_CORRELATION and abs(measured) <= LARGEST:
                at.append(start + WINDOW / 2)
                shift.append(measured)
                weight.append(correlation**2 / (1 - correlation**2))
    if len(at) < DEGREE + 2:
        return np.zeros(flux.size)
    curve = np.polynomial.Polynomial.fit(at, shift, DEGREE, w=np.sqrt(weight))
    held = np.clip(np.arange(flux.size) / OVERSAMPLING, at[0], at[-1])
    return np.clip(curve(held), -LARGEST, LARGEST)


def _window(own: np.ndarray, ruler: np.ndarray, start: int) -> tuple[float, float]:
    """Return the shift (pixels) against the ruler that fits best, and the correlation there."""
    piece = ruler[:, start : start + WINDOW]
    piece = piece - piece.mean(axis=1, keepdims=True)
    lags = np.arange(-REACH, REACH + 1)
    shifted = np.stack([own[start + lag : start + lag + WINDOW] for lag in lags])
    shifted = shifted - shifted.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(piece, axis=1)[:, None] * np.linalg.norm(shifted, axis=1)
    correlation = piece @ shifted.T / np.maximum(norm, 1e-12)
    row, peak = np.unravel_index(correlation.argmax(), correlation.shape)
    best = float(correlation[row, peak])
    if not 0 < peak < lags.size - 1:
        return float(lags[peak]), best
    left, middle, right = correlation[row, peak - 1 : peak + 2]
    return float(lags[peak] + 0.5 * (left - right) / (left - 2 * middle + right)), best


def straightened(flux: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Return the flux (n_fine,) with its lines moved to the blue by `offset` pixels (n_fine,)."""
    from scipy.interpolate import CubicSpline

    sample = np.arange(flux.size)
    at = np.clip(sample + offset * OVERSAMPLING, 0, flux.size - 1)
    return CubicSpline(sample, flux)(at)
