"""O spectra made of the training ones alone, without a GAN: SMOTE and re-observation."""

from dataclasses import dataclass

import numpy as np

from lcgan.errors import UserError
from lcgan.spectra.grid import LOG10_STEP, wavelength_grid
from lcgan.spectra.standardise import standardise
from lcgan.stars.extinction import transmission

#: Speed of light, km/s (exact, SI).
SPEED_OF_LIGHT = 299_792.458
#: A pixel of the packed grid as a velocity, km/s.
PIXEL_VELOCITY = SPEED_OF_LIGHT * (10**LOG10_STEP - 1)
#: A(V) / E(B-V), the diffuse Galactic mean.
R_V = 3.1


@dataclass(frozen=True)
class Making:
    """How spectra are made: see `train_classifier.making` in params.yaml."""

    smote_neighbours: int
    mixup_alpha: float
    ebv: float
    radial_velocity: float
    noise: float


def smote(own: np.ndarray, others: np.ndarray, n: int, neighbours: int, seed: int) -> np.ndarray:
    """Return a class made up to `n` spectra by SMOTE, its own spectra first.

    Parameters
    ----------
    own, others : ndarray, shape (k, L) and (m, L)
        Standardised spectra of the class, and of another that imbalanced-learn wants to see.
    n : int
        How many; where there are more already, the first.
    neighbours : int
        Among which the other end of each line is drawn; k - 1 at most.
    seed : int

    Returns
    -------
    ndarray, shape (n, L) float32
        Standardised.

    Raises
    ------
    UserError
        If there are fewer than two spectra.

    Notes
    -----
    x + u (y - x), u ~ U(0, 1), y one of the nearest neighbours of x (Chawla et al. 2002, JAIR 16,
    321), by imbalanced-learn.
    """
    from imblearn.over_sampling import SMOTE

    if n <= len(own):
        return own[:n]
    if len(own) < 2:
        raise UserError("smote: needs two O spectra on either side of the 7:3; raise the number")
    sampler = SMOTE(
        sampling_strategy={0: n}, k_neighbors=min(neighbours, len(own) - 1), random_state=seed
    )
    classes = np.repeat([0, 1], [len(own), len(others)])
    made, of = sampler.fit_resample(np.concatenate([own, others]), classes)
    return standardise(made[of == 0])


def reobserve_spectra(
    flux: np.ndarray, ivar: np.ndarray, n: int, making: Making, rng: np.random.Generator
) -> np.ndarray:
    """Return spectra as the same stars behind other dust, at other velocities, with more noise.

    Parameters
    ----------
    flux, ivar : ndarray, shape (k, 3700)
        On the packed grid, in any unit and its inverse square; ivar 0 marks pixels without data.
    n : int
        How many; the first k are the spectra as they are, then each is taken as often as any other
        but one.
    making : Making
        ebv: r.m.s. of the change of E(B-V), mag, of either sign; radial_velocity: r.m.s. of the
        shift, km/s; noise: r.m.s. of the added noise in units of each pixel's own error.
    rng : Generator

    Returns
    -------
    ndarray, shape (n, 3700) float32
        Standardised.

    Notes
    -----
    Starts from the spectra themselves, with the noise that they have, and knows nothing of the
    stars behind them. Shifts interpolate linearly between pixels; beyond an end its value holds.
    """
    wavelength = wavelength_grid()
    pick = np.concatenate([np.arange(len(flux)), _evenly(len(flux), max(0, n - len(flux)), rng)])
    pick, fresh = pick[:n], (np.arange(n) >= len(flux)).astype(float)
    spectra = np.asarray(flux, float)[pick]
    error = np.sqrt(np.divide(1.0, ivar, out=np.zeros(ivar.shape), where=ivar > 0))[pick]
    dust = transmission(wavelength, fresh * rng.normal(0, making.ebv, n), R_V)
    velocity = fresh * rng.normal(0, making.radial_velocity, n)
    pixels = np.arange(len(wavelength))
    spectra = np.stack(
        [
            np.interp(pixels - shift, pixels, one)
            for one, shift in zip(spectra * dust, velocity / PIXEL_VELOCITY, strict=True)
        ]
    )
    more = fresh * np.abs(rng.normal(0, making.noise, n))
    noise = rng.standard_normal(spectra.shape) * error * dust
    return standardise(spectra + more[:, None] * noise)


def _evenly(k: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Return n of 0 to k - 1, each as often as any other but one, in a drawn order."""
    rounds = [rng.permutation(k) for _ in range(-(-n // k))]
    return np.concatenate([*rounds, np.empty(0, int)])[:n].astype(int)
