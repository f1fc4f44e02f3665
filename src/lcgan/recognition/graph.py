"""The recognition network as an OpenVINO graph: float32, or 8 bits in all but its first block.

Built layer by layer from the weights, so that no change of layout is left in it: channels before
length, the input's factor in the first kernels, each normalisation one factor and one offset.
"""

from collections.abc import Mapping

import numpy as np

#: Layer → its arrays; see `weights_of`.
Weights = Mapping[str, list[np.ndarray]]
#: Components are cut off at so many standard deviations of the training spectra: what is farther
#: out is no star, and shall not count for more.
MOST = 5.0
#: Point of the graph → least and greatest value that 8 bits have to tell apart there.
Ranges = Mapping[str, tuple[float, float]]


def weights_of(network) -> dict[str, list[np.ndarray]]:
    """Return the arrays of a Keras network, by layer.

    Parameters
    ----------
    network : keras.Model
        As `lcgan.recognition.racnet.build` makes it, of any filters, pixels and classes, or
        `lcgan.recognition.components.build`.

    Returns
    -------
    dict of str to list of ndarray, float32
        Kernels in Keras' order of axes. A normalisation has two arrays, shape (channels,): factor
        and offset. The factor before the first layer is in that layer's kernels. "continuum", where
        it is divided out, has the smoothing matrix and the floor.
    """
    weights = {}
    for layer in network.layers:
        arrays = layer.get_weights()
        if "_norm" in layer.name:
            gamma, beta, mean, variance = (array.astype(np.float64) for array in arrays)
            factor = gamma / np.sqrt(variance + layer.epsilon)
            arrays = [factor, beta - mean * factor]
        elif layer.name in ("block1_shortcut", "block1_convolution1"):
            arrays[0] = arrays[0] * network.get_layer("to_order_one").scale
        elif layer.name == "continuum":
            arrays = [layer.matrix, np.array(layer.floor)]
        if arrays:
            weights[layer.name] = [array.astype(np.float32) for array in arrays]
    return weights


def n_blocks(weights: Weights) -> int:
    """Return the number of residual blocks."""
    return sum(name.endswith("_shortcut") for name in weights)


