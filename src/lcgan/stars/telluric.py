"""The Earth's oxygen and water bands, which the library left in its spectra.

LAMOST's pipeline divides them out, so they are taken out here and a drawn remainder is put back.
"""

import numpy as np

from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.wavelength import SPEED_OF_LIGHT

#: B and A band of O₂ in the observatory's frame, vacuum Å: heads at 6869 and 7596 Å (Catanzaro
#: 1997, Ap&SS 257, 161, in air), widened by the library's resolution.
OXYGEN_BANDS = ((6863.0, 6952.0), (7588.0, 7712.0))
#: Bands of H₂O, likewise.
WATER_BANDS = ((7150.0, 7380.0), (8095.0, 8360.0))
#: Width on each side over which the continuum is taken, Å.
FLANK = 15.0
#: Samples of the running mean whose removal leaves lines but no continuum: some 25 Å.
SMOOTHING = 101


def water_absorption(flux: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Return the water bands' ln(transmission) as stars without lines of their own there show it.

    Parameters
    ----------
    flux : ndarray, shape (n_stars, n_fine)
        O stars, whole over the bands, in their rest frames.
    velocity : ndarray, shape (n_stars,)
        km/s, between the star and the observatory.

    Returns
    -------
    ndarray, shape (n_fine,)
        In the observatory's frame; the mean star's, scaled to a mean of -1 in each band; zero
        outside the bands.
    """
    wavelength = fine_wavelength()
    total = np.zeros(wavelength.size)
    for star, shift in zip(flux, velocity, strict=True):
        seen = np.interp(wavelength, wavelength * (1 + shift / SPEED_OF_LIGHT), star)
        for band in WATER_BANDS:
            inside, bridge = _bridge(wavelength, seen, band)
            total[inside] += np.minimum(np.log(seen[inside] / bridge), 0)
    for low, high in WATER_BANDS:
        inside = (wavelength >= low) & (wavelength <= high)
        total[inside] /= max(-total[inside].mean(), 1e-12)
    return total


def remove_telluric(
    flux: np.ndarray, velocity: float, water: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Divide the water bands out and bridge the oxygen bands by straight lines.

    Parameters
    ----------
    flux : ndarray, shape (n_fine,)
        On the fine grid, in the star's rest frame.
    velocity : float
        Between star and observatory, km/s: in the rest frame the bands lie at λ / (1 + v/c).
    water : ndarray, shape (n_fine,)
        From `water_absorption`. Its strength is fitted to the star's lines in each band.

    Returns
    -------
    clean, telluric : ndarray, shape (n_fine,)
        flux = clean + telluric; telluric is never above zero.
    """
    wavelength, clean = fine_wavelength(), flux.copy()
    stretch = 1 + velocity / SPEED_OF_LIGHT
    shape = np.interp(wavelength * stretch, wavelength, water)
    lines, star_lines = _high_pass(shape), _high_pass(np.log(np.maximum(flux, 1e-6)))
    for low, high in WATER_BANDS:
        inside = (wavelength >= low / stretch) & (wavelength <= high / stretch)
        power = lines[inside] @ lines[inside]
        strength = max(0.0, lines[inside] @ star_lines[inside] / power) if power else 0.0
        clean[inside] /= np.exp(strength * shape[inside])
    for low, high in OXYGEN_BANDS:
        inside, bridge = _bridge(wavelength, flux, (low / stretch, high / stretch))
        clean[inside] = np.maximum(flux[inside], bridge)
    return clean, flux - clean


def _bridge(wavelength, flux, band) -> tuple[np.ndarray, np.ndarray]:
    """Return where a band is, and the straight line between the medians of its flanks there."""
    low, high = band
    left = np.median(flux[(wavelength > low - FLANK) & (wavelength < low)])
    right = np.median(flux[(wavelength > high) & (wavelength < high + FLANK)])
    inside = (wavelength >= low) & (wavelength <= high)
    return inside, np.interp(wavelength[inside], (low, high), (left, right))


def _high_pass(values: np.ndarray) -> np.ndarray:
    """Subtract a running mean."""
    padded = np.pad(values, SMOOTHING // 2, mode="edge")
    return values - np.convolve(padded, np.full(SMOOTHING, 1 / SMOOTHING), mode="valid")
