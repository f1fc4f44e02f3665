"""WGAN-GP: dense layers with Wasserstein's distance and a gradient penalty (Gulrajani et al. 2017).

The generator's layers are SGAN's, in LCGAN's units and with the same centre, so that what locally
connected layers do is seen apart from what the training does.
"""

import keras
import numpy as np
from keras import layers

from lcgan.gan.lcgan import scaling
from lcgan.gan.objectives import Wasserstein
from lcgan.gan.sgan import UNITS

__all__ = ["build_discriminator", "build_generator", "objective", "optimizer", "scaling"]


def build_generator(settings, real: np.ndarray, units=None) -> keras.Model:
    """Build the generator: z, shape (batch, latent) → spectra, shape (batch, L), in its units."""
    z = keras.Input((settings.latent,), name="z")
    x = z
    for number, units in enumerate(UNITS, start=1):
        x = layers.LeakyReLU(settings.leaky_slope)(layers.Dense(units, name=f"dense{number}")(x))
    return keras.Model(z, layers.Dense(real.shape[1], name="output")(x), name="wgan_generator")


def build_discriminator(settings, n_pixels: int) -> keras.Model:
    """Build the critic: spectra, shape (batch, n_pixels) → height, shape (batch, 1)."""
    spectrum = keras.Input((n_pixels,), name="spectrum")
    x = spectrum
    for number, units in enumerate(reversed(UNITS), start=1):
        x = layers.LeakyReLU(settings.leaky_slope)(layers.Dense(units, name=f"dense{number}")(x))
    return keras.Model(spectrum, layers.Dense(1, name="height")(x), name="wgan_critic")


def optimizer(learning_rate: float) -> keras.optimizers.Optimizer:
    """Return the optimizer of Gulrajani et al. (2017)."""
    return keras.optimizers.Adam(learning_rate, beta_1=0.0, beta_2=0.9)


def objective(settings, real):
    """Return Wasserstein's distance with the penalty of `settings`; `real` is not used."""
    return Wasserstein(settings.penalty)
