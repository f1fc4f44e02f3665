"""Noise as LAMOST's spectra have it, and the inverse variance that belongs to it."""

import numpy as np

from lcgan.stars.instrument import FWHM_PER_SIGMA

#: LAMOST's S/N bands, vacuum Å: the ranges over which the median of flux × √ivar gives the
#: header's SNRU ... SNRZ of public spectra (g, r, i, z within 3 %).
SNR_BANDS = {
    "U": (3700.0, 3980.0),
    "G": (3950.0, 5480.0),
    "R": (5500.0, 6950.0),
    "I": (6900.0, 8300.0),
    "Z": (8200.0, 9000.0),
}
#: Night-sky lines: vacuum Å, group, and strength within the group. Positions and strengths are
#: the peaks of the error spectrum's median over 286 public LAMOST spectra, where above its
#: surroundings by 15 %; they are the lines of Osterbrock et al. 1996, PASP 108, 277 (Hg 4047,
#: 4359, 5461; [O I] 5577, 6300, 6364; Na D; OH from 7240 on).
SKY_LINES = (
    (4047.7, "faint", 0.6), (4359.6, "faint", 1.0), (5462.3, "faint", 0.8),
    (5578.9, "oi_5577", 1.0), (5892.5, "faint", 0.8), (6302.0, "oi_6300", 1.0),
    (6365.5, "oi_6300", 0.35), (7246.5, "oh", 0.55), (7278.4, "oh", 0.70), (7318.3, "oh", 0.50),
    (7342.9, "oh", 0.60), (7371.3, "oh", 0.45), (7526.1, "oh", 0.40), (7718.8, "oh", 0.70),
    (7752.8, "oh", 0.85), (7796.3, "oh", 0.60), (7823.7, "oh", 0.65), (7855.4, "oh", 0.75),
    (7892.3, "oh", 0.40), (7915.9, "oh", 0.85), (7966.8, "oh", 0.75), (7981.8, "oh", 0.35),
    (7995.5, "oh", 0.70), (8028.0, "oh", 0.60), (8064.3, "oh", 0.35), (8283.3, "oh", 0.45),
    (8290.9, "oh", 0.85), (8300.5, "oh", 0.80), (8346.9, "oh", 1.40), (8401.5, "oh", 1.00),
    (8417.5, "oh", 0.45), (8432.5, "oh", 1.00), (8454.6, "oh", 0.40), (8467.7, "oh", 1.10),
    (8495.7, "oh", 0.75), (8507.0, "oh", 0.90), (8551.1, "oh", 0.50), (8627.1, "oh", 0.40),
    (8634.1, "oh", 0.45), (8662.4, "oh", 0.60), (8763.5, "oh", 0.80), (8780.7, "oh", 0.90),
    (8793.6, "oh", 0.90), (8829.5, "oh", 1.30), (8838.4, "oh", 1.00), (8852.4, "oh", 0.80),
    (8870.0, "oh", 1.10), (8888.3, "oh", 1.40), (8905.5, "oh", 1.00), (8922.1, "oh", 1.30),
    (8945.9, "oh", 1.20), (8960.5, "oh", 1.30), (8990.8, "oh", 1.20), (9040.0, "oh", 0.80),
)  # fmt: skip


def photon_sigma(flux: np.ndarray, throughput: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Return the shape of the noise: star light and background counted through the throughput.

    With counts C = F T the variance of F is C / T² = F / T from the star, and B / T² from sky
    and read-out, which do not pass through the flux calibration.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        True flux F, ≥ 0.
    throughput : ndarray, shape (N, L)
        Counts per unit of flux, up to a factor.
    background : ndarray, shape (N,)
        B in counts, in units of the median of F T.

    Returns
    -------
    ndarray, shape (N, L)
        1 σ, up to one factor per spectrum.
    """
    counts = flux * throughput
    level = np.median(counts, axis=1, keepdims=True)
    return np.sqrt(counts + background[:, None] * level) / throughput


def to_snr(
    sigma: np.ndarray, flux: np.ndarray, snr: np.ndarray, wavelength: np.ndarray
) -> np.ndarray:
    """Scale the noise so that the median of flux / σ over the g band is the drawn S/N."""
    return sigma * (band_snr(flux, sigma, wavelength, "G") / snr)[:, None]


def band_snr(flux: np.ndarray, sigma: np.ndarray, wavelength: np.ndarray, band: str) -> np.ndarray:
    """Return the median of flux / σ over one of SNR_BANDS, shape (N,); σ = inf counts as 0."""
    low, high = SNR_BANDS[band]
    inside = (wavelength >= low) & (wavelength <= high)
    return np.median(flux[:, inside] / sigma[:, inside], axis=1)


def sky_profiles(wavelength: np.ndarray, fwhm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shape of each sky line and of what is left of it where it was shifted.

    Parameters
    ----------
    wavelength, fwhm : ndarray, shape (L,)
        Å; the lines are Gaussians G of that width.

    Returns
    -------
    line, dipole : ndarray, shape (n_lines, L)
        G, and its derivative scaled to ±1 at one σ from the centre; both times the line's
        strength within its group.
    """
    at, _, relative = zip(*SKY_LINES, strict=True)
    centre = np.array(at)[:, None]
    width = np.interp(centre, wavelength, fwhm) / FWHM_PER_SIGMA
    offset = (wavelength - centre) / width
    line = np.array(relative)[:, None] * np.exp(-0.5 * offset**2)
    return line, line * offset * np.exp(0.5)


def smooth_noise(white: np.ndarray, fwhm: np.ndarray) -> np.ndarray:
    """Smooth white noise to lines' width and unit variance: what many faint sky lines leave.

    Parameters
    ----------
    white : ndarray, shape (N, L)
        Independent N(0, 1).
    fwhm : ndarray, shape (L,)
        Width, pixels.

    Returns
    -------
    ndarray, shape (N, L)
        Correlated within `fwhm`, in two steps of width: each arm's mean.
    """
    from scipy.ndimage import gaussian_filter1d

    meet = int(np.argmax(np.diff(fwhm))) + 1 if np.ptp(fwhm) else fwhm.size
    out = np.empty_like(white)
    for part in (slice(None, meet), slice(meet, None)):
        if white[:, part].size:
            sigma = float(np.mean(fwhm[part])) / FWHM_PER_SIGMA
            filtered = gaussian_filter1d(white[:, part], sigma, axis=1, mode="reflect")
            out[:, part] = filtered * np.sqrt(2 * sigma * np.sqrt(np.pi))
    return out


def correlate(white: np.ndarray, correlation: float) -> np.ndarray:
    """Correlate neighbouring pixels, as LAMOST's rebinning does, and keep unit variance.

    Parameters
    ----------
    white : ndarray, shape (N, L + 2)
        Independent N(0, 1).
    correlation : float
        Of next neighbours, 0 to 0.7.

    Returns
    -------
    ndarray, shape (N, L)
        N(0, 1) each: weights (a, b, a) with 2a² + b² = 1 and 2ab = correlation.
    """
    angle = 0.5 * np.arcsin(np.sqrt(2) * correlation)
    side, centre = np.sin(angle) / np.sqrt(2), np.cos(angle)
    return side * (white[:, 2:] + white[:, :-2]) + centre * white[:, 1:-1]
