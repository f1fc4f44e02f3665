"""Dropout whose draws XLA makes: several times faster than TensorFlow's own on a processor."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable(package="lcgan")
class Dropout(layers.Dropout):
    """Keras' dropout, drawn by the generator Threefry (Salmon et al. 2011) in compiled code."""

    def call(self, inputs, training=False):
        """Return the inputs, in training each with probability `rate` 0, the others enlarged."""
        if not training or self.rate == 0:
            return inputs
        seed = tf.cast(self.seed_generator.next(), tf.int32)
        return inputs * _kept(tuple(inputs.shape), self.rate, seed)


@tf.function(jit_compile=True, autograph=False)
def _kept(shape: tuple[int, ...], rate: float, seed: tf.Tensor) -> tf.Tensor:
    """Return the factors, 0 or 1 / (1 - rate), so that their mean is 1."""
    drawn = tf.random.stateless_uniform(shape, seed, alg="threefry")
    return tf.where(drawn >= rate, 1 / (1 - rate), 0.0)
