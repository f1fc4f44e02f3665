"""Emission of the ionised gas around hot stars: the Balmer lines."""

import numpy as np

from lcgan.stars.instrument import FWHM_PER_SIGMA
from lcgan.stars.wavelength import SPEED_OF_LIGHT

#: Balmer lines: vacuum Å (NIST) and flux relative to Hβ in Case B at 10,000 K and low density
#: (Osterbrock & Ferland 2006, Astrophysics of Gaseous Nebulae, Table 4.2).
BALMER = (
    (6564.61, 2.87),
    (4862.68, 1.0),
    (4341.68, 0.466),
    (4102.89, 0.256),
    (3971.20, 0.158),
    (3890.16, 0.105),
    (3836.47, 0.0730),
    (3798.98, 0.0529),
)


def emission(
    wavelength: np.ndarray,
    flux: np.ndarray,
    h_alpha_width: np.ndarray,
    radial_velocity: np.ndarray,
    fwhm: np.ndarray,
) -> np.ndarray:
    """Return the nebular Balmer lines that stand on a star's spectrum before reddening.

    The gas lies where the star does: what reddens one reddens the other. Its lines are as narrow
    as the instrument shows them.

    Parameters
    ----------
    wavelength : ndarray, shape (L,)
        Vacuum Å.
    flux : ndarray, shape (N, L)
        Of the star.
    h_alpha_width : ndarray, shape (N,)
        Equivalent width of Hα against the star's continuum there (the median flux 50 to 80 Å to
        both sides), Å; positive in emission. Below zero: more was subtracted as sky than there is.
    radial_velocity : ndarray, shape (N,)
        km/s.
    fwhm : ndarray, shape (N, L)
        The instrument's resolution, Å.

    Returns
    -------
    ndarray, shape (N, L)
    """
    stretch = 1 + np.asarray(radial_velocity) / SPEED_OF_LIGHT
    distance = abs(wavelength - BALMER[0][0])
    beside = (distance > 50) & (distance < 80)
    h_alpha = np.asarray(h_alpha_width) * np.median(flux[:, beside], axis=1)  # flux × Å
    total = np.zeros_like(flux)
    for rest, ratio in BALMER:
        centre = rest * stretch
        sigma = (
            np.array([np.interp(c, wavelength, f) for c, f in zip(centre, fwhm, strict=True)])
            / FWHM_PER_SIGMA
        )
        strength = h_alpha * ratio / BALMER[0][1] / (sigma * np.sqrt(2 * np.pi))
        near = abs(wavelength - rest) < 60  # 5 σ and 800 km/s at Hα
        offset = (wavelength[near] - centre[:, None]) / sigma[:, None]
        total[:, near] += strength[:, None] * np.exp(-0.5 * offset**2)
    return total
