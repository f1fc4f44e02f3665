"""The recognition network as an OpenVINO graph: float32, or as few bits as each block bears.

Built layer by layer from the weights, so that no change of layout is left in it: channels before
length, the input's factor in the first kernels, each normalisation one factor and one offset.
"""

from collections.abc import Mapping

import numpy as np

from lcgan.recognition.precision import Bfloat16, EightBits, Float32, Layer, Ranges, Scaled, scaled

#: Layer → its arrays; see `weights_of`.
Weights = Mapping[str, list[np.ndarray]]
#: Components are cut off at so many standard deviations of the training spectra: what is farther
#: out is no star, and shall not count for more.
MOST = 5.0
#: The last blocks, which work in 8 bits. In those before them 256 levels are too few: noisy
#: spectra have pixels tens of times as large as others, in every channel, and what rounding does
#: there is amplified by each normalisation that follows.
N_EIGHT_BITS = 4


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
        Of every point in `points`. Without them all is float32. With them the last `N_EIGHT_BITS`
        blocks and the dense layer work in 8 bits and the blocks before them in bfloat16, except
        for what sees the spectrum itself, whose lines are a few parts in a hundred: that stays
        float32, and so do the weights of every attention and the last layer.

    Attributes
    ----------
    points : dict of str to ov.Output
        What enters a layer, filled by `model`; in float32 only.
    """

    def __init__(self, weights: Weights, n_pixels: int, ranges: Ranges | None = None):
        from openvino import opset13

        self._ops = opset13
        self._weights, self._n_pixels = weights, n_pixels
        self.points: dict[str, object] = {}
        self._last = n_blocks(weights)
        #: Of each block, and of the dense layer.
        self._kinds: list[Layer] = [Float32(self.points)] * (self._last + 1)
        if ranges is not None:
            n_others = max(1, self._last - N_EIGHT_BITS)
            n_eight_bits = self._last + 1 - n_others
            self._kinds = [Bfloat16()] * n_others + [EightBits(ranges)] * n_eight_bits

    def model(self, points: bool = False):
        """Return the graph, (batch, n_pixels) → (batch, n_classes), any batch.

        Parameters
        ----------
        points : bool
            Give every point's values, in their order, as further outputs.

        Returns
        -------
        openvino.Model
        """
        import openvino

        ops = self._ops
        flux = ops.parameter([-1, self._n_pixels], np.float32, name="flux")
        if "components" in self._weights:
            x = self._components(flux)
        else:
            x = Scaled(ops.unsqueeze(flux, self._integers(1, 2)))  # (batch, channels, 1, length)
            for number in range(1, self._last + 1):
                x = self._block(x, number)
            x = self._head(x)
        kernel, bias = self._weights["probabilities"]
        x = ops.matmul(x, self._constant(kernel.T), False, True)
        x = ops.softmax(ops.add(x, self._constant(bias[None])), 1)
        results = [ops.result(x, name="probabilities")]
        results += [ops.result(point) for point in self.points.values()] if points else []
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

    def _block(self, x: Scaled, number: int) -> Scaled:
        """Return 3 × (convolution + ReLU) + attention, added to a 1×1 shortcut, halved.

        What comes out is as the next block wants it; putting it so before the pooling changes
        nothing, since rounding keeps the order, and leaves the pooling less to read.
        """
        ops, name, kind = self._ops, f"block{number}", self._kinds[number - 1]
        shortcut = kind.convolution(x, *self._weights[f"{name}_shortcut"])
        for which in (1, 2, 3):
            x = ops.relu(kind.convolution(x, *self._weights[f"{name}_convolution{which}"]))
            x = kind.point(x, f"{name}_after{which}", self._weights.get(f"{name}_norm{which}"))
        channels, weights = self._attention(x, name, kind)
        weighted = ops.multiply(kind.float32(channels), weights)
        x = ops.relu(ops.add(weighted, kind.float32(shortcut)))
        entered = "dense_input" if number == self._last else f"block{number + 1}_input"
        x = self._kinds[number].point(x, entered)
        pooled = ops.max_pool(x.values, [1, 2], [1, 1], [0, 0], [0, 0], [1, 2]).output(0)
        return Scaled(pooled, x.scale)

    def _attention(self, x: Scaled, name: str, kind: Layer):
        """Return the channels and their weights (the paper, Figure 6)."""
        ops = self._ops
        kernel, bias, dense, dense_bias = self._weights[f"{name}_attention"]
        x = kind.convolution(x, kernel, bias)
        along = self._integers(2, 3)
        pooled = [ops.reduce_max(x, along, True), ops.reduce_mean(x, along, True)]
        pooled = Scaled(ops.concat([kind.float32(each) for each in pooled], 1))
        return x, ops.sigmoid(Float32().convolution(pooled, dense[None], dense_bias))

    def _head(self, x: Scaled):
        """Return the features from the last block's channels."""
        ops = self._ops
        kernel, bias = self._weights["dense"]
        n_channels = self._weights[f"block{self._last}_shortcut"][0].shape[-1]
        by_length = kernel.reshape(-1, n_channels, kernel.shape[-1])  # Keras flattens (L, C)
        by_length = scaled(by_length, x.scale)
        kernel = by_length.transpose(2, 1, 0).reshape(kernel.shape[-1], -1)
        x = ops.reshape(x.values, self._integers(0, -1), True)
        x = ops.matmul(x, self._kinds[-1].kernel(kernel), False, True)
        return ops.relu(ops.add(x, self._constant(bias[None])))

    def _constant(self, values):
        return self._ops.constant(np.ascontiguousarray(values, dtype=np.float32))

    def _integers(self, *values: int):
        return self._ops.constant(np.array(values, np.int64))
