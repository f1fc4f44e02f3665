"""LCGAN: locally connected convolution with up-sampling (the paper, Figures 3 and 4; P3)."""

import math
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from keras import layers

from lcgan.gan.calibration import calibrate
from lcgan.gan.continuum import Interpolated, Multiplied, knots
from lcgan.gan.convolution import Convolution1D
from lcgan.gan.dense import GainDense
from lcgan.gan.doubling import Doubling
from lcgan.gan.dropout import Dropout, DroppedNoise
from lcgan.gan.locally_connected import LocallyConnected1D
from lcgan.gan.objectives import CrossEntropy
from lcgan.gan.start import line_modes, modes, noise_level, typical_spectrum

#: Units of the generator's dense stem.
STEM = 32
__all__ = [
    "Scaling",
    "build_discriminator",
    "build_generator",
    "calibrate",
    "objective",
    "optimizer",
    "scaling",
]

#: Numbers that shape the continuum, of which two make 95 % of the variance of real O spectra; and
#: numbers that shape the local part.
MODES, NARROW = 3, 8
#: Units that let these depend on z in no straight line; the points between which a continuum runs.
BENT, KNOTS = 16, 40
#: Points of the noise's amplitude, and how far they differ, of how far spectra do.
TILTS, TILTED = 8, 0.3
#: Part of the training lines' spread that lines start with: spectra of a few stars lie in clumps,
#: and weights of N(0, 1) with the whole of it too often between and beyond them (docs/lcgan.md).
LINES = 0.7
#: Spread of the local part at the start, of the real; share of z where it joins that part.
LOCAL, LAID_ON = 0.1, 0.02
#: Pixels over which the units' spread is smoothed.
SPREAD_OVER = 101
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
    """Return LCGAN's units: the deviation from the typical spectrum over a smooth spread.

    With them the generator need not learn the typical spectrum first, a step of RMSprop moves every
    pixel by the same share of how much it varies, and the discriminator weighs them alike. The
    spread is smooth, or its own noise would be a pattern in every spectrum that is generated.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        Standardised training spectra.
    """
    from scipy.ndimage import gaussian_filter1d, median_filter

    spread = flux.std(axis=0, dtype=np.float64)
    spread = median_filter(spread, min(SPREAD_OVER, len(spread)), mode="nearest")
    spread = gaussian_filter1d(spread, SPREAD_OVER / 2, mode="nearest")
    return Scaling(typical_spectrum(flux), np.maximum(spread, 1e-3 * spread.max()))


def build_generator(settings, real: np.ndarray, units: Scaling) -> keras.Model:
    """Build LCGAN's generator.

    Parameters
    ----------
    settings : LcGan
        `train_gan.lcgan` of params.yaml: latent, leaky_slope, gain, fine_gain, output_gain,
        layers, line_modes.
    real : ndarray, shape (N, L) float32
        Training spectra in the GAN's units, of which the start is measured.
    units : Scaling

    Returns
    -------
    keras.Model
        z, shape (batch, latent), N(0, 1) → spectra, shape (batch, L), in the GAN's units.

    Notes
    -----
    A spectrum is the sum of three parts. Local layers alone cannot move the continuum as a whole,
    which reddening does; so dense layers make a smooth continuum of z. Locally connected layers
    with up-sampling refine a few positions to 925 = ceil(3700 / 4); there z itself joins them, and
    two more doublings reach the pixels (900·2·2 = 3600 < 3700). And dropout makes each pixel's
    noise, of an amplitude that depends on z. `lcgan.gan.start` says what the start is.
    """
    n_pixels = real.shape[1]
    z = keras.Input((settings.latent,), name="z")
    parts = [_local(settings, z, n_pixels), _continuum(settings, z, n_pixels)]
    parts.append(DroppedNoise(name="noise")(_amplitude(settings, z, n_pixels)))
    x = layers.Reshape((n_pixels,))(turned(layers.Add()(parts)))
    generator = keras.Model(z, x, name="lcgan_generator")
    _start(generator, settings, units.back(real.astype(np.float64)), units)
    return generator


def _local(settings, z, n_pixels: int):
    """Return the part with locally connected layers, shape (n_pixels, 1, batch)."""
    leaky, lengths = settings.leaky_slope, [n_pixels]
    while len(lengths) <= len(COARSE) + len(FINE) - 1:
        lengths.append(math.ceil(lengths[-1] / 2))
    x = GainDense(NARROW, settings.gain, name="narrow")(z)
    x = layers.LeakyReLU(leaky)(GainDense(STEM, settings.gain, name="stem1")(x))
    x = GainDense(COARSE[0] * lengths[-1], settings.gain, name="stem2")(x)
    x = turned(layers.Reshape((COARSE[0], lengths[-1]))(x))
    for number, filters in enumerate(COARSE, start=1):
        x = local_layer(settings, filters, 3, settings.gain, f"coarse{number}")(x)
        x = Doubling(lengths[-1 - number], name=f"double{number}")(layers.LeakyReLU(leaky)(x))
    noise = layers.Rescaling(LAID_ON)(_LayOn(x.shape[0], name="lay_on")(z))
    x = layers.Concatenate(axis=1)([x, noise])
    for number, filters in enumerate(FINE, start=1):
        x = local_layer(settings, filters, 5, settings.fine_gain, f"fine{number}")(x)
        x = layers.LeakyReLU(leaky)(x)
        if number < len(FINE):
            length = lengths[len(FINE) - 1 - number]
            x = Doubling(length, name=f"double{len(COARSE) + number}")(x)
    return local_layer(settings, 1, 3, settings.output_gain, "output")(x)


