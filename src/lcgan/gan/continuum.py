"""Smooth curves of a few knots, and spectra multiplied by them."""

import keras
import numpy as np
from keras import layers


def knots(length: int, n: int) -> np.ndarray:
    """Return the pixels of n knots, the first and last pixel of `length` among them."""
    return np.linspace(0, length - 1, n).round().astype(int)


@keras.saving.register_keras_serializable(package="lcgan")
class Interpolated(layers.Layer):
    """Interpolate linearly between values at `knots`.

    Parameters
    ----------
    length : int
        Pixels that come out.

    Notes
    -----
    Input shape (n, channels, batch), n at least 2; output shape (length, channels, batch).
    """

    def __init__(self, length: int, **kwargs):
        super().__init__(**kwargs)
        self.length = length

    def build(self, input_shape):
        """Find each pixel's weights of the knots around it."""
        at, n = knots(self.length, input_shape[0]), input_shape[0]
        pixels = np.arange(self.length)
        shares = [np.interp(pixels, at, np.eye(n)[number]) for number in range(n)]
        self.shares = np.stack(shares, axis=1).astype(np.float32)

    def call(self, x):
        """Return shape (length, channels, batch)."""
        return keras.ops.tensordot(keras.ops.convert_to_tensor(self.shares), x, 1)

    def compute_output_shape(self, input_shape):
        """Return (length, channels, batch)."""
        return (self.length, *input_shape[1:])

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "length": self.length}


@keras.saving.register_keras_serializable(package="lcgan")
class Multiplied(layers.Layer):
    """What a spectrum changes by when it is multiplied, as extinction and calibration do.

    Notes
    -----
    ln of the factor, shape (length, 1, batch), to spectrum · (factor - 1) of the same shape. The
    spectrum is a weight, shape (length, 1, 1), that is not trained.
    """

    def build(self, input_shape):
        """Make the spectrum."""
        self.spectrum = self.add_weight(
            name="spectrum", shape=(input_shape[0], 1, 1), initializer="ones", trainable=False
        )

    def call(self, x):
        """Return shape (length, 1, batch)."""
        return self.spectrum * keras.ops.expm1(x)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape
