"""Flux standardisation: the paper's eq. 1."""

import numpy as np


def standardise(flux: np.ndarray, method: str = "norm") -> np.ndarray:
    """Standardise spectra one by one (the paper, eq. 1: x / ‖x‖₂).

    Parameters
    ----------
    flux : ndarray, shape (..., L)
        Flux in any unit; every row finite and not all zero.
    method : {"norm", "minmax"}
        "norm" divides by the 2-norm and keeps negative noise; "minmax" maps each spectrum's
        least and greatest flux to 0 and 1 ("between 0 and 1", the paper's text beside eq. 1).

    Returns
    -------
    ndarray, shape (..., L), float32

    Raises
    ------
    ValueError
        If a spectrum is not finite, or is constant zero (norm) or constant (minmax), or the
        method is unknown.
    """
    flux = np.asarray(flux, dtype=np.float64)
    if not np.isfinite(flux).all():
        raise ValueError("flux is not finite; interpolate or reject it before standardising")
    if method == "norm":
        scale, offset = np.linalg.norm(flux, axis=-1, keepdims=True), 0.0
    elif method == "minmax":
        offset = flux.min(axis=-1, keepdims=True)
        scale = flux.max(axis=-1, keepdims=True) - offset
    else:
        raise ValueError(f"unknown standardisation {method!r}; use 'norm' or 'minmax'")
    if (scale == 0).any():
        raise ValueError("a spectrum without signal cannot be standardised; reject it")
    return ((flux - offset) / scale).astype(np.float32)
