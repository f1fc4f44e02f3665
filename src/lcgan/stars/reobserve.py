"""Re-observation of one real star as LAMOST would have seen it, many times."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from lcgan.seeds import rng_of
from lcgan.stars import instrument, noise
from lcgan.stars.extinction import transmission
from lcgan.stars.nebula import emission
from lcgan.stars.red_pattern import N_COMPONENTS, red_pattern
from lcgan.stars.rotation import rotate
from lcgan.stars.star import Star

#: ORMASK bit of a pixel whose flux is another star's (a gap of the library). ANDMASK and IVAR
#: are as if observed: its value is sound for a continuum but it is not this star's observation.
FILLED_BIT = 256.0
#: ANDMASK and ORMASK of a pixel without data (IVAR 0), as in public spectra.
DEAD_BIT = 1.0
#: Flux unit: the g band's median is this many times the S/N.
FLUX_PER_SNR = 10.0
#: Below this wavelength (Å) the flux calibration goes astray, as the square of the distance.
BLUE_ERROR_FROM = 4000.0


@dataclass(frozen=True)
class Draws:
    """Everything that is random about N observations of one star; arrays of shape (N, ...)."""

    index: np.ndarray
    ebv: np.ndarray
    slope: np.ndarray
    blue_error: np.ndarray
    radial_velocity: np.ndarray
    snr: np.ndarray
    resolution: np.ndarray
    red_shift: np.ndarray
    v_sin_i: np.ndarray
    nebula: np.ndarray
    calibration: np.ndarray
    join_at: np.ndarray
    join_step: np.ndarray
    join_bump: np.ndarray
    red_arm: np.ndarray
    blue_end: np.ndarray
    red_pattern: np.ndarray
    sky: np.ndarray
    sky_level: np.ndarray
    sky_bright: np.ndarray
    forest: np.ndarray
    noise_scale: np.ndarray
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
    total, error = _noise(sigma, draws, priors, wavelength)
    seen = flux + total * error
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
    n_nodes = len(_calibration_basis(instrument.lamost_wavelength(), priors))
    rows = [
        _draw_one(star.class_, priors, rng_of(seed, "observe", star.name, int(i)), n_nodes)
        for i in index
    ]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return Draws(index=np.asarray(index), **columns)


def _draw_one(class_: str, priors, rng: np.random.Generator, n_nodes: int) -> dict:
    """Draw one observation; the order of the draws is part of the seed's meaning."""
    ebv, snr, join, error = priors.ebv, priors.snr, priors.arm_join, priors.calibration_error
    shift = priors.red_arm_shift
    spread = min(max(rng.standard_normal(), -3), 3)
    drawn = {
        "ebv": _lognormal(rng, ebv.median[class_], ebv.scatter, 0, ebv.maximum),
        "slope": error.slope * min(max(rng.standard_normal(), -3), 3),
        "blue_error": error.blue * rng.standard_normal(),
        "snr": _lognormal(rng, snr.median[class_], snr.scatter, *snr.range),
        "radial_velocity": priors.radial_velocity * min(max(rng.standard_normal(), -4), 4),
        "resolution": 1 + priors.resolution.scatter * spread,
        "red_shift": shift.mean + shift.scatter * min(max(rng.standard_normal(), -3), 3),
        "calibration": rng.standard_normal(n_nodes),
        "join_at": rng.uniform(*join.range),
        "join_step": join.step * rng.standard_normal(),
        "join_bump": join.bump * rng.standard_normal(),
        "red_arm": priors.throughput.red_scatter * rng.standard_normal(),
        "blue_end": priors.throughput.blue_scatter * rng.standard_normal(),
        "red_pattern": priors.red_pattern * rng.standard_normal(N_COMPONENTS),
        "sky": rng.standard_normal(2 * len(noise.SKY_LINES)),
        "sky_level": np.exp(priors.sky.residual_scatter * rng.standard_normal()),
        "sky_bright": np.exp(priors.sky.excess_scatter * rng.standard_normal()),
        "noise_scale": priors.noise.scale * np.exp(priors.noise.scatter * rng.standard_normal()),
    }
    drawn["v_sin_i"], drawn["nebula"] = _draw_hot(class_, priors, rng)
    drawn["dead"] = np.concatenate([_draw_dead(priors.dead, rng), _draw_ends(priors.ends, rng)])
    drawn["white"] = rng.standard_normal(instrument.N_PIXELS + 2)
    drawn["forest"] = rng.standard_normal(instrument.N_PIXELS)
    return drawn


def _draw_hot(class_: str, priors, rng: np.random.Generator) -> tuple[float, float]:
    """Draw v sin i (km/s) that is added, and the equivalent width of nebular Hα (Å)."""
    spin, gas = priors.rotation, priors.nebula
    spins, glows, too_much = rng.random(3)
    v_sin_i = rng.uniform(*spin.range)
    width = gas.h_alpha_width * np.exp(gas.scatter * rng.standard_normal())
    sign = -1 if too_much < gas.over_subtracted else 1
    return (
        v_sin_i * (spins < spin.fraction.get(class_, 0.0)),
        sign * min(width, gas.maximum) * (glows < gas.fraction.get(class_, 0.0)),
    )


