"""``locally_connected``: a layer's values and gradients, beside tf_keras and others."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.harness import Entries, compare, named, uncompared

BATCH = 32
#: Output length, channels, filters, kernel size: within LCGAN, its output layer, its discriminator.
SHAPES = ((3700, 8, 8, 5), (3700, 4, 1, 9), (1850, 4, 4, 7))
#: One call of tf_keras takes seconds.
KERAS_ROUNDS = 3
TOLERANCE = 1e-5


def bench() -> Entries:
    """Time forward and backward of three layers against their peers."""
    from lcgan.quiet import start_tensorflow

    start_tensorflow()
    layers = {f"{length}x{c}x{f}k{k}": Layer(length, c, f, k) for length, c, f, k in SHAPES}
    entries: Entries = {}
    for name, layer in layers.items():
        what = f"locally connected, forward + backward, batch {BATCH}, {name}"
        for form, found in (_beside_keras(layer) | _beside_products(layer)).items():
            entries |= named(f"{name}.{form}", {"work": what, **found})
    beside_einsum = {
        name: compare(layer.ours, layer.einsum, layer.check) for name, layer in layers.items()
    }
    return entries | named("einsum", _together(beside_einsum))


def _beside_keras(layer: "Layer") -> dict[str, Entries]:
    """Time tf_keras' layer: as it is, in a graph as its `fit` has it, and as a sparse matrix."""
    peer = "`tf_keras` LocallyConnected1D, implementation "
    forms = {
        "eager": (layer.tf_keras(1), "1, called as it is", "ratio >= 250"),
        "graph": (layer.tf_keras(1, traced=True), "1, in a tf.function", "ratio >= 250"),
        "sparse": (layer.tf_keras(3, traced=True), "3, in a tf.function", ""),
    }
    found = {}
    for form, (call, how, bar) in forms.items():
        start = time.perf_counter()
        call()
        first = time.perf_counter() - start
        found[form] = {
            "peer": peer + how,
            "bar": bar,
            "peer_first_call_seconds": first,
            "note": "" if form == "eager" else f"its first call takes {first:.0f} s",
            **compare(layer.ours, call, layer.check, KERAS_ROUNDS),
        }
    return found


