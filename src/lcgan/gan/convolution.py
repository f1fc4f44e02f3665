"""Ordinary convolution in the place of a locally connected layer, to compare with."""

import keras
import tensorflow as tf

from lcgan.gan.locally_connected import LocallyConnected1D


@keras.saving.register_keras_serializable(package="lcgan")
class Convolution1D(LocallyConnected1D):
    """One kernel for all positions; else as `LocallyConnected1D`, from the same start.

    Parameters
    ----------
    own_bias : bool
        Whether every output position still has a bias of its own.

    Notes
    -----
    Weights: kernel (1, kernel_size, channels, filters), bias (1 or output length, filters).
    """

    def __init__(self, *args, own_bias: bool = False, **kwargs):
        super().__init__(*args, **kwargs)
        self.own_bias = own_bias

    def _n_kernels(self, out: int) -> tuple[int, int]:
        return 1, out if self.own_bias else 1

    def _value(self, x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
        """Return what comes before the activation, shape (output length, filters, batch)."""
        found = tf.nn.conv1d(tf.transpose(x, (2, 0, 1)), kernel[0], self.strides, "VALID")
        return self.gain * (tf.transpose(found, (1, 2, 0)) + bias[..., None])

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "own_bias": self.own_bias}