def _continuum(settings, z, n_pixels: int):
    """Return what continuum and lines change a spectrum by, shape (n_pixels, 1, batch)."""
    plain = layers.Dense(MODES, kernel_initializer="zeros", name="plain_modes")(z)
    square = layers.Multiply()([plain, plain])
    skewed = layers.Dense(MODES, use_bias=False, kernel_initializer="zeros", name="skewed")(square)
    bent = layers.LeakyReLU(settings.leaky_slope)(GainDense(BENT, name="bend")(z))
    bent = layers.Dense(MODES, kernel_initializer=_normal(0.02), name="bent_modes")(bent)
    points = layers.Dense(KNOTS, name="continuum")(layers.Add()([plain, skewed, bent]))
    factor = Interpolated(n_pixels)(turned(layers.Reshape((1, KNOTS))(points)))
    if settings.line_modes:
        places = layers.Dense(settings.line_modes, kernel_initializer="zeros", name="line_places")(
            z
        )
        changed = GainDense(n_pixels, settings.output_gain, name="line_shapes")(places)
        factor = layers.Add()([factor, turned(layers.Reshape((1, n_pixels))(changed))])
    return Multiplied(name="multiplied")(factor)


def _amplitude(settings, z, n_pixels: int):
    """Return the noise's amplitude, shape (n_pixels, 1, batch), of one spectrum and another."""
    whole = layers.Dense(1, kernel_initializer="zeros", name="noisy")(z)
    tilt = layers.Dense(TILTS, kernel_initializer="zeros", name="noisy_where")(z)
    points = layers.Add()([tilt, layers.Concatenate()([whole] * TILTS)])
    x = Interpolated(n_pixels)(turned(layers.Reshape((1, TILTS))(points)))
    return LocallyConnected1D(
        1,
        1,
        activation="exponential",
        data_format="batch_last",
        kernel_initializer="ones",
        gain=settings.output_gain,
        name="amplitude",
    )(x)


def _start(generator: keras.Model, settings, flux: np.ndarray, units: Scaling) -> None:
    """Give the generator the training spectra's continua and noise, and lines if so set.

    z moves the continuum, by the principal components of its logarithm, the noise and the lines;
    the local part is `LOCAL` of the spread, about the typical spectrum.
    """
    latent, layer = generator.input_shape[1], generator.get_layer
    draw = partial(keras.random.normal, seed=keras.random.SeedGenerator(latent))
    unit = latent**-0.5
    layer("plain_modes").kernel.assign(draw((latent, MODES)) * unit)
    shapes, bends = modes(flux, knots(flux.shape[1], KNOTS), MODES)
    layer("continuum").kernel.assign(shapes)
    layer("skewed").kernel.assign(np.diag(bends))
    layer("multiplied").spectrum.assign((units.offset / units.scale)[:, None, None])
    level, scatter = noise_level(flux)
    amplitude = layer("amplitude")
    amplitude.bias.assign(np.log(level / units.scale)[:, None] / amplitude.gain)
    layer("noisy").kernel.assign(draw((latent, 1)) * unit * scatter)
    layer("noisy_where").kernel.assign(draw((latent, TILTS)) * unit * scatter * TILTED)
    if n := settings.line_modes:
        layer("line_places").kernel.assign(draw((latent, n)) * unit)
        layer("line_shapes").kernel.assign(LINES * line_modes(flux, n) / settings.output_gain)
    output = layer("output")
    tried = keras.random.normal((256, latent), seed=keras.random.SeedGenerator(latent + 1))
    found = np.asarray(keras.Model(generator.input, output.output)(tried))[:, 0]
    share = LOCAL / found.std(axis=1).mean()
    output.kernel.assign(output.kernel * share)
    output.bias.assign(output.bias - found.mean(axis=1, keepdims=True) * share / output.gain)


def build_discriminator(settings, n_pixels: int) -> keras.Model:
    """Build LCGAN's discriminator: spectra, shape (batch, n_pixels) → logit, shape (batch, 1)."""
    spectrum = keras.Input((n_pixels,), name="spectrum")
    x = turned(layers.Reshape((1, n_pixels))(spectrum))
    for number, (filters, size) in enumerate(NARROWING, start=1):
        x = local_layer(settings, filters, size, settings.gain, f"local{number}", strides=2)(x)
        x = layers.LeakyReLU(settings.leaky_slope)(x)
        x = Dropout(settings.dropout)(x)
    x = GainDense(128, settings.gain, name="dense")(layers.Flatten()(turned(x)))
    x = layers.LeakyReLU(settings.leaky_slope)(x)
    x = Dropout(settings.dropout)(x)
    return keras.Model(
        spectrum, GainDense(1, settings.gain, name="logit")(x), name="lcgan_discriminator"
    )


def optimizer(learning_rate: float) -> keras.optimizers.Optimizer:
    """Return the paper's optimizer (Experiment Settings; P4)."""
    return keras.optimizers.RMSprop(learning_rate)


def objective(settings, real):
    """Return eqs. 7 and 8 with the labels of `settings`; `real` is not used."""
    return CrossEntropy(settings)


def local_layer(
    settings, filters: int, size: int, gain: float, name: str, **options
) -> LocallyConnected1D:
    """Return a locally connected layer, in the order that is fast, that starts as a convolution.

    Or the convolution that it starts as, where `settings.layers` says so.
    """
    options |= {"data_format": "batch_last", "padding": "same", "gain": gain, "name": name}
    if settings.layers == "convolution":
        return Convolution1D(filters, size, own_bias=name == "output", **options)
    return LocallyConnected1D(filters, size, shared_start=True, **options)


def _normal(spread: float) -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=spread)


def turned(x):
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
