"""Locally connected convolution: a kernel of its own at every position (the paper, Figure 2)."""

import functools

import keras
import tensorflow as tf
from keras import layers

#: Pixels of a tile at most: with 8 × 8 channels and 5 taps its weights fill half a core's cache.
TILE = 400


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
    x: tf.Tensor, kernel: tf.Tensor, bias: tf.Tensor, strides: int = 1, gain: float = 1.0
) -> tf.Tensor:
    """Slide unshared kernels over `x`: gain (Σ_tc x[b,c,l·s+t] kernel[t,c,f,l] + bias[f,l]).

    The wavelength is innermost and the few products over taps and channels are unrolled, so that
    XLA makes one vector loop of them; the gradient is written by hand, since differentiating the
    unrolled form would not be one. Each is compiled by itself: compiled together with what comes
    before, XLA would compute that anew for every product.

    Parameters
    ----------
    x : Tensor, shape (batch, channels, length)
        Padded already.
    kernel : Tensor, shape (kernel_size, channels, filters, output length)
        The weights of every position.
    bias : Tensor, shape (filters, output length)
        The bias of every position.
    strides : int
        Pixels between neighbouring outputs.
    gain : float
        A factor on all of it.

    Returns
    -------
    Tensor, shape (batch, filters, output length)
        Without activation (the paper, eq. 2 with c_i its own at each t).
    """

    @tf.custom_gradient
    def forward(x, kernel, bias):
        def backward(upstream):
            return compiled(_gradient)(x, kernel, upstream, strides, gain)

        return compiled(_value)(x, kernel, bias, strides, gain), backward

    def compiled(function):
        return _compiled(function, (x.shape[1:], kernel.shape, strides, gain))

    return forward(x, kernel, bias)


@functools.cache
def _compiled(function, shapes: tuple):
    """Return `function` compiled for the shapes of one layer."""
    return tf.function(function, jit_compile=True)


def _value(x, kernel, bias, strides: int, gain: float) -> tf.Tensor:
    """Return the layer's output before its activation."""
    return gain * (_product(x, kernel, strides) + bias)


def _product(x: tf.Tensor, kernel: tf.Tensor, strides: int) -> tf.Tensor:
    """Return the sum of products over taps and channels, as one XLA loop, tile by tile.

    The loop runs over tiles, spectra, filters and pixels, in this order: the weights of a tile
    stay in the cache while all spectra pass.
    """
    taps, channels, filters, out = kernel.shape
    tiles = _tiles(out)
    result = 0.0
    for t in range(taps):
        seen = _by_tile(_tap(x, t, out, strides), tiles)
        weights = tf.reshape(kernel[t], (channels, filters, tiles, -1))
        for c in range(channels):
            result += seen[:, :, c, None] * tf.transpose(weights[c], (1, 0, 2))[:, None]
    return tf.reshape(tf.transpose(result, (1, 2, 0, 3)), (-1, filters, out))


def _gradient(x, kernel, upstream, strides: int, gain: float) -> tuple[tf.Tensor, ...]:
    """Return the gradients of x, shape (batch, channels, length), the kernel and the bias."""
    upstream = gain * upstream
    return (
        _gradient_of_x(x.shape[2], kernel, upstream, strides),
        _gradient_of_kernel(x, kernel.shape, upstream, strides),
        tf.reduce_sum(upstream, 0),
    )


