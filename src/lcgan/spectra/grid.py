"""The wavelength grid that every packed spectrum is on."""

import hashlib

import numpy as np

#: Pixels per packed spectrum ("more than 3,700 dimensional data", the paper, Data Set
#: Introduction).
N_PIXELS = 3700
#: Vacuum wavelength of the first pixel, Å.
FIRST_WAVELENGTH = 3700.0
#: Step of log10(wavelength / Å) from pixel to pixel: LAMOST's own COEFF1.
LOG10_STEP = 1e-4
#: Redshifts that a header may mean: of stars, galaxies and quasars.
REDSHIFTS = (-0.5, 20.0)


def wavelength_grid() -> np.ndarray:
    """Return the vacuum wavelengths of the packed pixels.

    Returns
    -------
    ndarray, shape (3700,), float64
        3700 Å × 10^(1e-4 i): 3700.0 to 8671.65 Å.
    """
    return FIRST_WAVELENGTH * 10 ** (LOG10_STEP * np.arange(N_PIXELS))


def grid_hash(wavelength: np.ndarray) -> str:
    """Return 12 hex digits that name a wavelength grid, the same for equal grids to 1e-4 Å."""
    rounded = np.round(np.asarray(wavelength, dtype=np.float64) * 1e4).astype("<i8")
    return hashlib.sha256(rounded.tobytes()).hexdigest()[:12]
