"""``locally_connected``: a layer's values and gradients, beside tf_keras and patches + einsum."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.harness import Entries, compare, named

BATCH = 32
#: Output length, channels, filters, kernel size: within LCGAN, its output layer, its discriminator.
SHAPES = ((3700, 8, 8, 5), (3700, 4, 1, 9), (1850, 4, 4, 7))
#: One call of tf_keras takes seconds.
KERAS_ROUNDS = 3
TOLERANCE = 1e-5


def bench() -> Entries:
    """Time forward and backward of three layers against three peers."""
    from lcgan.quiet import start_tensorflow

    start_tensorflow()
    layers = {f"{length}x{c}x{f}k{k}": Layer(length, c, f, k) for length, c, f, k in SHAPES}
    entries: Entries = {}
    for name, layer in layers.items():
        what = f"locally connected, forward + backward, batch {BATCH}, {name}"
        peer = "`tf_keras` LocallyConnected1D, implementation 1, "
        for form, call in (("eager", layer.tf_keras), ("graph", layer.tf_keras_graph)):
            start = time.perf_counter()
            call()
            first = time.perf_counter() - start
            entries |= named(
                f"{name}.{form}",
                {
                    "work": what,
                    "peer": peer + {"eager": "called as it is", "graph": "in a tf.function"}[form],
                    "bar": "ratio >= 250",
                    "peer_first_call_seconds": first,
                    "note": f"its first call takes {first:.0f} s" if form == "graph" else "",
                    **compare(layer.ours, call, layer.check, KERAS_ROUNDS),
                },
            )
        of_product = compare(layer.ours, layer.product, lambda ours, other: None)
        entries |= named(
            f"{name}.product",
            {
                "work": what,
                "peer": "one matrix product of as many multiply-adds (square)",
                "bar": "times_product <= 6, compile_seconds <= 20",
                "times_product": 1 / of_product["ratio"],
                "compile_seconds": layer.compile_seconds,
                "note": f"compiled in {layer.compile_seconds:.1f} s",
                **of_product,
            },
        )
    beside_einsum = {
        name: compare(layer.ours, layer.einsum, layer.check) for name, layer in layers.items()
    }
    return entries | named("einsum", _together(beside_einsum))


def _together(found: dict[str, Entries]) -> Entries:
    """Return the geometric mean of the ratios, and their range over the layers."""
    ratios = [of["ratio"] for of in found.values()]
    return {
        "work": f"locally connected, forward + backward, batch {BATCH}, the three together",
        "peer": "patches + einsum under XLA (geometric mean; range over layers)",
        "bar": "ratio >= 2.5",
        "ratio": statistics.geometric_mean(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "seconds": sum(of["seconds"] for of in found.values()),
        "peer_seconds": sum(of["peer_seconds"] for of in found.values()),
        **{f"ratio_{name}": of["ratio"] for name, of in found.items()},
    }


class Layer:
    """One layer and its peers, each a call that returns values and the gradients of x and kernel.

    All results are in the shapes of `lcgan.gan.locally_connected.locally_connected`.
    """

    def __init__(self, length: int, channels: int, filters: int, size: int):
        import tensorflow as tf

        rng = np.random.default_rng(length + size)
        self.shape = (length, channels, filters, size)

        def drawn(*shape: int, scale: float = 1.0):
            return tf.constant(scale * rng.standard_normal(shape), tf.float32)

        self.x = drawn(BATCH, channels, length + size - 1)
        # weights and upstream so small that sums of products are of order one
        self.kernel = drawn(size, channels, filters, length, scale=(size * channels) ** -0.5)
        self.upstream = drawn(BATCH, filters, length, scale=BATCH**-0.5)
        self.ours = self._ours()
        start = time.perf_counter()
        self.ours()
        self.compile_seconds = time.perf_counter() - start
        self.einsum = self._einsum()
        self.tf_keras, self.tf_keras_graph = self._tf_keras()
        self.product = self._product()

    def check(self, ours: tuple, theirs: tuple) -> None:
        """See that values and gradients agree."""
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, other, atol=TOLERANCE)

    def _ours(self) -> Callable[[], tuple]:
        import tensorflow as tf

        from lcgan.gan.locally_connected import locally_connected

        bias = tf.zeros(self.kernel.shape[2:])

        @tf.function
        def both(x, kernel, upstream):
            with tf.GradientTape() as tape:
                tape.watch([x, kernel])
                y = locally_connected(x, kernel, bias)
            return y, *tape.gradient(y, [x, kernel], upstream)

        return lambda: _arrays(both(self.x, self.kernel, self.upstream))

    def _einsum(self) -> Callable[[], tuple]:
        """Return the layer as patches and one einsum, in its own best layout, compiled by XLA."""
        import tensorflow as tf

        length, channels, filters, size = self.shape
        x = tf.transpose(self.x, (0, 2, 1))
        kernel = tf.reshape(tf.transpose(self.kernel, (3, 0, 1, 2)), (length, -1, filters))
        upstream = tf.transpose(self.upstream, (0, 2, 1))

        @tf.function(jit_compile=True)
        def both(x, kernel, upstream):
            with tf.GradientTape() as tape:
                tape.watch([x, kernel])
                patches = tf.stack([x[:, t : t + length] for t in range(size)], 2)
                y = tf.einsum("blk,lkf->blf", tf.reshape(patches, (BATCH, length, -1)), kernel)
            return y, *tape.gradient(y, [x, kernel], upstream)

        def call() -> tuple:
            y, of_x, of_kernel = _arrays(both(x, kernel, upstream))
            return self._in_our_shapes(y, of_x, of_kernel)

        return call

    def _tf_keras(self) -> tuple[Callable[[], tuple], Callable[[], tuple]]:
        """Return Keras 2's layer eagerly, and traced into a graph as its `fit` does."""
        import tensorflow as tf
        import tf_keras

        length, _, filters, size = self.shape
        x = tf.transpose(self.x, (0, 2, 1))
        upstream = tf.transpose(self.upstream, (0, 2, 1))
        layer = tf_keras.layers.LocallyConnected1D(filters, size, use_bias=False, implementation=1)
        layer.build(x.shape)
        kernel = tf.transpose(self.kernel, (3, 0, 1, 2))
        layer.set_weights([tf.reshape(kernel, (length, -1, filters)).numpy()])

        def both(x, upstream):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x)
            return y, *tape.gradient(y, [x, *layer.trainable_weights], upstream)

        traced = tf.function(both)
        return (
            lambda: self._in_our_shapes(*_arrays(both(x, upstream))),
            lambda: self._in_our_shapes(*_arrays(traced(x, upstream))),
        )

    def _product(self) -> Callable[[], np.ndarray]:
        """Return a product of two square matrices with the multiply-adds of all three sums."""
        import tensorflow as tf

        length, channels, filters, size = self.shape
        side = round((3 * BATCH * length * channels * filters * size) ** (1 / 3))
        matrix = tf.random.stateless_normal((side, side), (1, 2))
        product = tf.function(lambda a: tf.matmul(a, a))
        return lambda: product(matrix).numpy()

    def _in_our_shapes(self, y, of_x, of_kernel) -> tuple:
        """Turn length and channels about; views only."""
        length, channels, filters, size = self.shape
        kernel = of_kernel.reshape(length, size, channels, filters)
        return y.transpose(0, 2, 1), of_x.transpose(0, 2, 1), kernel.transpose(1, 2, 3, 0)


def _arrays(tensors: tuple) -> tuple[np.ndarray, ...]:
    return tuple(tensor.numpy() for tensor in tensors)
