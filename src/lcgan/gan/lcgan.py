"""LCGAN: locally connected convolution with up-sampling (the paper, Figures 3 and 4; P3)."""

import math
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from lcgan.gan.dense import GainDense
from lcgan.gan.doubling import Doubling
from lcgan.gan.dropout import Dropout
from lcgan.gan.locally_connected import LocallyConnected1D

#: Units of the generator's dense stem.
STEM = 32
#: Filters of the generator's layers before z joins them, and after: a doubling between any two.
COARSE = (8, 8, 8, 8, 8, 8, 6)
FINE = (6, 4, 4)
#: Filters and kernel sizes of the discriminator's layers, each of which halves the length.
NARROWING = ((4, 9), (4, 7))


@dataclass(frozen=True)
class Scaling:
    """How a GAN's own units relate to standardised flux: own = (flux - offset) / scale.

    Both are numbers, or one number for each pixel, shape (L,).
    """

    offset: float | np.ndarray
    scale: float | np.ndarray

    def into(self, flux: np.ndarray) -> np.ndarray:
        """Return standardised flux, shape (N, L), in the GAN's units."""
        return ((flux - self.offset) / self.scale).astype(np.float32)

    def back(self, values: np.ndarray) -> np.ndarray:
        """Return the GAN's output, shape (N, L), as flux."""
        return values * self.scale + self.offset


def scaling(flux: np.ndarray) -> Scaling:
    """Return LCGAN's units: the deviation from the mean spectrum over its spread, per pixel.

    With them the generator need not learn the mean spectrum first, a step of RMSprop moves every
    pixel by the same share of how much it varies, and the discriminator weighs them alike.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        Standardised training spectra.
    """
    spread = flux.std(axis=0, dtype=np.float64)
    return Scaling(flux.mean(axis=0, dtype=np.float64), np.maximum(spread, 1e-3 * spread.max()))


def build_generator(settings, real: np.ndarray) -> keras.Model:
    """Build LCGAN's generator.

    Parameters
    ----------
    settings : Gan
        `train_gan.lcgan` of params.yaml: latent, leaky_slope, gain.
    real : ndarray, shape (N, L) float32
        Training spectra in the GAN's units; only their length is used.

    Returns
    -------
    keras.Model
        z, shape (batch, latent), N(0, 1) → spectra, shape (batch, L), in the GAN's units: with
        its biases at zero the output layer starts at the mean training spectrum, and its kernel
        is scaled to a spread of 1 about it, as the training spectra have.

    Notes
    -----
    Local layers alone cannot move the continuum as a whole, which reddening does; so a dense stem
    of z makes a few channels of 8 positions, which locally connected layers and doublings refine
    to 925 = ceil(3700 / 4). There z itself, laid on the positions, joins them, and two more
    doublings reach the pixels (900·2·2 = 3600 < 3700). Every layer starts as a convolution, which
    keeps the continuum smooth.
    """
    n_pixels, leaky = real.shape[1], settings.leaky_slope
    lengths = [n_pixels]
    while len(lengths) <= len(COARSE) + len(FINE) - 1:
        lengths.append(math.ceil(lengths[-1] / 2))
    z = keras.Input((settings.latent,), name="z")
    x = layers.LeakyReLU(leaky)(GainDense(STEM, settings.gain, name="stem1")(z))
    x = GainDense(COARSE[0] * lengths[-1], settings.gain, name="stem2")(x)
    x = _turned(layers.Reshape((COARSE[0], lengths[-1]))(x))
    for number, filters in enumerate(COARSE, start=1):
        x = layers.LeakyReLU(leaky)(_local(settings, filters, 3, f"coarse{number}")(x))
        x = Doubling(lengths[-1 - number], name=f"double{number}")(x)
    noise = _LayOn(x.shape[0], name="lay_on")(z)
    x = layers.Concatenate(axis=1)([x, noise])
    for number, filters in enumerate(FINE, start=1):
        x = layers.LeakyReLU(leaky)(_local(settings, filters, 5, f"fine{number}")(x))
        if number < len(FINE):
            length = lengths[len(FINE) - 1 - number]
            x = Doubling(length, name=f"double{len(COARSE) + number}")(x)
    output = _local(settings, 1, 9, "output")
    x = layers.Reshape((n_pixels,))(_turned(output(x)))
    generator = keras.Model(z, x, name="lcgan_generator")
    tried = np.random.default_rng(0).standard_normal((256, settings.latent)).astype(np.float32)
    output.kernel.assign(output.kernel / np.std(generator(tried), axis=0).mean())
    return generator


def build_discriminator(settings, n_pixels: int) -> keras.Model:
    """Build LCGAN's discriminator: spectra, shape (batch, n_pixels) → logit, shape (batch, 1)."""
    spectrum = keras.Input((n_pixels,), name="spectrum")
    x = _turned(layers.Reshape((1, n_pixels))(spectrum))
    for number, (filters, size) in enumerate(NARROWING, start=1):
        x = _local(settings, filters, size, f"local{number}", strides=2)(x)
        x = layers.LeakyReLU(settings.leaky_slope)(x)
        x = Dropout(settings.dropout)(x)
    x = GainDense(128, settings.gain, name="dense")(layers.Flatten()(_turned(x)))
    x = layers.LeakyReLU(settings.leaky_slope)(x)
    x = Dropout(settings.dropout)(x)
    return keras.Model(
        spectrum, GainDense(1, settings.gain, name="logit")(x), name="lcgan_discriminator"
    )


def optimizer(learning_rate: float) -> keras.optimizers.Optimizer:
    """Return the paper's optimizer (Experiment Settings; P4)."""
    return keras.optimizers.RMSprop(learning_rate)


def _local(settings, filters: int, size: int, name: str, strides: int = 1) -> LocallyConnected1D:
    return LocallyConnected1D(
        filters,
        size,
        strides,
        padding="same",
        data_format="batch_last",
        shared_start=True,
        gain=settings.gain,
        name=name,
    )


def _turned(x):
    """Turn (batch, channels, length) into (length, channels, batch), or back."""
    return keras.ops.transpose(x, (2, 1, 0))


@keras.saving.register_keras_serializable(package="lcgan")
class _LayOn(layers.Layer):
    """Lay z on `length` positions, each taking the nearest of z's numbers."""

    def __init__(self, length: int, **kwargs):
        super().__init__(**kwargs)
        self.length = length

    def call(self, x):
        """Return shape (length, 1, batch) of shape (batch, latent)."""
        nearest = np.arange(self.length) * x.shape[1] // self.length
        return keras.ops.take(keras.ops.transpose(x), nearest, axis=0)[:, None]

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "length": self.length}
