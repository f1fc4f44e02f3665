"""How LAMOST renders a star's light: resolution, velocities, calibration, the red arm's pattern."""

import numpy as np

from lcgan.spectra.grid import wavelength_grid
from lcgan.stars import instrument
from lcgan.stars.alike import BLOCK, Alike, spread
from lcgan.stars.extinction import extinction_law
from lcgan.stars.red_pattern import BESIDE, FIRST_WAVELENGTH, N_COMPONENTS, STELLAR

#: Windows of many lines in each arm, vacuum Å, without the Earth's bands.
BLUE = ((4120.0, 4320.0), (4360.0, 4600.0), (4890.0, 5150.0), (5250.0, 5560.0))
RED = ((5940.0, 6240.0), (6380.0, 6530.0), (6600.0, 6850.0))
#: Widths tried about the assumed resolution, pixels² of variance.
VARIANCES = np.arange(-0.95, 2.01, 0.05)
#: Å between the nodes of the smooth calibration curves.
SCALES = (1200.0, 250.0)
#: A plate counts as so many spectra at most, that none sets the pattern by itself.
PER_PLATE = 4


def resolution(real: Alike, assumed: float, windows) -> tuple[float, float]:
    """Return an arm's FWHM (Å), the median over windows, and the windows' scatter.

    Real spectra and their models are averaged. Both are smoothed by a pixel, lest noise decide,
    and the model by more or less until it is as wide as the real ones; of that the pixel's own
    width is no part of the resolution.
    """
    from scipy.ndimage import gaussian_filter1d

    grid, found = wavelength_grid(), []
    level = real.model.mean(axis=1, keepdims=True)
    one = (real.flux / real.smooth / level).mean(axis=0)
    other = (real.model / level).mean(axis=0)
    one = gaussian_filter1d(one, 1.0)
    for low, high in windows:
        inside = (grid > low) & (grid < high)
        pixel = np.mean(grid[inside]) * np.log(10) * instrument.COEFF1
        widths = np.sqrt(1 + VARIANCES)
        left = [_misfit(one[inside], gaussian_filter1d(other, w)[inside]) for w in widths]
        best = VARIANCES[int(np.argmin(left))] - 1 / 12  # a pixel's variance
        wide = assumed**2 + best * pixel**2 * instrument.FWHM_PER_SIGMA**2
        found.append(np.sqrt(max(wide, 0.0)))
    return round(float(np.median(found)), 2), round(float(np.std(found)), 2)


def _misfit(one: np.ndarray, other: np.ndarray) -> float:
    """Return the part of `one` that no scaled and slightly shifted `other` explains."""
    n = one.size
    terms = np.stack([other, np.ones(n), np.linspace(-1, 1, n), np.gradient(other)], axis=1)
    fitted = terms @ np.linalg.lstsq(terms, one, rcond=None)[0]
    return float(np.sum((one - fitted) ** 2) / np.sum((one - one.mean()) ** 2))


def shifts(real: Alike, windows) -> np.ndarray:
    """Return each spectrum's velocity against its model in an arm, km/s, shape (N,)."""
    grid, found = wavelength_grid(), []
    km_s = instrument.OVERSAMPLING * 17.2579  # one pixel: c ln(10) 1e-4
    ratio = real.flux / real.smooth
    for low, high in windows:
        inside = (grid > low) & (grid < high)
        rows = []
        for one, other in zip(ratio[:, inside], real.model[:, inside], strict=True):
            terms = np.stack([other, np.ones(other.size), np.gradient(other)], axis=1)
            scale, _, slope = np.linalg.lstsq(terms, one, rcond=None)[0]
            rows.append(-slope / scale * km_s if scale > 0.2 else np.nan)
        found.append(rows)
    return np.nanmedian(found, axis=0)


