"""Up-sampling by two: from 900 numbers to a spectrum, layer by layer (the paper, Figure 3)."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable(package="lcgan")
class Doubling(layers.Layer):
    """Up-sample by two, linearly between positions, cut to `length`.

    Parameters
    ----------
    length : int
        Positions that come out: twice those that go in, or fewer.

    Notes
    -----
    Input shape (n, channels, batch), output shape (length, channels, batch).
    """

    def __init__(self, length: int, **kwargs):
        super().__init__(**kwargs)
        self.length = length

    def call(self, x):
        """Return shape (length, channels, batch)."""
        return doubled(x, self.length)

    def compute_output_shape(self, input_shape):
        """Return (length, channels, batch)."""
        return (self.length, *input_shape[1:])

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {**super().get_config(), "length": self.length}


def doubled(x: tf.Tensor, length: int) -> tf.Tensor:
    """Put two positions in the place of each, a quarter of the way to its neighbours.

    Parameters
    ----------
    x : Tensor, shape (n, channels, batch)
    length : int
        At most 2 n.

    Returns
    -------
    Tensor, shape (length, channels, batch)
        out[2i] = ¾ x[i] + ¼ x[i-1], out[2i+1] = ¾ x[i] + ¼ x[i+1]; beyond the ends, the end's own.
        Both ways are compiled by XLA into one loop; in parts, the slices cost more than the sums.
    """

    @tf.custom_gradient
    def forward(x):
        return _double(x, length), lambda upstream: _double_transposed(upstream, x.shape[0])

    return forward(x)


@tf.function(jit_compile=True)
def _double(x: tf.Tensor, length: int) -> tf.Tensor:
    """Return the positions doubled."""
    before = tf.concat([x[:1], x[:-1]], 0)
    after = tf.concat([x[1:], x[-1:]], 0)
    pairs = tf.stack([0.75 * x + 0.25 * before, 0.75 * x + 0.25 * after], 1)
    return tf.reshape(pairs, (2 * x.shape[0], x.shape[1], -1))[:length]


@tf.function(jit_compile=True)
def _double_transposed(upstream: tf.Tensor, n: int) -> tf.Tensor:
    """Return what each of the n positions gave to its two and to its neighbours' next ones."""
    whole = tf.pad(upstream, [[0, 2 * n - upstream.shape[0]], [0, 0], [0, 0]])
    pairs = tf.reshape(whole, (n, 2, upstream.shape[1], -1))
    first, second = pairs[:, 0], pairs[:, 1]
    before = tf.concat([first[:1], second[:-1]], 0)
    after = tf.concat([first[1:], second[-1:]], 0)
    return 0.75 * (first + second) + 0.25 * (before + after)
