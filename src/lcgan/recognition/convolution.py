"""Convolution along the wavelength whose kernel's gradient is a matrix product per tap."""

import keras
import tensorflow as tf
from keras import layers

#: What Conv1D can do otherwise and `Convolution` cannot.
_ONLY = {
    "padding": "same",
    "strides": (1,),
    "dilation_rate": (1,),
    "groups": 1,
    "use_bias": True,
    "data_format": "channels_last",
}


@keras.saving.register_keras_serializable(package="lcgan")
class Convolution(layers.Conv1D):
    """Keras' Conv1D, stride 1, "same", quicker to train on processors with AVX2 alone.

    The kernel's gradient is one matrix product per tap: oneDNN's own kernel for it takes three
    times as long there as the convolution, these products 1.3 times; with AVX-512 both take as
    long as the convolution. The bias is added where the convolution is done. Answers and gradients
    are Conv1D's but for the order of summation.

    Parameters
    ----------
    filters, kernel_size : int
        `kernel_size` is odd.
    activation : str, optional
        "relu" or none.
    **kwargs
        `name`, initialisers, regularisers and what else changes no sum of Conv1D's.

    Raises
    ------
    ValueError
        If `kernel_size` is even, `activation` another, or there are strides, gaps or groups in the
        convolution, no bias, or channels first.

    Notes
    -----
    Input shape (batch, length, any), output shape (batch, length, filters); the length at least
    half of `kernel_size`, rounded down.
    """

    def __init__(self, filters: int, kernel_size: int, activation: str | None = None, **kwargs):
        super().__init__(
            filters, kernel_size, **{"padding": "same", **kwargs}, activation=activation
        )
        self._relu = self.activation is keras.activations.relu
        if not self._relu and self.activation is not keras.activations.linear:
            raise ValueError(f"activation {activation}: is to be relu or none")
        if self.kernel_size[0] % 2 == 0:
            raise ValueError(f"kernel_size {kernel_size}: is to be odd")
        for name, only in _ONLY.items():
            if getattr(self, name) != only:
                raise ValueError(f"{name} {getattr(self, name)}: is to be {only}")

    def call(self, x):
        """Return x convolved."""
        return _convolved(x, self.kernel.value, self.bias.value, self._relu)


def _convolved(x, kernel, bias, relu: bool):
    """Return x convolved, `bias` added, with `relu` what is above 0 of it."""

    @tf.custom_gradient
    def convolved(x, kernel, bias):
        # on four axes, or TensorFlow does not join bias and convolution; ReLU on three, since
        # oneDNN's, joined to them, makes 0 of what is not a number
        flat = {"strides": (1, 1, 1, 1), "padding": "SAME"}
        y = (tf.nn.conv2d(x[:, None], kernel[None], **flat) + bias)[:, 0]
        y = tf.nn.relu(y) if relu else y

        def gradient(upstream):
            if relu:
                upstream = tf.raw_ops.ReluGrad(gradients=upstream, features=y)
            of_x = tf.raw_ops.Conv2DBackpropInput(
                input_sizes=tf.shape(x[:, None]),
                filter=kernel[None],
                out_backprop=upstream[:, None],
                **flat,
            )
            of_bias = tf.raw_ops.BiasAddGrad(out_backprop=upstream)
            return of_x[:, 0], kernel_gradient(x, upstream, kernel.shape[0]), of_bias

        return y, gradient

    return convolved(x, kernel, bias)


def kernel_gradient(x, upstream, size: int):
    """Return the gradient of a "same" convolution's kernel, shape (size, c, f).

    Tap k's is Σ x[b, l + k - size // 2]ᵀ upstream[b, l] over all pixels l of all spectra b.

    Parameters
    ----------
    x : tensor, shape (B, L, c)
        What was convolved.
    upstream : tensor, shape (B, L, f)
        The gradient of what came out.
    size : int
        Taps of the kernel, an odd number.

    Notes
    -----
    The spectra are taken as one long row, shifted without a copy; what the shift carries from one
    spectrum's end into the next is taken out again; `size // 2` is at most L.
    """
    return tf.stack([_tap(x, upstream, k - size // 2) for k in range(size)])


def _tap(x, upstream, shift: int):
    if shift < 0:
        return tf.transpose(_tap(upstream, x, -shift))
    if shift == 0:
        return _product(x, upstream)
    rows = _rows(x)[shift:], _rows(upstream)[:-shift]
    carried = _product(x[1:, :shift], upstream[:-1, -shift:])
    return tf.matmul(*rows, transpose_a=True) - carried


def _product(left, right):
    return tf.matmul(_rows(left), _rows(right), transpose_a=True)


def _rows(x):
    return tf.reshape(x, (-1, x.shape[-1]))