def _draw_ends(ends, rng: np.random.Generator) -> np.ndarray:
    """Draw what an instrument that starts late or stops early does not see, as `_draw_dead`."""
    wavelength = instrument.lamost_wavelength()
    starts, stops = rng.random(2) < (ends.blue, ends.red)
    first = int(np.searchsorted(wavelength, rng.uniform(*ends.blue_from)))
    last = int(np.searchsorted(wavelength, rng.uniform(*ends.red_to)))
    return np.array([(0, first * starts, 2), (last, (wavelength.size - last) * stops, 2)])


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
    flux = _starlight(star, draws, priors, wavelength)
    flux *= transmission(wavelength, draws.ebv + draws.slope, priors.r_v)
    mean, components = red_pattern()
    flux *= np.exp(mean + draws.red_pattern @ components)
    basis = _calibration_basis(wavelength, priors)
    error = np.stack([row @ basis for row in draws.calibration])
    error += draws.blue_error[:, None] * np.maximum(0, (BLUE_ERROR_FROM - wavelength) / 300) ** 2
    flux *= np.exp(np.clip(error, -2, 2))
    return flux * instrument.arm_join(
        wavelength, draws.join_at, draws.join_step, draws.join_bump, priors.arm_join.width
    )


def _calibration_basis(wavelength: np.ndarray, priors) -> np.ndarray:
    """Return smooth curves, of every scale, whose sum with N(0, 1) weights is ln(flux error)."""
    return np.concatenate(
        [
            term.amplitude * instrument.smooth_basis(wavelength, term.scale)
            for term in priors.calibration_error.terms
        ]
    )


def _starlight(star: Star, draws: Draws, priors, wavelength: np.ndarray) -> np.ndarray:
    """Return star and nebula at the instrument's resolution, before reddening, shape (N, 3909)."""
    setting = priors.resolution
    fine = instrument.resolution(instrument.fine_wavelength(), setting.blue, setting.red)
    low, high = 1 - 3 * setting.scatter, 1 + 3 * setting.scatter
    # A narrow Gaussian's effect is linear in its variance, that is in FWHM²: two nodes suffice.
    weight = (draws.resolution**2 - high**2) / ((low**2 - high**2) or 1.0)
    sharp, broad = (instrument.blur(star.flux, fine * f, star.fwhm) for f in (low, high))
    flux = _in_pixels(sharp, broad, weight, draws)
    if draws.nebula.any():
        own = instrument.resolution(wavelength, setting.blue, setting.red)
        fwhm = draws.resolution[:, None] * own
        flux += emission(wavelength, flux, draws.nebula, draws.radial_velocity, fwhm)
    return flux


def _in_pixels(sharp, broad, weight, draws: Draws) -> np.ndarray:
    """Mix two resolutions, rotate, and put each arm on the pixels at its velocity."""
    arms = []
    for shift in (0.0, draws.red_shift):
        velocity = draws.radial_velocity + shift
        if draws.v_sin_i.any():
            rows = zip(weight, draws.v_sin_i, velocity, strict=True)
            arms.append(
                np.concatenate(
                    [
                        instrument.to_pixels(rotate(w * sharp + (1 - w) * broad, spin), v[None])
                        for w, spin, v in rows
                    ]
                )
            )
        else:
            one, other = (instrument.to_pixels(part, velocity) for part in (sharp, broad))
            arms.append(weight[:, None] * one + (1 - weight[:, None]) * other)
    red = instrument.lamost_wavelength() > draws.join_at[:, None]
    return np.where(red, arms[1], arms[0])


def _sigma(flux: np.ndarray, draws: Draws, priors, wavelength: np.ndarray) -> np.ndarray:
    """Return the photon noise that gives the drawn S/N, shape (N, 3909)."""
    through = priors.throughput
    red = 0.5 * (1 + np.tanh((wavelength - draws.join_at[:, None]) / priors.arm_join.width))
    blue = np.maximum(0, (through.blue_end - wavelength) / 500)
    factor = np.exp(draws.red_arm[:, None] * red + draws.blue_end[:, None] * blue)
    efficiency = instrument.throughput(wavelength, through.nodes) * factor
    background = through.background * (30 / draws.snr) ** through.background_slope
    sigma = noise.photon_sigma(np.maximum(flux, 0), efficiency, background)
    return noise.to_snr(sigma, flux, draws.snr, wavelength)


def _noise(sigma: np.ndarray, draws: Draws, priors, wavelength: np.ndarray):
    """Return 1/√ivar and the error in units of it, both of shape (N, 3909).

    The variance that LAMOST states holds photons and, at the sky's lines, an excess. The error is
    white noise of somewhat less than that variance, plus what sky subtraction leaves: of the lines
    that are listed, and in the red of the many faint ones.
    """
    sky = priors.sky
    fwhm = instrument.resolution(wavelength, priors.resolution.blue, priors.resolution.red)
    profiles, dipoles = noise.sky_profiles(wavelength, fwhm)
    groups = [getattr(sky, group) for _, group, _ in noise.SKY_LINES]
    excess = np.array([group.excess for group in groups])[:, None] * profiles**2
    bright = draws.sky_bright * (30 / draws.snr) ** sky.excess_slope
    total = sigma * np.sqrt(1 + bright[:, None] * excess.sum(axis=0))
    rms = np.array([group.residual for group in groups])[:, None]
    left = np.concatenate([rms * profiles, sky.dipole * rms * dipoles])
    residual = np.stack([row @ left for row in draws.sky])
    nodes = np.array(sky.forest)
    forest = np.interp(wavelength, nodes[:, 0], nodes[:, 1])
    step = wavelength * np.log(10) * instrument.COEFF1
    residual += forest * noise.smooth_noise(draws.forest, fwhm / step)
    white = noise.correlate(draws.white, priors.noise.correlation)
    error = draws.noise_scale[:, None] * white + draws.sky_level[:, None] * residual
    return total, error


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
