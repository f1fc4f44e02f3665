"""LAMOST's low-resolution spectrograph: its pixels, resolution, arms and calibration."""

from functools import lru_cache

import numpy as np

from lcgan.stars.wavelength import SPEED_OF_LIGHT

#: log10 of the first pixel's vacuum wavelength (3699.99 Å), step and pixels, as in real headers.
COEFF0 = 3.5682
COEFF1 = 1e-4
N_PIXELS = 3909
#: Samples of the fine grid per pixel, and pixels added at each end (829 km/s of room).
OVERSAMPLING = 4
MARGIN = 12
#: Where the blue arm hands over to the red one, Å, and the r.m.s. width of the change.
ARMS_MEET, ARMS_WIDTH = 5800.0, 60.0
#: Smoothing with which a spectrum is sharpened, Å (σ): takes out the library's pixels, no line.
SHARPENING = 0.8
FWHM_PER_SIGMA = 2 * np.sqrt(2 * np.log(2))


def lamost_wavelength() -> np.ndarray:
    """Return the vacuum wavelengths of LAMOST's pixels, Å, shape (3909,): 3699.99 to 9099 Å."""
    return 10 ** (COEFF0 + COEFF1 * np.arange(N_PIXELS))


def fine_wavelength() -> np.ndarray:
    """Return the library stars' vacuum grid, Å: four samples per pixel, twelve pixels beyond."""
    count = (N_PIXELS + 2 * MARGIN) * OVERSAMPLING
    return 10 ** (COEFF0 + COEFF1 * (np.arange(count) / OVERSAMPLING - MARGIN))


def resolution(wavelength: np.ndarray, blue: float, red: float) -> np.ndarray:
    """Return LAMOST's FWHM (Å), shape (L,): one in each arm, changing over where they meet."""
    from scipy.special import ndtr

    return blue + (red - blue) * ndtr((wavelength - ARMS_MEET) / ARMS_WIDTH)


def blur(flux: np.ndarray, fwhm: np.ndarray, library_fwhm: float) -> np.ndarray:
    """Bring a library's spectrum to the instrument's resolution.

    Where the library is the finer one, a Gaussian of σ² = v = (FWHM² - FWHM_library²) / 8 ln 2.
    Where it is the coarser one, v < 0: a Gaussian G of σ² = s², s = SHARPENING, and the first
    order of the rest, G + (v - s²) G''/2, which has variance v and keeps the noise low.

    Parameters
    ----------
    flux : ndarray, shape (n_fine,)
    fwhm : ndarray, shape (n_fine,)
        Wanted, Å.
    library_fwhm : float
        Å.

    Returns
    -------
    ndarray, shape (n_fine,)
        A constant stays that constant; the ends are continued by their last value.
    """
    wavelength = fine_wavelength()
    sample = wavelength * np.log(10) * COEFF1 / OVERSAMPLING  # Å
    wanted = (fwhm**2 - library_fwhm**2) / FWHM_PER_SIGMA**2
    variance = np.maximum(wanted, SHARPENING**2)
    sigma = np.sqrt(variance) / sample
    reach = int(np.ceil(5 * sigma.max()))
    offset2 = (np.arange(-reach, reach + 1) / sigma[:, None]) ** 2
    kernel = np.exp(-0.5 * offset2)
    kernel *= 1 + 0.5 * ((wanted - variance) / variance)[:, None] * (offset2 - 1)
    kernel /= kernel.sum(axis=1, keepdims=True)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(flux, reach, mode="edge"), 2 * reach + 1
    )
    return (kernel * windows).sum(axis=1)


def to_pixels(flux: np.ndarray, radial_velocity: np.ndarray) -> np.ndarray:
    """Shift by a radial velocity and average over LAMOST's pixels.

    Parameters
    ----------
    flux : ndarray, shape (n_fine,)
        In the rest frame.
    radial_velocity : ndarray, shape (N,)
        km/s, within ±800.

    Returns
    -------
    ndarray, shape (N, 3909)
    """
    box = np.convolve(flux, np.full(OVERSAMPLING, 1 / OVERSAMPLING), mode="valid")
    box = 0.5 * (box[1:] + box[:-1])  # centred on samples 2, 3, ...
    shift = np.log10(1 + np.asarray(radial_velocity, dtype=np.float64) / SPEED_OF_LIGHT)
    start = (MARGIN - shift / COEFF1) * OVERSAMPLING - OVERSAMPLING // 2
    whole = np.floor(start).astype(int)
    part = start - whole
    if (whole < 0).any() or (whole + OVERSAMPLING * N_PIXELS >= box.size).any():
        raise ValueError("radial velocity beyond the fine grid's margin of 800 km/s")
    stop = OVERSAMPLING * N_PIXELS
    return np.array(
        [
            (1 - t) * box[i : i + stop : OVERSAMPLING]
            + t * box[i + 1 : i + 1 + stop : OVERSAMPLING]
            for i, t in zip(whole, part, strict=True)
        ]
    )


def smooth_basis(wavelength: np.ndarray, scale: float) -> np.ndarray:
    """Return cubic-spline basis functions with nodes `scale` Å apart, shape (n_nodes, L).

    A sum of them with independent N(0, a²) weights is a smooth random curve of r.m.s. about a. Kept
    for the next star, and not to be changed.
    """
    return _splines(np.asarray(wavelength, dtype=np.float64).tobytes(), scale)


@lru_cache(maxsize=8)
def _splines(wavelength: bytes, scale: float) -> np.ndarray:
    from scipy.interpolate import CubicSpline

    at = np.frombuffer(wavelength)
    low, high = at[0] - scale, at[-1] + scale
    nodes = np.linspace(low, high, int(np.ceil((high - low) / scale)) + 1)
    basis = CubicSpline(nodes, np.eye(nodes.size))(at).T
    basis.flags.writeable = False
    return basis


def arm_join(
    wavelength: np.ndarray, at: np.ndarray, step: np.ndarray, bump: np.ndarray, width: float
) -> np.ndarray:
    """Return the flux factor of two arms that do not quite agree.

    Parameters
    ----------
    wavelength : ndarray, shape (L,)
    at, step, bump : ndarray, shape (N,)
        Where the arms join (Å); ln of the red arm's level over the blue arm's; ln of the excess
        or lack at the join itself, where both arms see little light.
    width : float
        r.m.s. width of the transition and of the bump, Å.

    Returns
    -------
    ndarray, shape (N, L)
        Blue end exp(-step/2), red end exp(+step/2).
    """
    from scipy.special import erf

    distance = (wavelength - at[:, None]) / width
    rise = 0.5 * erf(distance / np.sqrt(2))
    return np.exp(step[:, None] * rise + bump[:, None] * np.exp(-0.5 * distance**2))


def throughput(wavelength: np.ndarray, nodes: list[tuple[float, float]]) -> np.ndarray:
    """Interpolate ln(throughput) between (wavelength, throughput) nodes, shape (L,)."""
    at, value = np.array(nodes, dtype=np.float64).T
    return np.exp(np.interp(wavelength, at, np.log(value)))
