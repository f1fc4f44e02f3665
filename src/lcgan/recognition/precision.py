"""What numbers a layer works in: float32, bfloat16, or 8 bits."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

#: Point of the graph → least and greatest value of each channel that 8 bits have to tell apart
#: there, shape (channels, 2).
Ranges = Mapping[str, np.ndarray]
N_LEVELS = 256
#: A channel's step is at least this part of the median channel's: some never leave zero.
LEAST_STEP = 1e-3
#: Takes the place of a number that something is divided by.
SMALLEST = 1e-12


class Scaled(NamedTuple):
    """Values (batch, channels, 1, length), and a factor on each channel that is yet to come.

    The next kernel brings it: see `scaled`.
    """

    values: object
    scale: np.ndarray | None = None


class Layer:
    """Convolutions, and the points between them, in one kind of number."""

    def __init__(self):
        from openvino import opset13

        self._ops = opset13

    def convolution(self, x: Scaled, kernel: np.ndarray, bias: np.ndarray):
        """Return a convolution of odd width that keeps the length; `kernel` (width, in, out)."""
        pad = kernel.shape[0] // 2
        kernel = self.kernel(scaled(kernel, x.scale).transpose(2, 1, 0)[:, :, None])
        x = self._ops.convolution(x.values, kernel, [1, 1], [0, pad], [0, pad], [1, 1])
        return self._plus(x, bias)

    def point(self, x, name: str, norm: list[np.ndarray] | None = None) -> Scaled:
        """Return what enters the next layer: `x` times a factor plus an offset, if there are."""
        raise NotImplementedError

    def kernel(self, kernel: np.ndarray):
        """Return a kernel, filters first."""
        return self._constant(kernel)

    def float32(self, x):
        """Return what a convolution found, as float32."""
        return x

    def _normed(self, x, norm: list[np.ndarray] | None):
        """Return `x` times a normalisation's factor plus its offset."""
        if norm is None:
            return x
        return self._plus(self._ops.multiply(x, self._channels(norm[0])), norm[1])

    def _plus(self, x, offset: np.ndarray):
        return self._ops.add(x, self._channels(offset))

    def _channels(self, values: np.ndarray):
        return self._constant(values.reshape(1, -1, 1, 1))

    def _constant(self, values):
        return self._ops.constant(np.ascontiguousarray(values, dtype=np.float32))


class Float32(Layer):
    """As the network was trained.

    Parameters
    ----------
    points : dict of str to ov.Output, optional
        Is filled with every point.
    """

    def __init__(self, points: dict[str, object] | None = None):
        super().__init__()
        self._points = {} if points is None else points

    def point(self, x, name: str, norm: list[np.ndarray] | None = None) -> Scaled:
        """Return it, and note it."""
        x = self._normed(x, norm)
        self._points[name] = x
        return Scaled(x)

    def line(self, x, slopes: np.ndarray, offsets: np.ndarray):
        """Return a line of `x`, one channel, for every channel that comes out."""
        return self._plus(self._ops.multiply(x, self._channels(slopes)), offsets)


class Bfloat16(Layer):
    """float32's range with 8 bits of precision; what is added up is float32.

    Half of float32's time where the processor multiplies bfloat16; OpenVINO works in float32
    where it does not. A factor goes into the next kernel: it costs floating point no precision.
    A layer that gets float32, the first, works in it.
    """

    def __init__(self):
        super().__init__()
        self._float32 = Float32()

    def convolution(self, x: Scaled, kernel: np.ndarray, bias: np.ndarray):
        """Return a convolution; of one channel and width 1, it is a product."""
        if _is_bfloat16(x.values):
            return super().convolution(x, kernel, bias)
        if kernel.shape[:2] == (1, 1):
            return self._float32.line(x.values, kernel, bias)
        return self._float32.convolution(x, kernel, bias)

    def point(self, x, name: str, norm: list[np.ndarray] | None = None) -> Scaled:
        """Return it in bfloat16."""
        if not _is_bfloat16(x):
            return Scaled(self._ops.convert(self._float32.point(x, name, norm).values, "bf16"))
        if norm is None:
            return Scaled(x)
        factor, offset = norm
        factor = np.where(np.abs(factor) < SMALLEST, np.float32(SMALLEST), factor)
        return Scaled(self._plus(x, offset / factor), factor)

    def float32(self, x):
        """Return what a convolution found, as float32."""
        return self._ops.convert(x, "f32") if _is_bfloat16(x) else x

    def _constant(self, values):
        return self._ops.convert(super()._constant(to_bfloat16(values)), "bf16")


