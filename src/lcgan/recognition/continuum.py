"""A spectrum divided by its own pseudo-continuum, as a network's first step."""

import keras
from keras import layers

from lcgan.spectra.continuum import BLOCK, FLOOR, smoothing


@keras.saving.register_keras_serializable(package="lcgan")
class ContinuumDivision(layers.Layer):
    """The lines of a spectrum and after them its colours, so that users give plain flux.

    See `lines` and `colours` of `lcgan.spectra.continuum`.

    Parameters
    ----------
    scale : float
        Of the smoothing, pixels.

    Notes
    -----
    Input shape (batch, n_pixels), of unit 2-norm (eq. 1); output shape (batch, n_pixels +
    n_pixels / BLOCK).
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
        """Return lines and colours."""
        ops = keras.ops
        means = ops.mean(ops.reshape(flux, (-1, len(self.matrix), BLOCK)), axis=2)
        continuum = ops.maximum(ops.matmul(means, self.matrix), self.floor)
        lines = ops.clip(flux / continuum - 1, -1, 1)
        return ops.concatenate([lines, means * flux.shape[1] ** 0.5], axis=1)

    def compute_output_shape(self, input_shape):
        """Return (batch, n_pixels + n_pixels / BLOCK)."""
        return (input_shape[0], input_shape[1] + input_shape[1] // BLOCK)

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "scale": self.scale}
