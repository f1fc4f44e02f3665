"""Batch normalisation by TensorFlow's fused kernel."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable(package="lcgan")
class FusedBatchNorm(layers.Layer):
    """Batch normalisation over (batch, length), in one kernel (Ioffe & Szegedy 2015).

    Keras' own takes the mean and the variance apart, and costs twice the convolution before it on
    (64, 1850, 16); this one calls ``FusedBatchNormV3``.

    Parameters
    ----------
    momentum : float
        Share of the old moving average kept at each step. Keras' default of 0.99 lags for tens of
        epochs where an epoch is some 20 steps.
    epsilon : float
        Added to the variance: channels that vary much less than its root are not scaled up to the
        size of the others. Half of the first layer's channels have variances below 1e-3.

    Notes
    -----
    Input and output shape (batch, length, channels).
    """

    def __init__(self, momentum: float = 0.9, epsilon: float = 1e-3, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum
        self.epsilon = epsilon

    def build(self, input_shape):
        """Make scale, offset and the moving averages, shape (channels,) each."""
        shape = (input_shape[-1],)
        self.gamma = self.add_weight(name="gamma", shape=shape, initializer="ones")
        self.beta = self.add_weight(name="beta", shape=shape, initializer="zeros")
        self.mean = self.add_weight(
            name="moving_mean", shape=shape, initializer="zeros", trainable=False
        )
        self.variance = self.add_weight(
            name="moving_variance", shape=shape, initializer="ones", trainable=False
        )

    def call(self, x, training=False):
        """Normalise by the batch's moments in training, by the moving averages otherwise."""
        moments = (tf.zeros([0]), tf.zeros([0]))
        if not training:
            moments = (self.mean.value, self.variance.value)
        out, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=tf.expand_dims(x, 2),
            scale=self.gamma.value,
            offset=self.beta.value,
            mean=moments[0],
            variance=moments[1],
            epsilon=self.epsilon,
            is_training=bool(training),
        )
        if training:
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * mean)
            self.variance.assign(self.momentum * self.variance + (1 - self.momentum) * variance)
        return tf.squeeze(out, 2)

    def compute_output_shape(self, input_shape):
        """Return the input's shape."""
        return input_shape

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "momentum": self.momentum, "epsilon": self.epsilon}
