"""A dense layer whose weights an optimiser moves slowly."""

import keras
from keras import layers

from lcgan.gan.locally_connected import Divided


@keras.saving.register_keras_serializable(package="lcgan")
class GainDense(layers.Layer):
    """A dense layer with weights kept divided by a gain (see `LocallyConnected1D`).

    Parameters
    ----------
    units : int
        Numbers that come out.
    gain : float
        The factor between the weights kept and the weights used.

    Notes
    -----
    Input shape (batch, any), output shape (batch, units).
    """

    def __init__(self, units: int, gain: float = 1.0, **kwargs):
        super().__init__(**kwargs)
        self.units, self.gain = units, gain

    def build(self, input_shape):
        """Make the weights, shape (inputs, units), and the biases, shape (units,)."""
        start = Divided(keras.initializers.HeNormal(), self.gain)
        self.kernel = self.add_weight(
            name="kernel", shape=(input_shape[-1], self.units), initializer=start
        )
        self.bias = self.add_weight(name="bias", shape=(self.units,), initializer="zeros")

    def call(self, x):
        """Return the layer's output, shape (batch, units)."""
        return self.gain * (keras.ops.matmul(x, self.kernel) + self.bias)

    def compute_output_shape(self, input_shape):
        """Return (batch, units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "units": self.units, "gain": self.gain}
