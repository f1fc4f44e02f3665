"""Wavelengths in air and in vacuum, and velocities."""

import numpy as np

#: Speed of light, km/s (exact, SI).
SPEED_OF_LIGHT = 299_792.458


def refractive_index(vacuum: np.ndarray) -> np.ndarray:
    """Return the refractive index of standard air (15 °C, 101,325 Pa, dry).

    Parameters
    ----------
    vacuum : ndarray
        Vacuum wavelength, Å, above 1,690 Å.

    Returns
    -------
    ndarray
        Ciddor 1996, Applied Optics 35, 1566, eq. 1.
    """
    wavenumber2 = (1e4 / np.asarray(vacuum, dtype=np.float64)) ** 2  # µm⁻²
    return 1 + 0.05792105 / (238.0185 - wavenumber2) + 0.00167917 / (57.362 - wavenumber2)


def air_to_vacuum(air: np.ndarray) -> np.ndarray:
    """Return vacuum wavelengths (Å) of wavelengths measured in standard air (Å).

    The index is a function of the vacuum wavelength, so it is found by iteration; three rounds
    leave less than 1e-9 Å.
    """
    air = np.asarray(air, dtype=np.float64)
    vacuum = air
    for _ in range(3):
        vacuum = air * refractive_index(vacuum)
    return vacuum
