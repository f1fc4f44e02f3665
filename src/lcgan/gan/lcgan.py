"""LCGAN: locally connected convolution with up-sampling (the paper, Figures 3 and 4; P3)."""

import math
from dataclasses import dataclass

import keras
import numpy as np
from keras import layers

from lcgan.gan.locally_connected import LocallyConnected1D


@dataclass(frozen=True)
class Scaling:
    """How a GAN's own units relate to standardised flux: own = (flux - offset) / scale."""

    offset: float
    scale: float

    def into(self, flux: np.ndarray) -> np.ndarray:
        """Return standardised flux, any shape, in the GAN's units."""
        return ((flux - self.offset) / self.scale).astype(np.float32)

    def back(self, values: np.ndarray) -> np.ndarray:
        """Return the GAN's output, any shape, as flux."""
        return values * self.scale + self.offset


def scaling(flux: np.ndarray) -> Scaling:
    """Return the scaling that gives unit-norm spectra, shape (N, L), a root mean square of 1."""
    return Scaling(0.0, 1 / math.sqrt(flux.shape[1]))


@keras.saving.register_keras_serializable(package="lcgan")
class UnitMeanSquare(layers.Layer):
    """Give every spectrum a mean square of 1: eq. 1 in the GAN's units."""

    def call(self, x):
        """Return `x`, shape (batch, L), divided by its root mean square."""
        mean_square = keras.ops.mean(keras.ops.square(x), axis=-1, keepdims=True)
        return x * keras.ops.rsqrt(mean_square + 1e-8)


def build_generator(settings, real: np.ndarray) -> keras.Model:
    """Build LCGAN's generator.

    Parameters
    ----------
    settings : Gan
        `train_gan.lcgan` of params.yaml: latent, leaky_slope.
    real : ndarray, shape (N, L) float32
        Training spectra in the GAN's units. They set where the output layer starts: its bias per
        pixel at their mean, its kernels in proportion to their standard deviation per pixel.

    Returns
    -------
    keras.Model
        z, shape (batch, latent), N(0, 1) → spectra, shape (batch, L), of mean square 1.

    Notes
    -----
    Local layers alone cannot move the continuum as a whole, which reddening does; so a dense stem
    of the same z, a few channels at a quarter of the resolution, stands beside z itself before the
    local layers. 900·2·2 = 3600 < 3700: z is first laid on ceil(L / 4) = 925 positions.
    """
    n_pixels, quarter = real.shape[1], math.ceil(real.shape[1] / 4)
    leaky = settings.leaky_slope
    z = keras.Input((settings.latent,), name="z")
    stem = layers.Dense(128, kernel_initializer="he_normal", name="stem1")(z)
    stem = layers.LeakyReLU(leaky)(stem)
    stem = layers.Dense(4 * quarter, name="stem2")(stem)
    stem = layers.Reshape((4, quarter))(stem)
    noise = layers.Reshape((settings.latent, 1))(z)
    noise = _LayOn(quarter, name="lay_on")(noise)
    x = layers.Concatenate(axis=1)([stem, noise])
    for number, (filters, size) in enumerate(((6, 5), (6, 5), (4, 5)), start=1):
        if number > 1:
            x = _Double(name=f"double{number - 1}")(x)
        x = _local(filters, size, f"local{number}")(x)
        x = layers.LeakyReLU(leaky)(x)
    x = _Crop(n_pixels, name="crop")(x)
    output = _local(1, 9, "output")
    x = layers.Reshape((n_pixels,))(output(x))
    generator = keras.Model(z, UnitMeanSquare(name="unit_mean_square")(x), name="lcgan_generator")
    spread = real.std(0) + 1e-3
    output.kernel.assign(output.kernel * (0.5 * spread)[None, None, None, :])
    output.bias.assign(real.mean(0)[None, :])
    return generator


def build_discriminator(settings, n_pixels: int) -> keras.Model:
    """Build LCGAN's discriminator: spectra, shape (batch, n_pixels) → logit, shape (batch, 1)."""
    spectrum = keras.Input((n_pixels,), name="spectrum")
    x = layers.Reshape((1, n_pixels))(spectrum)
    for number, (filters, size) in enumerate(((4, 9), (4, 7)), start=1):
        x = _local(filters, size, f"local{number}", strides=2)(x)
        x = layers.LeakyReLU(settings.leaky_slope)(x)
        x = layers.Dropout(settings.dropout)(x)
    x = layers.Dense(128, kernel_initializer="he_normal", name="dense")(layers.Flatten()(x))
    x = layers.LeakyReLU(settings.leaky_slope)(x)
    x = layers.Dropout(settings.dropout)(x)
    return keras.Model(spectrum, layers.Dense(1, name="logit")(x), name="lcgan_discriminator")


def optimizer(learning_rate: float) -> keras.optimizers.Optimizer:
    """Return the paper's optimizer (Experiment Settings; P4)."""
    return keras.optimizers.RMSprop(learning_rate)


def _local(filters: int, size: int, name: str, strides: int = 1) -> LocallyConnected1D:
    return LocallyConnected1D(
        filters, size, strides, padding="same", data_format="channels_first", name=name
    )


@keras.saving.register_keras_serializable(package="lcgan")
class _Double(layers.Layer):
    """Up-sample by two: every position twice (the paper, Figure 3)."""

    def call(self, x):
        """Return shape (batch, channels, 2 · length)."""
        return keras.ops.repeat(x, 2, axis=2)


@keras.saving.register_keras_serializable(package="lcgan")
class _Crop(layers.Layer):
    """Keep the first `length` positions."""

    def __init__(self, length: int, **kwargs):
        super().__init__(**kwargs)
        self.length = length

    def call(self, x):
        """Return shape (batch, channels, length)."""
        return x[:, :, : self.length]

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "length": self.length}


@keras.saving.register_keras_serializable(package="lcgan")
class _LayOn(layers.Layer):
    """Lay z on `length` positions, each taking the nearest of z's numbers."""

    def __init__(self, length: int, **kwargs):
        super().__init__(**kwargs)
        self.length = length

    def call(self, x):
        """Return shape (batch, 1, length) of shape (batch, latent, 1)."""
        nearest = np.arange(self.length) * x.shape[1] // self.length
        return keras.ops.transpose(keras.ops.take(x, nearest, axis=1), (0, 2, 1))

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "length": self.length}
