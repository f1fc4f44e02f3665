"""Re-observation of one real star as LAMOST would have seen it, many times."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from lcgan.seeds import rng_of
from lcgan.stars import instrument, noise
from lcgan.stars.extinction import transmission
from lcgan.stars.library import Star

#: ORMASK bit of a pixel whose flux is another star's (a gap of the library). ANDMASK and IVAR
#: are as if observed: its value is sound for a continuum but it is not this star's observation.
FILLED_BIT = 256.0
#: ANDMASK and ORMASK of a pixel without data (IVAR 0), as in public spectra.
DEAD_BIT = 1.0
#: Flux unit: the g band's median is this many times the S/N.
FLUX_PER_SNR = 10.0


@dataclass(frozen=True)
class Draws:
    """Everything that is random about N observations of one star; arrays of shape (N, ...)."""

    index: np.ndarray
    ebv: np.ndarray
    radial_velocity: np.ndarray
    snr: np.ndarray
    resolving_power: np.ndarray
    calibration: np.ndarray
    join_at: np.ndarray
    join_step: np.ndarray
    join_bump: np.ndarray
    red_arm: np.ndarray
    blue_end: np.ndarray
    telluric: np.ndarray
    sky: np.ndarray
    sky_level: np.ndarray
    white: np.ndarray
    dead: np.ndarray


@dataclass(frozen=True)
class Observations:
    """N observations of one star on LAMOST's pixels.

    Attributes
    ----------
    flux, ivar, andmask, ormask : ndarray, shape (N, 3909), float32
        ivar is 1/variance of the noise put in; 0 where there are no data.
    truth : ndarray, shape (N, 3909), float32
        Flux before noise: with extinction, calibration error and arm join in it.
    band_snr : dict
        By band letter U, G, R, I, Z, shape (N,): median of flux × √ivar as a header has it.
    draws : Draws
    """

    flux: np.ndarray
    ivar: np.ndarray
    andmask: np.ndarray
    ormask: np.ndarray
    truth: np.ndarray
    band_snr: dict[str, np.ndarray]
    draws: Draws


def reobserve(star: Star, index: np.ndarray, priors, seed: int) -> Observations:
    """Observe a star once for each of `index`.

    Each observation depends on (seed, star, its index) only, not on which others are asked for.

    Parameters
    ----------
    star : Star
    index : ndarray of int, shape (N,)
    priors : lcgan.params.Observe
    seed : int

    Returns
    -------
    Observations
    """
    wavelength = instrument.lamost_wavelength()
    draws = draw(star, index, priors, seed)
    flux = _true_flux(star, draws, priors, wavelength)
    sigma = _sigma(flux, draws, priors, wavelength)
    level = FLUX_PER_SNR * draws.snr / _median(flux, wavelength)
    flux, sigma = flux * level[:, None], sigma * level[:, None]
    profiles = noise.sky_profiles(wavelength, priors.resolution.mean, dict(priors.sky_residual))
    residual = np.stack([row @ profiles for row in draws.sky]) * draws.sky_level[:, None]
    variance = np.sum(profiles**2, axis=0) * draws.sky_level[:, None] ** 2
    seen = flux + sigma * (noise.correlate(draws.white, priors.noise_correlation) + residual)
    total = sigma * np.sqrt(1 + variance)
    filled = instrument.to_pixels(star.filled.astype(float), draws.radial_velocity) > 0
    ormask, andmask = FILLED_BIT * filled, np.zeros_like(seen)
    ivar = total**-2
    dead = _dead_pixels(draws, wavelength)
    ivar[dead > 0] = 0
    andmask[dead > 0] = DEAD_BIT
    ormask[dead > 0] += DEAD_BIT
    seen[dead > 1] = 0
    root = np.sqrt(ivar)
    bands = {band: _band_median(seen * root, wavelength, band) for band in noise.SNR_BANDS}
    single = [a.astype(np.float32) for a in (seen, ivar, andmask, ormask, flux)]
    return Observations(*single, bands, draws)


def draw(star: Star, index: np.ndarray, priors, seed: int) -> Draws:
    """Draw N observations' conditions, each from the generator of (seed, star, index)."""
    n_nodes = instrument.smooth_basis(
        instrument.lamost_wavelength(), priors.calibration_error.scale
    ).shape[0]
    rows = [
        _draw_one(star.class_, priors, rng_of(seed, "observe", star.name, int(i)), n_nodes)
        for i in index
    ]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return Draws(index=np.asarray(index), **columns)


