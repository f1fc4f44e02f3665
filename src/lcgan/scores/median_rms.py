"""How far the median generated spectrum lies from the median real one."""

import numpy as np


def median_rms(generated: np.ndarray, real: np.ndarray) -> float:
    """Return the root mean square, over pixels, of median generated / median real - 1.

    Parameters
    ----------
    generated, real : ndarray, shape (N, L) and (M, L)
        Standardised spectra.

    Returns
    -------
    float
        0 for equal medians; white noise gives about 1.
    """
    ratio = np.median(generated, axis=0) / np.median(real, axis=0)
    return float(np.sqrt(np.mean((ratio - 1) ** 2)))
