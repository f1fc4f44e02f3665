"""SGAN, the baseline: the dense GAN of Zheng et al. (2020), after their public code (P5)."""

import keras
import numpy as np
from keras import layers

from lcgan.gan.lcgan import Scaling
from lcgan.gan.objectives import CrossEntropy

#: Hidden units of the generator, and reversed of the discriminator.
UNITS = (256, 512, 1024)


def scaling(flux: np.ndarray) -> Scaling:
    """Return the scaling of spectra, shape (N, L), into tanh's range: the largest value to 1."""
    return Scaling(0.0, float(np.abs(flux).max()))


def build_generator(settings, real: np.ndarray, units=None) -> keras.Model:
    """Build SGAN's generator: z, shape (batch, latent) → spectra, shape (batch, L), in [-1, 1].

    Parameters
    ----------
    settings : Gan
        `train_gan.sgan` of params.yaml: latent, leaky_slope.
    real : ndarray, shape (N, L)
        Training spectra; only their length is used.
    units : not used
    """
    z = keras.Input((settings.latent,), name="z")
    x = z
    for number, units in enumerate(UNITS, start=1):
        first = keras.initializers.RandomNormal(stddev=0.02) if number == 1 else "glorot_uniform"
        x = layers.Dense(units, kernel_initializer=first, name=f"dense{number}")(x)
        x = layers.LeakyReLU(settings.leaky_slope)(x)
    x = layers.Dense(real.shape[1], activation="tanh", name="output")(x)
    return keras.Model(z, x, name="sgan_generator")


def build_discriminator(settings, n_pixels: int) -> keras.Model:
    """Build SGAN's discriminator: spectra, shape (batch, n_pixels) → logit, shape (batch, 1)."""
    spectrum = keras.Input((n_pixels,), name="spectrum")
    x = spectrum
    for number, units in enumerate(reversed(UNITS), start=1):
        first = keras.initializers.RandomNormal(stddev=0.02) if number == 1 else "glorot_uniform"
        x = layers.Dense(units, kernel_initializer=first, name=f"dense{number}")(x)
        x = layers.LeakyReLU(settings.leaky_slope)(x)
        x = layers.Dropout(settings.dropout)(x)
    return keras.Model(spectrum, layers.Dense(1, name="logit")(x), name="sgan_discriminator")


def optimizer(learning_rate: float) -> keras.optimizers.Optimizer:
    """Return the public code's optimizer."""
    return keras.optimizers.Adam(learning_rate, beta_1=0.5)


def objective(settings, real):
    """Return eqs. 7 and 8 with the labels of `settings`; `real` is not used."""
    return CrossEntropy(settings)
