"""A spectrum divided by its own pseudo-continuum, as a network's first step."""

import keras
from keras import layers

from lcgan.spectra.continuum import BLOCK, FLOOR, smoothing


@keras.saving.register_keras_serializable(package="lcgan")
class ContinuumDivision(layers.Layer):
    """The lines of a spectrum: `lcgan.spectra.continuum.lines`, so that users give plain flux.

    Parameters
    ----------
    scale : float
        Of the smoothing, pixels.

    Notes
    -----
    Input and output shape (batch, n_pixels); input of unit 2-norm (eq. 1).
    """

    def __init__(self, scale: float, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def build(self, input_shape):
        """Make the smoothing matrix for spectra of this length."""
        n_pixels = input_shape[-1]
        self.matrix = smoothing(n_pixels, self.scale)
        self.floor = FLOOR / n_pixels**0.5

    def call(self, flux):
        """Return the lines, shape (batch, n_pixels)."""
        ops = keras.ops
        means = ops.mean(ops.reshape(flux, (-1, len(self.matrix), BLOCK)), axis=2)
        continuum = ops.maximum(ops.matmul(means, self.matrix), self.floor)
        return ops.clip(flux / continuum - 1, -1, 1)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "scale": self.scale}
