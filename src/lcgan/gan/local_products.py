"""The sums behind the locally connected layer, written so that XLA makes fast loops of them.

All arrays have the position first and the batch last: x (length, channels, batch), kernel
(output length, taps, channels, filters), output (output length, filters, batch). So the batch
fills whole vectors, a weight is read once and broadcast over it, and what a position needs lies
together. Sums over taps are written out; each of those over channels or filters is a short loop
that XLA unrolls.
"""

import tensorflow as tf

#: Spectra in one loop of a sum over the batch: a longer one XLA would not unroll.
LOOP = 32


def product(x: tf.Tensor, kernel: tf.Tensor, strides: int) -> tf.Tensor:
    """Return y[l,f,b] = Σ_tc x[l·strides + t,c,b] kernel[l,t,c,f]."""
    out, taps, _, _ = kernel.shape
    return sum(
        tf.reduce_sum(tap(x, t, out, strides)[:, :, None] * kernel[:, t, :, :, None], 1)
        for t in range(taps)
    )


def gradient_of_x(
    length: int, kernel: tf.Tensor, upstream: tf.Tensor, strides: int
) -> list[tf.Tensor]:
    """Return the gradient of every strides-th position of x, from each of the first ones on.

    Pixels p = q·strides + r with one r see the taps t = r + j·strides alone, at the outputs q - j:
    the transposed product with every strides-th tap. `woven` puts the parts together, outside of
    this compiled code: within, XLA would write them in turn, and in no vectors.

    Returns
    -------
    list of Tensor, shape (ceil(length / strides), channels, batch)
    """
    channels, batch = kernel.shape[2], tf.shape(upstream)[2]
    places = -(-length // strides)
    phases = []
    for phase in range(strides):
        found = tf.zeros((0, channels, batch))
        if phase < kernel.shape[1]:
            found = _transposed(kernel[:, phase::strides], upstream)[:places]
        phases.append(tf.pad(found, [[0, places - found.shape[0]], [0, 0], [0, 0]]))
    return phases


def woven(phases: list[tf.Tensor], length: int) -> tf.Tensor:
    """Return the positions of the parts in turn, the first `length` of them."""
    if len(phases) == 1:
        return phases[0]
    together = tf.stack(phases, 1)
    shape = (-1, together.shape[2], tf.shape(together)[3])
    return tf.reshape(together, shape)[:length]


def gradient_of_kernel(x: tf.Tensor, shape: tuple, upstream: tf.Tensor, strides: int) -> tf.Tensor:
    """Return the gradient of the kernel, Σ_b x[l·strides + t,c,b] upstream[l,f,b].

    Parameters
    ----------
    x : Tensor, shape (length, channels, batch); (length, batch, channels) for one filter
    shape : tuple
        Of the kernel.
    upstream : Tensor, shape (output length, batch, filters)
        Turned, as x may be, since the last axis fills the vectors here.
    strides : int
        Pixels between neighbouring outputs.

    Returns
    -------
    Tensor, shape (output length, taps, channels, filters)
    """
    out, taps, _, filters = shape

    def summed(seen, few):
        if filters == 1:
            return tf.reduce_sum(seen[:, few, :, None] * upstream[:, few, None], 1)
        return tf.reduce_sum(seen[:, :, few, None] * upstream[:, None, few], 2)

    parts = [slice(first, first + LOOP) for first in range(0, upstream.shape[1], LOOP)]
    taps_seen = [tap(x, t, out, strides) for t in range(taps)]
    return tf.stack([sum(summed(seen, few) for few in parts) for seen in taps_seen], 1)


def tap(x: tf.Tensor, number: int, out: int, strides: int) -> tf.Tensor:
    """Return every strides-th position from `number` on, `out` of them."""
    return x[number : number + strides * (out - 1) + 1 : strides]


def _transposed(kernel: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """Return Σ_tf kernel[p - t,t,c,f] upstream[p - t,f,b] at all p that any output sees."""
    out, taps, _, _ = kernel.shape
    edge = taps - 1
    if out <= 2 * edge:
        return _spread(kernel, upstream)
    inner = sum(
        tf.reduce_sum(
            kernel[edge - t : out - t, t, :, :, None] * upstream[edge - t : out - t, None], 2
        )
        for t in range(taps)
    )
    if not edge:
        return inner
    first = _spread(kernel[:edge], upstream[:edge])[:edge]
    last = _spread(kernel[-edge:], upstream[-edge:])[-edge:]
    return tf.concat([first, inner, last], 0)


def _spread(kernel: tf.Tensor, upstream: tf.Tensor) -> tf.Tensor:
    """Return the same for a few outputs: what each tap gives, moved to its place."""
    taps = kernel.shape[1]
    given = tf.reduce_sum(kernel[..., None] * upstream[:, None, None], 3)
    return sum(tf.pad(given[:, t], [[t, taps - 1 - t], [0, 0], [0, 0]]) for t in range(taps))
