"""What numbers a layer works in: levels of 8 bits with an exact zero, bfloat16, float32 first."""

import numpy as np
import openvino
import pytest
from openvino import opset13 as ops

from lcgan.recognition.precision import (
    N_LEVELS,
    Bfloat16,
    EightBits,
    Float32,
    Scaled,
    levels,
    to_bfloat16,
)

CHANNELS, LENGTH = 6, 20


def run(build, values: np.ndarray) -> np.ndarray:
    """What a graph makes of values, in float32."""
    x = ops.parameter(list(values.shape), np.float32)
    model = openvino.Model([ops.convert(build(x), "f32")], [x])
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    return openvino.Core().compile_model(model, "CPU", settings)(values)[0]


@pytest.fixture
def values():
    return np.random.default_rng(0).normal(size=(3, CHANNELS, 1, LENGTH)).astype(np.float32)


@pytest.fixture
def layer():
    """A kernel and a bias, and a normalisation."""
    rng = np.random.default_rng(1)
    kernel = rng.normal(size=(3, CHANNELS, 4)).astype(np.float32)
    norm = [rng.normal(size=CHANNELS).astype(np.float32), np.full(CHANNELS, 0.7, np.float32)]
    return kernel, np.array([100.3, -7.01, 0.0, 1 / 3], np.float32), norm


def through(kind, layer):
    """A normalisation as `kind` has it, and the convolution behind it."""
    kernel, bias, norm = layer

    def build(x):
        x = ops.convert(x, "bf16") if isinstance(kind, Bfloat16) else x
        return kind.convolution(kind.point(x, "here", norm), kernel, bias)

    return build


@pytest.mark.parametrize("least", [0.0, -0.5])
def test_zero_is_a_level_and_every_range_is_held(least):
    ranges = np.array([[least, 3.0], [-2.0, 0.1], [0.2, 7.0], [-9.0, -1.0]])
    below, step = levels(ranges)
    assert isinstance(below, int)
    assert (-below * step <= np.minimum(ranges[:, 0], 0) + 1e-6).all()
    assert ((N_LEVELS - 1 - below) * step >= np.maximum(ranges[:, 1], 0) - 1e-6).all()


def test_a_range_without_negative_values_has_all_levels_above_zero():
    below, step = levels(np.array([[0.0, 2.55], [0.5, 25.5]]))
    assert below == 0
    np.testing.assert_allclose(step, [0.01, 0.1], rtol=1e-6)


def test_channels_that_never_leave_zero_have_a_step():
    _, step = levels(np.array([[0.0, 0.0], [0.0, 2.55], [0.0, 2.55]]))
    np.testing.assert_allclose(step, [1e-5, 0.01, 0.01], rtol=1e-6)
    assert (levels(np.zeros((2, 2)))[1] > 0).all()


def test_8_bits_are_a_step_per_channel_and_cut_off_beyond(values):
    ranges = np.stack([np.full(CHANNELS, -0.5), np.arange(1, CHANNELS + 1) / 2], axis=1)
    below, step = levels(ranges)
    kind = EightBits({"here": ranges})
    found = run(lambda x: kind.point(x, "here").values, values)
    expected = np.clip(np.round(values / step[:, None, None]), -below, N_LEVELS - 1 - below)
    assert np.array_equal(found, np.round(found))
    assert np.abs(found - expected).max() <= 1  # a half goes either way
    assert (found != expected).mean() < 0.01


def test_8_bits_give_the_convolution_of_the_rounded_values(values, layer):
    found = run(through(EightBits({"here": np.full((CHANNELS, 2), [-8.0, 8.0])}), layer), values)
    expected = run(through(Float32(), layer), values)
    assert 1e-4 < np.abs(found - expected).max() < 0.25
    edges = np.abs(found - expected)[..., [0, -1]]  # zero is padded, not the range's middle
    assert edges.max() < 0.25


def test_bfloat16_keeps_factor_offset_and_bias_to_its_own_rounding(values, layer):
    found = run(through(Bfloat16(), layer), values)
    expected = run(through(Float32(), layer), values)
    # what is left is rounding of values and kernels, 2^-9 each, of the bias, and of what comes out
    assert 1e-4 < np.abs(found - expected)[:, 1:].max() < 0.1
    assert np.abs(found - expected)[:, 0].max() < 2**-8 * 150


def test_a_factor_of_zero_leaves_the_offset(values):
    norm = [np.zeros(CHANNELS, np.float32), np.linspace(-1, 1, CHANNELS).astype(np.float32)]
    kind = Bfloat16()
    ones = np.ones((1, CHANNELS, 1), np.float32)

    def build(x):
        return kind.convolution(
            kind.point(ops.convert(x, "bf16"), "here", norm), ones, np.zeros(1, np.float32)
        )

    np.testing.assert_allclose(run(build, values), 0, atol=0.02)


def test_the_first_layer_sees_the_spectrum_in_float32():
    flux = 1 + np.random.default_rng(2).normal(0, 1e-3, (2, 1, 1, LENGTH)).astype(np.float32)
    kernel = np.array([[[1.0]], [[-2.0]], [[1.0]]], np.float32)
    zero = np.zeros(1, np.float32)
    kind = Bfloat16()
    found = run(lambda x: kind.convolution(Scaled(x), kernel, zero), flux)[..., 1:-1]
    np.testing.assert_allclose(found, np.diff(flux, 2), atol=1e-6)
    line = run(lambda x: kind.convolution(Scaled(x), 3 * kernel[:1], zero + 0.1), flux)
    np.testing.assert_allclose(line, 3 * flux + 0.1, rtol=1e-6)


def test_bfloat16_is_the_nearest():
    values = np.random.default_rng(3).normal(size=1000).astype(np.float32)
    found = to_bfloat16(values)
    assert not (found.view(np.uint32) & 0xFFFF).any()
    assert np.abs(found / values - 1).max() <= 2**-8
    assert np.array_equal(to_bfloat16(found), found)