def red_arm_shift(real: Alike) -> dict:
    """Return mean and scatter over plates of the red arm's velocity less the blue's, km/s."""
    difference = shifts(real, RED) - shifts(real, BLUE)
    plates = [np.nanmedian(difference[real.plate == plate]) for plate in np.unique(real.plate)]
    return {
        "mean": round(float(np.nanmedian(plates)), 1),
        "scatter": round(float(np.nanstd(plates)), 1),
    }


def calibration(real: Alike) -> dict:
    """Separate ln(flux / model) into a reddening-like slope and smooth curves of two scales.

    The curves' variances come from the r.m.s. differences between blocks at 1 to 12 blocks'
    distance (their structure function), linear in them: non-negative least squares.
    """
    from scipy.optimize import nnls

    grid = wavelength_grid()
    pixel = (np.arange(grid.size // BLOCK) * BLOCK + BLOCK // 2).astype(int)
    law = -0.4 * np.log(10) * 3.1 * extinction_law(grid[pixel], 3.1)
    logarithm = np.log(real.smooth[:, pixel])
    masked = np.array([real.mask[:, p - BLOCK // 2 : p + BLOCK // 2].mean(axis=1) for p in pixel]).T
    left, slope = np.full(logarithm.shape, np.nan), []
    for row, (values, bad) in enumerate(zip(logarithm, masked > 0.3, strict=True)):
        used = ~bad & (grid[pixel] > 3900)
        if used.sum() < 10:
            continue
        terms = np.stack([np.ones(pixel.size), law], axis=1)
        fitted = np.linalg.lstsq(terms[used], values[used], rcond=None)[0]
        left[row] = np.where(bad, np.nan, values - terms @ fitted)
        slope.append(fitted[1])
    lags = (1, 2, 3, 5, 8, 12)
    inside = grid[pixel] > 4100
    seen = [spread(left[:, inside][:, lag:] - left[:, inside][:, :-lag]) ** 2 for lag in lags]
    unit = []
    for scale in SCALES:
        basis = instrument.smooth_basis(grid, scale)[:, pixel][:, inside]
        unit.append([np.mean(np.sum((basis[:, g:] - basis[:, :-g]) ** 2, axis=0)) for g in lags])
    variance = nnls(np.array(unit).T / np.array(seen)[:, None], np.ones(len(lags)))[0]
    return {
        "slope": round(float(spread(np.array(slope))), 3),
        "slope_median": round(float(np.median(slope)), 3),
        "blue": round(float(spread(left[:, 0])), 3),
        "terms": [
            {"amplitude": round(float(np.sqrt(v)), 4), "scale": scale}
            for v, scale in zip(variance, SCALES, strict=True)
        ],
    }


def red_pattern(bright: Alike, also: Alike) -> np.ndarray:
    """Return red_pattern.csv's table, shape (n_red, 5): wavelength, mean, three components.

    Parameters
    ----------
    bright, also : Alike
        The same spectra beside stars of one library and of another: what either library does not
        know of its stars counts half.
    """
    grid = wavelength_grid()
    red = grid > FIRST_WAVELENGTH
    excess = np.nanmean([bright.excess[:, red], also.excess[:, red]], axis=0)
    excess[abs(excess) > 0.2] = np.nan
    plates, place, count = np.unique(bright.plate, return_inverse=True, return_counts=True)
    weight = (np.minimum(count, PER_PLATE) / count)[place][:, None]
    known = np.isfinite(excess)
    mean = np.nansum(excess * weight, axis=0) / np.maximum((known * weight).sum(axis=0), 1e-9)
    left = np.where(known, excess - mean, 0.0).clip(-0.15, 0.15) * np.sqrt(weight)
    _, size, rows = np.linalg.svd(left, full_matrices=False)
    components = rows[:N_COMPONENTS] * size[:N_COMPONENTS, None] / np.sqrt(weight.sum())
    for line in STELLAR:
        own = abs(grid[red] - line) < BESIDE
        mean[own] = components[:, own] = 0
    return np.column_stack([grid[red], mean, components.T])
