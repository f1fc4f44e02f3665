"""Interstellar extinction."""

from functools import lru_cache

import numpy as np


def transmission(wavelength: np.ndarray, ebv: np.ndarray, r_v: float) -> np.ndarray:
    """Return the fraction of light that interstellar dust lets through.

    Gordon et al. 2023, ApJ 950, 86 (G23), from dust_extinction.

    Parameters
    ----------
    wavelength : ndarray, shape (L,)
        Vacuum, Å, within 912 Å to 32 µm.
    ebv : ndarray, shape (N,)
        Colour excess E(B-V), mag.
    r_v : float
        A(V) / E(B-V), 2.3 to 5.6 (the law's range).

    Returns
    -------
    ndarray, shape (N, L)
        10^(-0.4 A(λ)).
    """
    law = extinction_law(wavelength, r_v)
    return np.exp(-0.4 * np.log(10) * r_v * law * np.asarray(ebv, dtype=np.float64)[:, None])


def extinction_law(wavelength: np.ndarray, r_v: float) -> np.ndarray:
    """Return A(λ) / A(V) of G23 at vacuum wavelengths (Å), shape (L,) as they.

    Kept for the next star, and not to be changed: to work it out takes as long as to blur one.
    """
    return _law(np.asarray(wavelength, dtype=np.float64).tobytes(), r_v)


@lru_cache(maxsize=4)
def _law(wavelength: bytes, r_v: float) -> np.ndarray:
    import astropy.units as u
    from dust_extinction.parameter_averages import G23

    law = np.asarray(G23(Rv=r_v)(1e4 / np.frombuffer(wavelength) / u.micron), dtype=np.float64)
    law.flags.writeable = False
    return law
