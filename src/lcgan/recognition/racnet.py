"""The recognition network: RAC-Net (Zou et al. 2020) as the paper extends it (P6)."""

import math
from collections.abc import Callable
from functools import partial

import keras
from keras import layers

from lcgan.recognition.attention import ChannelAttention
from lcgan.recognition.batch_norm import FusedBatchNorm
from lcgan.recognition.classes import CLASSES
from lcgan.recognition.convolution import Convolution

#: Filters of the residual blocks, after a public re-implementation of RAC-Net.
FILTERS = (16, 16, 32, 32, 64, 64, 128, 128)


def build(
    n_pixels: int = 3700,
    n_classes: int = len(CLASSES),
    batch_norm_momentum: float = 0.9,
    batch_norm_epsilon: float = 1e-3,
    filters: tuple[int, ...] = FILTERS,
    *,
    attention: bool = True,
    residual: bool = True,
    blocks: int = len(FILTERS),
) -> keras.Model:
    """Build the untrained network.

    Parameters
    ----------
    n_pixels : int
        Pixels of a spectrum.
    n_classes : int
        Classes told apart.
    batch_norm_momentum, batch_norm_epsilon : float
        See `FusedBatchNorm`.
    filters : tuple of int
        Filters of each residual block; every block halves the length.
    attention : bool
        Whether channels are weighed; without, their 1×1 convolution stays.
    residual : bool
        Whether a block's input is added to what it makes of it.
    blocks : int
        How many of the blocks are built, from the first.

    Returns
    -------
    keras.Model
        (batch, n_pixels) float32, unit 2-norm (eq. 1) → (batch, n_classes) probabilities.

    Notes
    -----
    A unit-norm spectrum has pixels of about 1/√n_pixels; the first layer multiplies by √n_pixels,
    so that the initial weights meet numbers of order one. That changes no function the network can
    learn.
    """
    spectrum = keras.Input((n_pixels,), name="flux")
    x = layers.Reshape((n_pixels, 1))(spectrum)
    x = layers.Rescaling(math.sqrt(n_pixels), name="to_order_one")(x)
    norm = partial(FusedBatchNorm, batch_norm_momentum, batch_norm_epsilon)
    for number, width in enumerate(filters[:blocks], start=1):
        x = _block(x, width, norm, f"block{number}", attention, residual)
    x = layers.Flatten()(x)
    x = layers.Dense(128, activation="relu", name="dense")(x)
    x = layers.Dense(n_classes, activation="softmax", name="probabilities")(x)
    return keras.Model(spectrum, x, name="racnet")


def _block(x, width: int, norm: Callable, name: str, attention: bool, residual: bool):
    """Return 3 × (convolution + ReLU) + attention, added to a 1×1 shortcut, halved in length."""
    shortcut = Convolution(width, 1, name=f"{name}_shortcut")(x) if residual else None
    for number in (1, 2, 3):
        x = Convolution(width, 3, "relu", name=f"{name}_convolution{number}")(x)
        if number < 3:
            x = norm(name=f"{name}_norm{number}")(x)
    if attention:
        x = ChannelAttention(width, name=f"{name}_attention")(x)
    else:
        x = Convolution(width, 1, name=f"{name}_attention_convolution")(x)
    if residual:
        x = layers.Add(name=f"{name}_add")([x, shortcut])
    x = layers.ReLU(name=f"{name}_relu")(x)
    return layers.MaxPooling1D(2, name=f"{name}_pool")(x)
