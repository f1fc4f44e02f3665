"""How much generated spectra differ from each other, pixel by pixel: collapse shows here."""

import numpy as np

#: Within this factor of the real, a pixel counts as alike.
FACTOR = 1.3


def spread(generated: np.ndarray, real: np.ndarray) -> dict[str, float]:
    """Compare the standard deviation per pixel of generated with that of real spectra.

    Parameters
    ----------
    generated, real : ndarray, shape (N, L) and (M, L)
        Standardised spectra.

    Returns
    -------
    dict of float
        ``std_ratio_median``: median over pixels of generated / real; ``std_ratio_above_half``:
        share of pixels where it is at least one half.
    """
    ratio = generated.std(axis=0) / real.std(axis=0)
    return {
        "std_ratio_median": float(np.median(ratio)),
        "std_ratio_above_half": float(np.mean(ratio >= 0.5)),
    }


def share_within(ratio: np.ndarray, factor: float = FACTOR) -> float:
    """Return the share of pixels where generated / real lies between 1 / factor and factor.

    Parameters
    ----------
    ratio : ndarray, shape (L,)
        Of standard deviations or of noise power.
    """
    return float(np.mean((ratio >= 1 / factor) & (ratio <= factor)))