class EightBits(Layer):
    """256 levels for what enters a layer, and for its kernels, each filter and channel scaled.

    Parameters
    ----------
    ranges : mapping
        Of every point.
    """

    def __init__(self, ranges: Ranges):
        super().__init__()
        self._ranges = ranges

    def point(self, x, name: str, norm: list[np.ndarray] | None = None) -> Scaled:
        """Return it in whole steps, and each channel's step."""
        x = self._normed(x, norm)
        below, step = levels(self._ranges[name])
        ends = [self._channels(-below * step), self._channels((N_LEVELS - 1 - below) * step)]
        ends += [self._constant(-below), self._constant(N_LEVELS - 1 - below)]
        return Scaled(self._ops.fake_quantize(x, *ends, N_LEVELS), step)

    def kernel(self, kernel: np.ndarray):
        """Return a kernel in 8 bits; each filter has a scale of its own."""
        axes = tuple(range(1, kernel.ndim))
        largest = np.maximum(np.abs(kernel).max(axis=axes, keepdims=True), np.float32(SMALLEST))
        low, high = self._constant(-largest), self._constant(largest)
        return self._ops.fake_quantize(self._constant(kernel), low, high, low, high, N_LEVELS - 1)


def scaled(kernel: np.ndarray, scale: np.ndarray | None) -> np.ndarray:
    """Return a kernel (any, in, out) that brings its input's factors."""
    return kernel if scale is None else kernel * scale[:, None]


def levels(ranges: np.ndarray) -> tuple[int, np.ndarray]:
    """Return the levels below zero, one number for all channels, and each channel's step.

    Zero is a level, since convolutions are padded with it, and the same one in all channels, since
    a kernel knows one only: that with which the steps are least, in the geometric mean.

    Parameters
    ----------
    ranges : ndarray, shape (channels, 2)
        Least and greatest value.

    Examples
    --------
    >>> levels(np.array([[0.0, 2.55], [0.0, 5.1]]))
    (0, array([0.01, 0.02], dtype=float32))
    >>> levels(np.array([[-1.0, 1.55], [-0.1, 1.55]]))
    (100, array([0.01, 0.01], dtype=float32))
    """
    low, high = ranges.T
    best = None
    for below in range(N_LEVELS):
        with np.errstate(divide="ignore", invalid="ignore"):
            needed = np.stack([-low / below, high / (N_LEVELS - 1 - below)])
        step = np.nan_to_num(needed, nan=0.0, posinf=np.inf).max(axis=0)  # 0/0: no level needed
        step = np.maximum(step, max(LEAST_STEP * np.median(step), SMALLEST))
        if best is None or np.log(step).mean() < np.log(best[1]).mean():
            best = below, step
    return best[0], best[1].astype(np.float32)


def to_bfloat16(values: np.ndarray) -> np.ndarray:
    """Return float32 numbers that bfloat16 holds, the nearest ones.

    Examples
    --------
    >>> to_bfloat16(np.array([1.0, 1.001, 1.005, -3.3]))
    array([ 1.       ,  1.       ,  1.0078125, -3.296875 ], dtype=float32)
    """
    bits = np.ascontiguousarray(values, dtype=np.float32).view(np.uint32)
    bits = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (bits & np.uint32(0xFFFF0000)).view(np.float32)


def _is_bfloat16(x) -> bool:
    """Whether a node gives bfloat16."""
    output = x if hasattr(x, "get_element_type") else x.output(0)
    return output.get_element_type().get_type_name() == "bf16"
