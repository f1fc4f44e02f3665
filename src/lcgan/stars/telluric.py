"""The Earth's oxygen and water bands, which STELIB left in its spectra.

LAMOST's pipeline divides most of them out, so they are taken out of the library's stars here;
what LAMOST leaves or takes too much is part of its red arm's pattern.
"""

import numpy as np

from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.wavelength import SPEED_OF_LIGHT

#: Bands in the observatory's frame, vacuum Å: γ, B and A of O₂ (heads at 6278, 6869 and 7596 Å,
#: Catanzaro 1997, Ap&SS 257, 161, in air) and four of H₂O, widened by the library's resolution.
BANDS = {
    "o2_gamma": (6270.0, 6330.0),
    "o2_b": (6863.0, 6952.0),
    "h2o_7200": (7155.0, 7380.0),
    "o2_a": (7588.0, 7712.0),
    "h2o_8200": (8095.0, 8370.0),
    "h2o_9000": (8905.0, 9099.0),
}
#: Bands so deep that a star's light cannot be had back by division: bridged by straight lines.
BRIDGED = ("o2_b", "o2_a")
#: Width on each side over which the continuum is taken, Å.
FLANK = 15.0
#: Samples of the running mean whose removal leaves lines but no continuum: some 25 Å.
SMOOTHING = 101
#: Where STELIB's red begins to show a pattern that all its stars share, Å.
PATTERN_FROM = 5910.0
#: Lines of stars too strong to tell a pattern from, vacuum Å: Hα and the Ca II triplet.
STRONG = (6564.6, 8500.4, 8544.4, 8664.5)


def absorption(flux: np.ndarray, reference: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Return the bands' ln(transmission): what stars have less there than their like without them.

    Parameters
    ----------
    flux, reference : ndarray, shape (n_stars, n_fine)
        Stars, whole, in their rest frames, and spectra of the same kind without the bands.
    velocity : ndarray, shape (n_stars,)
        km/s, between the star and the observatory.

    Returns
    -------
    ndarray, shape (n_fine,)
        In the observatory's frame; the median of the stars; zero outside the bands, never above.
    """
    wavelength = fine_wavelength()
    seen = np.array(
        [
            np.interp(wavelength, wavelength * (1 + shift / SPEED_OF_LIGHT), star / like)
            for star, like, shift in zip(flux, reference, velocity, strict=True)
        ]
    )
    total = np.zeros(wavelength.size)
    for band in BANDS.values():
        ratios = []
        for ratio in seen:
            inside, bridge = _bridge(wavelength, ratio, band)
            ratios.append(np.log(np.maximum(ratio[inside] / bridge, 1e-3)))
        total[inside] = np.minimum(np.median(ratios, axis=0), 0)
    return total


def pattern(flux: np.ndarray, reference: np.ndarray, velocity: np.ndarray) -> np.ndarray:
    """Return what stars share against their like at the scale of lines, ln, red of PATTERN_FROM.

    Arguments as of `absorption`, the bands removed. Fringes, flat field and what is left of the
    bands stay where they are in the observatory's frame; lines of the stars themselves (STRONG)
    are left out.
    """
    wavelength = fine_wavelength()
    rows = [
        np.interp(wavelength, wavelength * (1 + shift / SPEED_OF_LIGHT), high_pass(np.log(ratio)))
        for ratio, shift in zip(np.maximum(flux / reference, 1e-3), velocity, strict=True)
    ]
    shared = np.median(rows, axis=0)
    shared[wavelength < PATTERN_FROM] = 0
    for centre in STRONG:
        shared[abs(wavelength - centre) < 25] = 0
    return shared


def remove(flux: np.ndarray, velocity: float, bands: np.ndarray) -> np.ndarray:
    """Divide the bands out, each as strong as the star's own lines show it; bridge the deep ones.

    Parameters
    ----------
    flux : ndarray, shape (n_fine,)
        On the fine grid, in the star's rest frame.
    velocity : float
        Between star and observatory, km/s: in the rest frame the bands lie at λ / (1 + v/c).
    bands : ndarray, shape (n_fine,)
        From `absorption`.

    Returns
    -------
    ndarray, shape (n_fine,)
    """
    wavelength, clean = fine_wavelength(), flux.copy()
    stretch = 1 + velocity / SPEED_OF_LIGHT
    shape = np.interp(wavelength * stretch, wavelength, bands)
    lines, star_lines = high_pass(shape), high_pass(np.log(np.maximum(flux, 1e-6)))
    for name, (low, high) in BANDS.items():
        if name in BRIDGED:
            inside, bridge = _bridge(wavelength, flux, (low / stretch, high / stretch))
            clean[inside] = np.maximum(flux[inside], bridge)
        else:
            inside = (wavelength >= low / stretch) & (wavelength <= high / stretch)
            power = lines[inside] @ lines[inside]
            strength = max(0.0, lines[inside] @ star_lines[inside] / power) if power else 0.0
            clean[inside] /= np.exp(strength * shape[inside])
    return clean


def _bridge(wavelength, flux, band) -> tuple[np.ndarray, np.ndarray]:
    """Return where a band is, and the straight line between the medians of its flanks there.

    A band that reaches the end of the grid has one flank, whose level goes on.
    """
    low, high = band
    left = np.median(flux[(wavelength > low - FLANK) & (wavelength < low)])
    after = flux[(wavelength > high) & (wavelength < high + FLANK)]
    right = np.median(after) if after.size else left
    inside = (wavelength >= low) & (wavelength <= high)
    return inside, np.interp(wavelength[inside], (low, high), (left, right))


def high_pass(values: np.ndarray) -> np.ndarray:
    """Subtract a running mean along the last axis."""
    from scipy.ndimage import uniform_filter1d

    return values - uniform_filter1d(values, SMOOTHING, axis=-1, mode="nearest")
