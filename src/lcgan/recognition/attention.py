"""The eight-step channel attention of the paper's Figure 6."""

import keras
from keras import layers

from lcgan.recognition.convolution import Convolution


@keras.saving.register_keras_serializable(package="lcgan")
class ChannelAttention(layers.Layer):
    """Weigh channels by what they hold at most and on average (the paper, Figure 6).

    A 1×1 convolution makes c channels (stages 1, 2); their maximum and average over the
    wavelength (3) are concatenated (4) and sent through a dense layer 2c → c with a sigmoid (5),
    whose weights, repeated along the wavelength (6), multiply the channels (7, 8).

    Parameters
    ----------
    channels : int
        c, the number of channels that come out.

    Notes
    -----
    Input shape (batch, length, any), output shape (batch, length, c).
    """

    def __init__(self, channels: int, **kwargs):
        super().__init__(**kwargs)
        self.channels = channels
        self.convolution = Convolution(channels, 1, name="convolution")
        self.weighing = layers.Dense(channels, activation="sigmoid", name="weighing")

    def build(self, input_shape):
        """Make the weights of the convolution and of the dense layer."""
        self.convolution.build(input_shape)
        self.weighing.build((input_shape[0], 2 * self.channels))

    def weights_of(self, x):
        """Return the stage-2 channels and their attention weights, shapes (B, L, c) and (B, c)."""
        channels = self.convolution(x)
        pooled = keras.ops.concatenate(
            [keras.ops.max(channels, axis=1), keras.ops.mean(channels, axis=1)], axis=-1
        )
        return channels, self.weighing(pooled)

    def call(self, x):
        """Return the weighted channels, shape (batch, length, c)."""
        channels, weights = self.weights_of(x)
        return channels * weights[:, None, :]

    def compute_output_shape(self, input_shape):
        """Return (batch, length, c)."""
        return (*input_shape[:-1], self.channels)

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "channels": self.channels}
