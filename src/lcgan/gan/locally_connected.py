"""Locally connected convolution: a kernel of its own at every position (the paper, Figure 2)."""

import functools

import keras
import tensorflow as tf
from keras import layers

from lcgan.gan import local_products as local

#: From each data format to (length, channels, batch), which the sums want, and back.
ORDERS = {
    "batch_last": ((0, 1, 2), (0, 1, 2)),
    "channels_first": ((2, 1, 0), (2, 1, 0)),
    "channels_last": ((1, 2, 0), (2, 0, 1)),
}


def output_length(length: int, kernel_size: int, strides: int, padding: str) -> int:
    """Return the length that comes out of a locally connected layer (the paper, eq. 6).

    Examples
    --------
    >>> output_length(3700, 5, 1, "valid"), output_length(3700, 5, 2, "same")
    (3696, 1850)
    """
    if padding == "same":
        return -(-length // strides)
    return (length - kernel_size) // strides + 1


def locally_connected(
    x: tf.Tensor,
    kernel: tf.Tensor,
    bias: tf.Tensor,
    strides: int = 1,
    gain: float = 1.0,
) -> tf.Tensor:
    """Slide unshared kernels over `x`: gain (Σ_tc x[l·s + t,c,b] kernel[l,t,c,f] + bias[l,f]).

    The gradient is written by hand, since differentiating the sums would not give loops as fast as
    theirs. Values and gradients are each compiled by themselves: compiled together with what comes
    before, XLA would compute that anew for every product, or turn it in memory as it likes. So are
    the gradients of x and of the weights: TensorFlow leaves out the one that nobody asks for.

    Parameters
    ----------
    x : Tensor, shape (length, channels, batch)
        Padded already. Why the batch is last, `lcgan.gan.local_products` says.
    kernel : Tensor, shape (output length, kernel_size, channels, filters)
        The weights of every position.
    bias : Tensor, shape (output length, filters)
        The bias of every position.
    strides : int
        Pixels between neighbouring outputs.
    gain : float
        A factor on all of it.

    Returns
    -------
    Tensor, shape (output length, filters, batch)
        Without activation (the paper, eq. 2 with c_i its own at each t).
    """

    @tf.custom_gradient
    def forward(x, kernel, bias):
        def backward(upstream):
            of_x = compiled(_gradient_of_x)(kernel, upstream, x.shape[0], strides, gain)
            seen = tf.transpose(x, (0, 2, 1)) if kernel.shape[3] == 1 else x
            turned = tf.transpose(upstream, (0, 2, 1))  # here, or XLA would do so at each use
            given = (upstream, turned, kernel.shape, strides, gain)
            return local.woven(of_x, x.shape[0]), *compiled(_gradient_of_weights)(seen, *given)

        return compiled(_value)(x, kernel, bias, strides, gain), backward

    def compiled(function):
        return _compiled(function, (x.shape, kernel.shape, strides, gain))

    return forward(x, kernel, bias)


@functools.cache
def _compiled(function, shapes: tuple):
    """Return `function` compiled for the shapes of one layer."""
    return tf.function(function, jit_compile=True, autograph=False)


def _value(x, kernel, bias, strides: int, gain: float) -> tf.Tensor:
    """Return the layer's output before its activation."""
    return gain * (local.product(x, kernel, strides) + bias[..., None])


def _gradient_of_x(kernel, upstream, length: int, strides: int, gain: float) -> list:
    """Return the gradient of x, in parts."""
    return [gain * part for part in local.gradient_of_x(length, kernel, upstream, strides)]


def _gradient_of_weights(x, upstream, turned, shape: tuple, strides: int, gain: float) -> tuple:
    """Return the gradients of the kernel and of the bias."""
    of_kernel = local.gradient_of_kernel(x, shape, turned, strides)
    return gain * of_kernel, gain * tf.reduce_sum(upstream, 2)


@keras.saving.register_keras_serializable(package="lcgan")
class LocallyConnected1D(layers.Layer):
    """One-dimensional locally connected layer; Keras 3 has none.

    Parameters
    ----------
    filters : int
        Channels that come out.
    kernel_size : int
        Pixels that each output sees.
    strides : int
        Pixels between neighbouring outputs.
    padding : {"valid", "same"}
        "same" pads with zeros to ceil(length / strides) outputs.
    activation : str or callable, optional
        Applied after the bias (the paper, eq. 3).
    use_bias : bool
        Whether every output position has a bias of its own.
    data_format : {"channels_last", "channels_first", "batch_last"}
        "batch_last", (length, channels, batch), spares transpositions; the others are Keras' own.
    kernel_initializer, bias_initializer : str or Initializer
        Each position's kernel has fan-in kernel_size × channels.
    shared_start : bool
        Whether all positions start from one kernel, as an ordinary convolution; training then
        moves them apart. What is smooth along the wavelength passes such a layer smoothly, where
        independent kernels would scramble it from pixel to pixel.
    gain : float
        Kernel and bias are kept divided by it and used multiplied by it. The steps of RMSprop do
        not depend on the gradient's size, so this is also the factor on how fast it moves the
        layer: the equalised learning rate of Karras et al. (2018), with one factor for all layers.

    Notes
    -----
    Weights: kernel (output length, kernel_size, channels, filters), bias (output length, filters).
    """

    def __init__(
        self,
        filters: int,
        kernel_size: int,
        strides: int = 1,
        padding: str = "valid",
        activation=None,
        use_bias: bool = True,
        data_format: str = "channels_last",
        kernel_initializer="he_normal",
        bias_initializer="zeros",
        shared_start: bool = False,
        gain: float = 1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if padding not in ("valid", "same"):
            raise ValueError(f"padding {padding!r}: use 'valid' or 'same'")
        if data_format not in ORDERS:
            raise ValueError(f"data_format {data_format!r}: use one of {', '.join(ORDERS)}")
        if min(filters, kernel_size, strides) < 1:
            raise ValueError("filters, kernel_size and strides must be at least 1")
        self.filters, self.kernel_size, self.strides = filters, kernel_size, strides
        self.padding, self.data_format, self.use_bias = padding, data_format, use_bias
        self.activation = keras.activations.get(activation)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.shared_start, self.gain = shared_start, gain

    def build(self, input_shape):
        """Make a kernel and a bias for every output position."""
        length, channels = self._length_and_channels(input_shape)
        if length is None or channels is None:
            raise ValueError("a locally connected layer must know its input's length and channels")
        out = output_length(length, self.kernel_size, self.strides, self.padding)
        if out < 1:
            raise ValueError(f"length {length} is shorter than kernel_size {self.kernel_size}")
        kernels, biases = self._n_kernels(out)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(kernels, self.kernel_size, channels, self.filters),
            initializer=Divided(
                _PerPosition(self.kernel_initializer, self.shared_start), self.gain
            ),
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(biases, self.filters),
                initializer=Divided(self.bias_initializer, self.gain),
            )

    def _n_kernels(self, out: int) -> tuple[int, int]:
        """Return how many kernels and how many biases there are for `out` positions."""
        return out, out

    def call(self, x):
        """Return the layer's output, its axes in the order of the data format."""
        into, back = ORDERS[self.data_format]
        x = self._padded(tf.transpose(x, into))
        kernel = tf.convert_to_tensor(self.kernel)
        none = self.bias is None
        bias = tf.zeros(kernel.shape[::3]) if none else tf.convert_to_tensor(self.bias)
        return self.activation(tf.transpose(self._value(x, kernel, bias), back))

    def _value(self, x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor) -> tf.Tensor:
        """Return what comes before the activation, shape (output length, filters, batch)."""
        return locally_connected(x, kernel, bias, self.strides, self.gain)

    def _padded(self, x: tf.Tensor) -> tf.Tensor:
        """Return x, shape (length, channels, batch), with zeros before and after."""
        length = x.shape[0]
        if self.padding == "valid":
            return x
        out = output_length(length, self.kernel_size, self.strides, self.padding)
        total = max((out - 1) * self.strides + self.kernel_size - length, 0)
        return tf.pad(x, [[total // 2, total - total // 2], [0, 0], [0, 0]])

    def _length_and_channels(self, shape) -> tuple[int | None, int | None]:
        return tuple(shape[axis] for axis in ORDERS[self.data_format][0][:2])

    def compute_output_shape(self, input_shape):
        """Return the output's shape in the layer's data format."""
        into, back = ORDERS[self.data_format]
        length, _, batch = (input_shape[axis] for axis in into)
        out = output_length(length, self.kernel_size, self.strides, self.padding)
        own = (out, self.filters, batch)
        return tuple(own[axis] for axis in back)

    def get_config(self):
        """Return what is needed to make the layer anew."""
        return {
            **super().get_config(),
            "filters": self.filters,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "padding": self.padding,
            "activation": keras.activations.serialize(self.activation),
            "use_bias": self.use_bias,
            "data_format": self.data_format,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
            "shared_start": self.shared_start,
            "gain": self.gain,
        }


class _PerPosition(keras.initializers.Initializer):
    """Draw each position's kernel as a dense kernel of its fan-in; or one kernel for them all."""

    def __init__(self, initializer, shared: bool):
        self.initializer = initializer
        self.shared = shared

    def __call__(self, shape, dtype=None):
        """Return weights, shape (out, kernel_size, channels, filters)."""
        out, taps, channels, filters = shape
        drawn = 1 if self.shared else out
        flat = self.initializer((taps * channels, filters * drawn), dtype=dtype)
        kernel = keras.ops.reshape(flat, (taps, channels, filters, drawn))
        return keras.ops.repeat(keras.ops.transpose(kernel, (3, 0, 1, 2)), out // drawn, axis=0)


class Divided(keras.initializers.Initializer):
    """Draw weights and divide them by a number."""

    def __init__(self, initializer, number: float):
        self.initializer = initializer
        self.number = number

    def __call__(self, shape, dtype=None):
        """Return the weights, divided."""
        return self.initializer(shape, dtype=dtype) / self.number