def _beside_products(layer: "Layer") -> dict[str, Entries]:
    """Time matrix products with as many multiply-adds: one square, and three of the own shapes."""
    square = compare(layer.ours, layer.product(), uncompared)
    own = compare(layer.ours, layer.products_of_patches(), uncompared)
    return {
        "product": {
            "peer": "one matrix product of as many multiply-adds (square)",
            "bar": "times_product <= 6, compile_seconds <= 20",
            "times_product": 1 / square["ratio"],
            "compile_seconds": layer.compile_seconds,
            "note": f"{1 / square['ratio']:.1f} × its time; compiled in "
            f"{layer.compile_seconds:.1f} s",
            **square,
        },
        "own_products": {
            "peer": "matrix products of ready patches with one shared kernel, three for the three",
            "bar": "",
            "times_product": 1 / own["ratio"],
            "note": f"{1 / own['ratio']:.1f} × their time",
            **own,
        },
    }


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

    Each side has its own best layout. Results stay TensorFlow's, as a training step would use them;
    `check` turns them into the shapes of tf_keras.
    """

    def __init__(self, length: int, channels: int, filters: int, size: int):
        import tensorflow as tf

        rng = np.random.default_rng(length + size)
        self.shape = (length, channels, filters, size)

        def drawn(*shape: int, scale: float = 1.0):
            return tf.constant(scale * rng.standard_normal(shape), tf.float32)

        self.x = drawn(BATCH, length + size - 1, channels)
        # weights and upstream so small that sums of products are of order one
        self.kernel = drawn(length, size, channels, filters, scale=(size * channels) ** -0.5)
        self.upstream = drawn(BATCH, length, filters, scale=BATCH**-0.5)
        self.ours = self._ours()
        start = time.perf_counter()
        self.ours()
        self.compile_seconds = time.perf_counter() - start
        self.einsum = self._einsum()

    def check(self, ours: tuple, theirs: tuple) -> None:
        """See that values and gradients agree."""
        y, of_x, of_kernel = (value.numpy() for value in ours)
        ours = (y.transpose(2, 0, 1), of_x.transpose(2, 0, 1), of_kernel)
        for one, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(one, np.reshape(other, one.shape), atol=TOLERANCE)

    def _ours(self) -> Callable[[], tuple]:
        import tensorflow as tf

        from lcgan.gan.locally_connected import locally_connected

        x, upstream = (tf.transpose(value, (1, 2, 0)) for value in (self.x, self.upstream))
        bias = tf.zeros(self.kernel.shape[::3])

        @tf.function
        def both(x, kernel, upstream):
            with tf.GradientTape() as tape:
                tape.watch([x, kernel])
                y = locally_connected(x, kernel, bias)
            return y, *tape.gradient(y, [x, kernel], upstream)

        return lambda: both(x, self.kernel, upstream)

    def _einsum(self) -> Callable[[], tuple]:
        """Return the layer as patches and one einsum, compiled by XLA."""
        import tensorflow as tf

        length, _, filters, size = self.shape
        kernel = tf.reshape(self.kernel, (length, -1, filters))

        @tf.function(jit_compile=True)
        def both(x, kernel, upstream):
            with tf.GradientTape() as tape:
                tape.watch([x, kernel])
                patches = tf.stack([x[:, t : t + length] for t in range(size)], 2)
                y = tf.einsum("blk,lkf->blf", tf.reshape(patches, (BATCH, length, -1)), kernel)
            return y, *tape.gradient(y, [x, kernel], upstream)

        return lambda: both(self.x, kernel, self.upstream)

    def tf_keras(self, implementation: int, traced: bool = False) -> Callable[[], tuple]:
        """Return Keras 2's layer, eagerly or traced into a graph as its `fit` does."""
        import tensorflow as tf
        import tf_keras

        length, channels, filters, size = self.shape
        layer = tf_keras.layers.LocallyConnected1D(
            filters, size, use_bias=False, implementation=implementation
        )
        layer.build(self.x.shape)
        sparse = implementation == 3  # its weights: by output, then by input
        kernel = tf.transpose(self.kernel, (0, 3, 1, 2)) if sparse else self.kernel
        layer.set_weights([tf.reshape(kernel, layer.get_weights()[0].shape).numpy()])

        def both(x, upstream):
            with tf.GradientTape() as tape:
                tape.watch(x)
                y = layer(x)
            return y, *tape.gradient(y, [x, *layer.trainable_weights], upstream)

        function = tf.function(both) if traced else both

        def call() -> tuple:
            y, of_x, of_kernel = function(self.x, self.upstream)
            if sparse:
                of_kernel = tf.reshape(of_kernel, (length, filters, size, channels))
                of_kernel = tf.transpose(of_kernel, (0, 2, 3, 1))
            return y, of_x, of_kernel

        return call

    def product(self) -> Callable:
        """Return a product of two square matrices with the multiply-adds of all three sums."""
        import tensorflow as tf

        length, channels, filters, size = self.shape
        side = round((3 * BATCH * length * channels * filters * size) ** (1 / 3))
        matrix = tf.random.stateless_normal((side, side), (1, 2))
        product = tf.function(lambda a: tf.matmul(a, a))
        return lambda: product(matrix)

    def products_of_patches(self) -> Callable:
        """Return what a convolution would need: values and both gradients as matrix products."""
        import tensorflow as tf

        length, channels, filters, size = self.shape
        patches = tf.random.stateless_normal((BATCH * length, size * channels), (1, 2))
        kernel = tf.random.stateless_normal((size * channels, filters), (3, 4))
        upstream = tf.random.stateless_normal((BATCH * length, filters), (5, 6))

        @tf.function
        def products(patches, kernel, upstream):
            return (
                tf.matmul(patches, kernel),
                tf.matmul(upstream, kernel, transpose_b=True),
                tf.matmul(patches, upstream, transpose_a=True),
            )

        return lambda: products(patches, kernel, upstream)
