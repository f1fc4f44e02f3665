"""Rotational broadening."""

import numpy as np

from lcgan.stars.instrument import COEFF1, OVERSAMPLING
from lcgan.stars.wavelength import SPEED_OF_LIGHT

#: Linear limb-darkening coefficient of the classical profile (Gray 2005, The Observation and
#: Analysis of Stellar Photospheres, ch. 18: 0.6 is usual).
LIMB_DARKENING = 0.6
#: One sample of the fine grid, km/s.
SAMPLE = SPEED_OF_LIGHT * np.log(10) * COEFF1 / OVERSAMPLING


def profile(v_sin_i: float, sample: float = SAMPLE) -> np.ndarray:
    """Return the classical rotation profile (Gray 2005, eq. 18.14), integrated over samples.

    With x = Δv / (v sin i), |x| ≤ 1, and limb darkening ε,

        G(x) = [2 (1 - ε) √(1 - x²) + (π ε / 2) (1 - x²)] / [π (1 - ε/3)].

    Parameters
    ----------
    v_sin_i, sample : float
        km/s; `sample` is the width of one sample.

    Returns
    -------
    ndarray, shape (2 k + 1,)
        Sums to 1; [1] for no rotation.
    """
    if v_sin_i <= 0:
        return np.ones(1)
    reach = int(np.ceil(v_sin_i / sample))
    edges = (np.arange(-reach, reach + 2) - 0.5) * sample / v_sin_i
    return np.diff(_cumulative(np.clip(edges, -1, 1)))


def _cumulative(x: np.ndarray) -> np.ndarray:
    """Return the integral of `profile`'s G from -1 to x."""
    disc = (1 - LIMB_DARKENING) * (x * np.sqrt(1 - x**2) + np.arcsin(x))
    dark = 0.5 * np.pi * LIMB_DARKENING * (x - x**3 / 3)
    return 0.5 + (disc + dark) / (np.pi * (1 - LIMB_DARKENING / 3))


def rotate(flux: np.ndarray, v_sin_i: float) -> np.ndarray:
    """Broaden a spectrum on the fine grid, whose steps are equal in velocity.

    Parameters
    ----------
    flux : ndarray, shape (n_fine,)
    v_sin_i : float
        km/s, added to what the star has.

    Returns
    -------
    ndarray, shape (n_fine,)
        A constant stays that constant; the ends are continued by their last value.
    """
    from scipy.signal import fftconvolve

    kernel = profile(v_sin_i)
    padded = np.pad(flux, kernel.size // 2, mode="edge")
    return fftconvolve(padded, kernel, mode="valid")