def _draw_one(class_: str, priors, rng: np.random.Generator, n_nodes: int) -> dict:
    """Draw one observation; the order of the draws is part of the seed's meaning."""
    ebv, snr, join, error = priors.ebv, priors.snr, priors.arm_join, priors.calibration_error
    spread = min(max(rng.standard_normal(), -3), 3)
    drawn = {
        "ebv": _lognormal(rng, ebv.median[class_], ebv.scatter, 0, ebv.maximum),
        "snr": _lognormal(rng, snr.median[class_], snr.scatter, *snr.range),
        "radial_velocity": priors.radial_velocity * min(max(rng.standard_normal(), -4), 4),
        "resolving_power": priors.resolution.mean + priors.resolution.scatter * spread,
        "calibration": error.amplitude * rng.standard_normal(n_nodes),
        "join_at": rng.uniform(*join.range),
        "join_step": join.step * rng.standard_normal(),
        "join_bump": join.bump * rng.standard_normal(),
        "red_arm": priors.throughput.red_scatter * rng.standard_normal(),
        "blue_end": priors.throughput.blue_scatter * rng.standard_normal(),
        "telluric": priors.telluric.residual * rng.standard_normal(),
        "sky": rng.standard_normal(len(noise.SKY_LINES)),
        "sky_level": np.exp(priors.sky_scatter * rng.standard_normal()),
    }
    if rng.random() < priors.telluric.left_in:
        drawn["telluric"] = rng.uniform(0.6, 1.0)
    drawn["dead"] = _draw_dead(priors.dead, rng)
    drawn["white"] = rng.standard_normal(instrument.N_PIXELS + 2)
    return drawn


def _draw_dead(dead, rng: np.random.Generator) -> np.ndarray:
    """Draw three stretches without data: rows (first pixel, pixels, 1 masked or 2 also zeroed)."""
    blue, run, band = rng.random(3) < (dead.blue, dead.zero_run, dead.a_band)
    blue_length = int(np.exp(rng.uniform(np.log(20), np.log(dead.blue_pixels))))
    run_length = int(rng.integers(50, dead.zero_run_pixels + 1))
    wavelength = instrument.lamost_wavelength()
    run_start = int(rng.integers(*np.searchsorted(wavelength, (5000.0, 5900.0))))
    first, last = np.searchsorted(wavelength, (7580.0, 7680.0))
    zeroed = 1 + int(rng.random() < 0.4)  # 0.4 of the masked blue ends seen hold zeros
    return np.array(
        [
            (0, blue_length * blue, zeroed),
            (run_start, run_length * run, 2),
            (first, (last - first) * band, 1),
        ]
    )


def _lognormal(rng: np.random.Generator, median, scatter, low, high) -> float:
    """Draw from a lognormal law cut off at `low` and `high`."""
    bounds = [ndtr(np.log(x / median) / scatter) if x > 0 else 0.0 for x in (low, high)]
    return float(median * np.exp(scatter * ndtri(rng.uniform(*bounds))))


def _true_flux(star: Star, draws: Draws, priors, wavelength: np.ndarray) -> np.ndarray:
    """Return the calibrated flux without noise, shape (N, 3909)."""
    low = priors.resolution.mean - 3 * priors.resolution.scatter
    high = priors.resolution.mean + 3 * priors.resolution.scatter
    # A narrow Gaussian's effect is linear in its variance, that is in 1/R²: two nodes suffice.
    weight = (draws.resolving_power**-2 - high**-2) / ((low**-2 - high**-2) or 1.0)
    flux = np.zeros((draws.index.size, instrument.N_PIXELS))
    for part, factor in ((star.flux, 1.0), (star.telluric, draws.telluric[:, None])):
        for power, share in ((low, weight), (high, 1 - weight)):
            blurred = instrument.blur(part, power)
            flux += factor * share[:, None] * instrument.to_pixels(blurred, draws.radial_velocity)
    flux *= transmission(wavelength, draws.ebv, priors.r_v)
    basis = instrument.smooth_basis(wavelength, priors.calibration_error.scale)
    flux *= np.exp(np.stack([row @ basis for row in draws.calibration]))
    return flux * instrument.arm_join(
        wavelength, draws.join_at, draws.join_step, draws.join_bump, priors.arm_join.width
    )


def _sigma(flux: np.ndarray, draws: Draws, priors, wavelength: np.ndarray) -> np.ndarray:
    """Return the photon noise that gives the drawn S/N, shape (N, 3909)."""
    through = priors.throughput
    red = 0.5 * (1 + np.tanh((wavelength - draws.join_at[:, None]) / priors.arm_join.width))
    blue = np.maximum(0, (through.blue_end - wavelength) / 500)
    factor = np.exp(draws.red_arm[:, None] * red + draws.blue_end[:, None] * blue)
    efficiency = instrument.throughput(wavelength, through.nodes) * factor
    background = through.background * 30 / draws.snr
    sigma = noise.photon_sigma(np.maximum(flux, 0), efficiency, background)
    return noise.to_snr(sigma, flux, draws.snr, wavelength)


def _dead_pixels(draws: Draws, wavelength: np.ndarray) -> np.ndarray:
    """Return 0 where there are data, 1 where masked, 2 where also zeroed, shape (N, 3909)."""
    state = np.zeros((draws.index.size, wavelength.size), dtype=np.int8)
    for row, stretches in zip(state, draws.dead, strict=True):
        for start, length, kind in stretches:
            row[start : start + length] = np.maximum(row[start : start + length], kind)
    return state


def _median(flux: np.ndarray, wavelength: np.ndarray) -> np.ndarray:
    """Return the median flux over the g band, shape (N,)."""
    return _band_median(flux, wavelength, "G")


def _band_median(values: np.ndarray, wavelength: np.ndarray, band: str) -> np.ndarray:
    """Return the median over one S/N band, shape (N,)."""
    low, high = noise.SNR_BANDS[band]
    return np.median(values[:, (wavelength >= low) & (wavelength <= high)], axis=1)
