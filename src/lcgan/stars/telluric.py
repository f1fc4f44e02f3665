"""The telluric oxygen bands that the library left in its spectra."""

import numpy as np

from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.wavelength import SPEED_OF_LIGHT

#: B and A band of O₂ in the observatory's frame, vacuum Å (HITRAN: 0-0 band head 7596 Å, 1-0
#: 6870 Å; widened by the library's resolution).
OXYGEN_BANDS = ((6865.0, 6950.0), (7590.0, 7710.0))
#: Width on each side over which the continuum is taken, Å.
FLANK = 15.0


def remove_telluric(flux: np.ndarray, radial_velocity: float) -> tuple[np.ndarray, np.ndarray]:
    """Bridge the oxygen bands by a straight line between their flanks.

    Parameters
    ----------
    flux : ndarray, shape (n_fine,)
        On the fine grid, in the star's rest frame.
    radial_velocity : float
        The star's, km/s: in its rest frame the bands lie at λ / (1 + v/c).

    Returns
    -------
    clean, telluric : ndarray, shape (n_fine,)
        flux = clean + telluric; telluric is never above zero.
    """
    wavelength, clean = fine_wavelength(), flux.copy()
    for band in OXYGEN_BANDS:
        low, high = (edge / (1 + radial_velocity / SPEED_OF_LIGHT) for edge in band)
        left = np.median(flux[(wavelength > low - FLANK) & (wavelength < low)])
        right = np.median(flux[(wavelength > high) & (wavelength < high + FLANK)])
        inside = (wavelength >= low) & (wavelength <= high)
        bridge = np.interp(wavelength[inside], (low, high), (left, right))
        clean[inside] = np.maximum(flux[inside], bridge)
    return clean, flux - clean