def _gradient_of_x(length: int, kernel, upstream, strides: int) -> tf.Tensor:
    """Return the gradient of x as products of its own, one for each phase of the stride.

    Pixels p = q·s + r with one r see the taps t = r + j·s alone, at the outputs l = q - j: the
    upstream gradient slid over with kernels whose tap j is moved by j outputs.
    """
    taps, channels, _, out = kernel.shape
    places = -(-length // strides)
    tiles = -(-places // TILE)
    whole = -(-places // tiles) * tiles
    phases = []
    for phase in range(strides):
        own = range(phase, taps, strides)
        if not own:
            phases.append(tf.zeros((tf.shape(upstream)[0], channels, places)))
            continue
        moved = [
            tf.pad(tf.transpose(kernel[t], (1, 0, 2)), [[0, 0], [0, 0], [j, whole - out - j]])
            for j, t in enumerate(own)
        ]
        around = tf.pad(upstream, [[0, 0], [0, 0], [len(own) - 1, whole - out]])
        phases.append(_product(around, tf.stack(moved[::-1]), 1)[:, :, :places])
    together = tf.stack(phases, 3) if strides > 1 else phases[0]
    return tf.reshape(together, (-1, channels, places * strides))[:, :, :length]


def _gradient_of_kernel(x, shape: tuple, upstream, strides: int) -> tf.Tensor:
    """Return the gradient of the kernel: for each tap, products summed over the spectra."""
    taps, _, _, out = shape
    return tf.stack(
        [
            tf.reduce_sum(_tap(x, t, out, strides)[:, :, None] * upstream[:, None], 0)
            for t in range(taps)
        ]
    )


def _tiles(length: int) -> int:
    """Return a number of tiles that divides the length, of at most TILE pixels if there is one."""
    wanted = range(-(-length // TILE), length // 64 + 1)
    return next((tiles for tiles in wanted if length % tiles == 0), 1)


def _by_tile(values: tf.Tensor, tiles: int) -> tf.Tensor:
    """Return values, shape (batch, channels, length), as (tiles, batch, channels, pixels)."""
    cut = tf.reshape(values, (-1, values.shape[1], tiles, values.shape[2] // tiles))
    return tf.transpose(cut, (2, 0, 1, 3))


def _tap(x: tf.Tensor, number: int, out: int, strides: int) -> tf.Tensor:
    """Return every stride-th pixel from `number` on, shape (batch, channels, out)."""
    return x[:, :, number : number + strides * (out - 1) + 1 : strides]


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
    data_format : {"channels_last", "channels_first"}
        "channels_first", (batch, channels, length), spares a transposition.
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
    Weights: kernel (kernel_size, channels, filters, output length), bias (filters, output length).
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
        if data_format not in ("channels_last", "channels_first"):
            raise ValueError(
                f"data_format {data_format!r}: use 'channels_last' or 'channels_first'"
            )
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
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.kernel_size, channels, self.filters, out),
            initializer=Divided(
                _PerPosition(self.kernel_initializer, self.shared_start), self.gain
            ),
        )
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.filters, out),
                initializer=Divided(self.bias_initializer, self.gain),
            )

    def call(self, x):
        """Return the layer's output, shape (batch, out, filters) or (batch, filters, out)."""
        last = self.data_format == "channels_last"
        x = tf.transpose(x, (0, 2, 1)) if last else x
        x = tf.pad(x, [[0, 0], [0, 0], self._padding(x.shape[2])])
        kernel = tf.convert_to_tensor(self.kernel)
        none = self.bias is None
        bias = tf.zeros(kernel.shape[2:]) if none else tf.convert_to_tensor(self.bias)
        x = locally_connected(x, kernel, bias, self.strides, self.gain)
        return self.activation(tf.transpose(x, (0, 2, 1)) if last else x)

    def _padding(self, length: int) -> list[int]:
        if self.padding == "valid":
            return [0, 0]
        out = output_length(length, self.kernel_size, self.strides, self.padding)
        total = max((out - 1) * self.strides + self.kernel_size - length, 0)
        return [total // 2, total - total // 2]

    def _length_and_channels(self, shape) -> tuple[int | None, int | None]:
        return tuple(shape[1:]) if self.data_format == "channels_last" else tuple(shape[:0:-1])

    def compute_output_shape(self, input_shape):
        """Return the output's shape in the layer's data format."""
        length, _ = self._length_and_channels(input_shape)
        out = output_length(length, self.kernel_size, self.strides, self.padding)
        last = self.data_format == "channels_last"
        return (input_shape[0], out, self.filters) if last else (input_shape[0], self.filters, out)

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
        """Return weights, shape (kernel_size, channels, filters, out)."""
        taps, channels, filters, out = shape
        drawn = 1 if self.shared else out
        flat = self.initializer((taps * channels, filters * drawn), dtype=dtype)
        kernel = keras.ops.reshape(flat, (taps, channels, filters, drawn))
        return keras.ops.repeat(kernel, out // drawn, axis=3)


class Divided(keras.initializers.Initializer):
    """Draw weights and divide them by a number."""

    def __init__(self, initializer, number: float):
        self.initializer = initializer
        self.number = number

    def __call__(self, shape, dtype=None):
        """Return the weights, divided."""
        return self.initializer(shape, dtype=dtype) / self.number
