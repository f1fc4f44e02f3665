"""The noise of real spectra: the numbers of params.yaml's `throughput`, `noise` and `sky`."""

import numpy as np

from lcgan.spectra.grid import wavelength_grid
from lcgan.stars.alike import Alike, spread
from lcgan.stars.noise import SKY_LINES

#: Nodes of the throughput, Å, and the one that is 1.
NODES = (3725, 3800, 3900, 4000, 4200, 4500, 4750, 5000, 5250, 5500, 5650, 5750, 5850, 5920, 6000)
NODES += (6200, 6500, 6800, 7000, 7200, 7550, 7900, 8100, 8500, 8640)
UNIT = NODES.index(5250)
#: Pixels on each side of a node whose median counts.
HALF = 12
#: Between strong lines of the sky and the Earth's bands, where noise is white, Å.
QUIET = (4400.0, 5500.0)
#: S/N below which noise, and not an unlike star, is what is seen.
FAINT = 40.0


def throughput(real: Alike) -> dict:
    """Fit T and the background of `noise.photon_sigma` to the stated variances.

    With counts C = F T: F ivar = T / (1 + B / C), B = b (30 / snr)^a of the median C, all relative
    to 5250 Å; soft-L1 residuals of the logarithm. What is left by spectrum is the scatter.
    """
    from scipy.optimize import least_squares

    level = np.log(np.maximum(_at_nodes(real.smooth * real.model), 1e-6))
    with np.errstate(divide="ignore"):
        sigma = -0.5 * np.log(_at_nodes(np.where(real.ivar > 0, real.ivar, np.nan)))
    whole = np.isfinite(level).all(axis=1) & np.isfinite(sigma).all(axis=1)
    level, sigma, snr = level[whole], sigma[whole], real.snr[whole]
    level -= level[:, [UNIT]]
    seen = level - 2 * sigma
    seen -= seen[:, [UNIT]]

    def model(p: np.ndarray) -> np.ndarray:
        through = np.insert(p[:-2], UNIT, 0)
        counts = level + through
        counts = counts - np.median(counts, axis=1, keepdims=True)
        background = np.exp(p[-2]) * (30 / snr) ** p[-1]
        answer = through - np.log1p(background[:, None] * np.exp(-counts))
        return answer - answer[:, [UNIT]]

    first = np.append(np.delete(np.median(seen, axis=0), UNIT), [np.log(0.1), 1.0])
    fitted = least_squares(lambda p: (model(p) - seen).ravel(), first, loss="soft_l1", f_scale=0.3)
    left = seen - model(fitted.x)
    blue = np.array(NODES) < 4500
    slope = left[:, blue] @ (4500 - np.array(NODES)[blue]) / 500
    slope /= np.sum(((4500 - np.array(NODES)[blue]) / 500) ** 2)
    through = np.exp(np.insert(fitted.x[:-2], UNIT, 0))
    red = np.median(left[:, np.array(NODES) > 6000], axis=1)
    return {
        "nodes": [[n, round(float(t), 3)] for n, t in zip(NODES, through, strict=True)],
        "background": round(float(np.exp(fitted.x[-2])), 3),
        "background_slope": round(float(fitted.x[-1]), 2),
        "blue_scatter": round(float(spread(slope)), 2),
        "red_scatter": round(float(spread(red)), 2),
        "n": int(whole.sum()),
    }


def noise(real: Alike) -> dict:
    """Measure the error per pixel of faint spectra in units of the stated one."""
    faint = real.take(real.snr < FAINT)
    inside = (wavelength_grid() > QUIET[0]) & (wavelength_grid() < QUIET[1])
    error = faint.in_sigma[:, inside]
    error = error - np.nanmedian(error, axis=1, keepdims=True)
    scale = 1.4826 * np.nanmedian(abs(error), axis=1)
    pairs = np.nanmean(error[:, 1:] * error[:, :-1], axis=1) / np.nanvar(error, axis=1)
    return {
        "scale": round(float(np.nanmedian(scale)), 2),
        "scatter": round(float(spread(np.log(scale))), 2),
        "correlation": round(float(np.nanmedian(pairs)), 2),
        "n": len(scale),
    }


def sky(real: Alike) -> dict:
    """Measure what sky lines add to the stated variance and leave in the flux, by group."""
    from scipy.ndimage import median_filter

    grid, found = wavelength_grid(), {}
    with np.errstate(divide="ignore"):
        sigma = np.where(real.ivar > 0, 1 / np.sqrt(real.ivar), np.nan)
    filled = np.where(np.isfinite(sigma), sigma, np.nanmedian(sigma, axis=1, keepdims=True))
    excess = (sigma / median_filter(filled, size=(1, 61))) ** 2 - 1
    error, spreads, slopes = real.in_sigma, [], []
    for name in dict.fromkeys(group for _, group, _ in SKY_LINES):
        over, left = [], []
        for centre, group, strength in SKY_LINES:
            if group == name and grid[3] < centre < grid[-3]:
                pixel = int(np.argmin(abs(grid - centre)))
                near = slice(pixel - 2, pixel + 3)
                over.append(np.nanmax(excess[:, near], axis=1) / strength**2)
                left.append(np.nanmean(error[:, near], axis=1) / strength)
        over, left = np.nanmedian(over, axis=0), np.array(left)
        good = np.isfinite(over) & (over > 0.01)
        slope, at_30 = np.polyfit(np.log(real.snr[good] / 30), np.log(over[good]), 1)
        found[name] = {
            "excess": round(float(np.exp(at_30)), 2),
            "residual": round(float(np.nanmedian(abs(left)) / 0.6745), 2),
        }
        slopes.append(-slope)
        spreads.append(spread(np.log(over[good])))
    found["excess_slope"] = round(float(np.median(slopes)), 2)
    found["excess_scatter"] = round(float(np.median(spreads)), 2)
    return found


def _at_nodes(values: np.ndarray) -> np.ndarray:
    """Return medians about each node, shape (N, n_nodes)."""
    pixels = [int(np.argmin(abs(wavelength_grid() - node))) for node in NODES]
    windows = [values[:, max(0, p - HALF) : p + HALF + 1] for p in pixels]
    with np.errstate(all="ignore"):
        return np.array([np.nanmedian(window, axis=1) for window in windows]).T