class Builder:
    """Puts the graph together.

    Parameters
    ----------
    weights : mapping
        As `weights_of` gives them.
    n_pixels : int
        Pixels of a spectrum.
    ranges : mapping, optional
        Of every point in `points`: with them, what enters a convolution of the second block or
        later, or the dense layer, is put into 8 bits, and so are those layers' kernels, each
        filter with a scale of its own. The first block sees the spectrum itself, whose lines are
        a few parts in a hundred: it stays float32, and so does the end of every attention.

    Attributes
    ----------
    points : dict of str to ov.Output
        What enters those layers, filled by `model`.
    features : ov.Output
        What enters the last layer, set by `model`.
    """

    def __init__(self, weights: Weights, n_pixels: int, ranges: Ranges | None = None):
        from openvino import opset13

        self._ops = opset13
        self._weights, self._n_pixels, self._ranges = weights, n_pixels, ranges
        self.points: dict[str, object] = {}

    def model(self, points: bool = False, features: bool = False):
        """Return the graph, (batch, n_pixels) → (batch, n_classes), any batch.

        Parameters
        ----------
        points, features : bool
            Give every point's values, in their order, and the features as further outputs.

        Returns
        -------
        openvino.Model
        """
        import openvino

        ops = self._ops
        flux = ops.parameter([-1, self._n_pixels], np.float32, name="flux")
        if "components" in self._weights:
            self.features = self._components(flux)
        else:
            x = ops.unsqueeze(flux, self._integers(1, 2))  # (batch, channels, 1, length)
            for number in range(1, n_blocks(self._weights) + 1):
                x = self._block(x, f"block{number}", number > 1)
            self.features = self._head(x)
        kernel, bias = self._weights["probabilities"]
        x = ops.matmul(self.features, self._constant(kernel.T), False, True)
        x = ops.softmax(ops.add(x, self._constant(bias[None])), 1)
        results = [ops.result(x, name="probabilities")]
        results += [ops.result(point) for point in self.points.values()] if points else []
        results += [ops.result(self.features)] if features else []
        return openvino.Model(results, [flux], "racnet")

    def _components(self, flux):
        """Return the components of lines and colours; see `lcgan.recognition.components`."""
        ops = self._ops
        matrix, floor = self._weights["continuum"]
        kernel, bias = self._weights["components"]
        blocks = ops.reshape(flux, self._integers(0, len(matrix), -1), True)
        means = ops.reduce_mean(blocks, self._integers(2), False)
        continuum = ops.matmul(means, self._constant(matrix), False, False)
        quotient = ops.divide(flux, ops.maximum(continuum, self._constant(floor)))
        lines = ops.clamp(ops.subtract(quotient, self._constant(1.0)), -1.0, 1.0)
        colours = ops.multiply(means, self._constant(self._n_pixels**0.5))
        seen = ops.concat([lines, colours], 1)
        values = ops.matmul(seen, self._constant(kernel), False, False)
        return ops.clamp(ops.add(values, self._constant(bias[None])), -MOST, MOST)

    def _block(self, x, name: str, eight_bits: bool):
        """Return 3 × (convolution + ReLU) + attention, added to a 1×1 shortcut, halved."""
        ops = self._ops
        if eight_bits:
            x = self._point(x, f"{name}_input")
        shortcut = self._convolution(x, f"{name}_shortcut", eight_bits)
        for number in (1, 2, 3):
            x = ops.relu(self._convolution(x, f"{name}_convolution{number}", eight_bits))
            if number < 3:
                factor, offset = self._weights[f"{name}_norm{number}"]
                x = ops.add(ops.multiply(x, self._channels(factor)), self._channels(offset))
            if eight_bits:
                x = self._point(x, f"{name}_after{number}")
        channels, weights = self._attention(x, f"{name}_attention", eight_bits)
        x = ops.relu(ops.add(ops.multiply(channels, weights), shortcut))
        return ops.max_pool(x, [1, 2], [1, 1], [0, 0], [0, 0], [1, 2]).output(0)

    def _attention(self, x, name: str, eight_bits: bool):
        """Return the channels and their weights (the paper, Figure 6)."""
        ops = self._ops
        kernel, bias, dense, dense_bias = self._weights[name]
        x = self._convolved(x, kernel, bias, eight_bits)
        along = self._integers(2, 3)
        pooled = ops.concat([ops.reduce_max(x, along, True), ops.reduce_mean(x, along, True)], 1)
        return x, ops.sigmoid(self._convolved(pooled, dense[None], dense_bias, False))

    def _head(self, x):
        """Return the features from the last block's channels."""
        ops = self._ops
        kernel, bias = self._weights["dense"]
        n_channels = self._weights[f"block{n_blocks(self._weights)}_shortcut"][0].shape[-1]
        by_length = kernel.reshape(-1, n_channels, kernel.shape[-1])  # Keras flattens (L, C)
        kernel = by_length.transpose(2, 1, 0).reshape(kernel.shape[-1], -1)
        x = self._point(x, "dense_input")
        x = ops.reshape(x, self._integers(0, -1), True)
        x = ops.matmul(x, self._kernel(kernel, True), False, True)
        return ops.relu(ops.add(x, self._constant(bias[None])))

    def _convolution(self, x, layer: str, eight_bits: bool):
        return self._convolved(x, *self._weights[layer], eight_bits)

    def _convolved(self, x, kernel: np.ndarray, bias: np.ndarray, eight_bits: bool):
        """Return a convolution of odd width that keeps the length; `kernel` (width, in, out)."""
        pad = kernel.shape[0] // 2
        kernel = self._kernel(kernel.transpose(2, 1, 0)[:, :, None], eight_bits)
        x = self._ops.convolution(x, kernel, [1, 1], [0, pad], [0, pad], [1, 1])
        return self._ops.add(x, self._channels(bias))

    def _point(self, x, name: str):
        """Note a point, and put it into 8 bits where ranges are given."""
        self.points[name] = x
        if self._ranges is None:
            return x
        low, high = map(self._constant, with_exact_zero(*self._ranges[name]))
        return self._ops.fake_quantize(x, low, high, low, high, 256)

    def _kernel(self, kernel: np.ndarray, eight_bits: bool):
        """Return a kernel, filters first; in 8 bits each filter has a scale of its own."""
        if self._ranges is None or not eight_bits:
            return self._constant(kernel)
        axes = tuple(range(1, kernel.ndim))
        largest = np.maximum(np.abs(kernel).max(axis=axes, keepdims=True), np.float32(1e-12))
        low, high = self._constant(-largest), self._constant(largest)
        return self._ops.fake_quantize(self._constant(kernel), low, high, low, high, 255)

    def _channels(self, values: np.ndarray):
        return self._constant(values.reshape(1, -1, 1, 1))

    def _constant(self, values):
        return self._ops.constant(np.ascontiguousarray(values, dtype=np.float32))

    def _integers(self, *values: int):
        return self._ops.constant(np.array(values, np.int64))


def with_exact_zero(low: float, high: float) -> tuple[float, float]:
    """Shift a range so that one of its 256 levels is zero, with which convolutions are padded.

    Examples
    --------
    >>> with_exact_zero(0.3, 2.0)
    (0.0, 2.0)
    >>> low, high = with_exact_zero(-1.0, 254.3)
    >>> round(low, 3), round(high - low, 3)
    (-1.001, 255.3)
    """
    if low >= 0:
        return 0.0, high
    step = (high - low) / 255
    below = round(-low / step)
    return -below * step, (255 - below) * step
