import keras
import numpy as np
import pytest

from lcgan.recognition import racnet
from lcgan.recognition.attention import ChannelAttention
from lcgan.recognition.batch_norm import FusedBatchNorm


def test_size_is_that_of_the_public_network():
    """READING P6: about 757,000 weights at 3,700 pixels."""
    assert racnet.build().count_params() == pytest.approx(757_000, rel=0.005)


def test_probabilities_sum_to_one():
    flux = np.random.default_rng(0).normal(size=(3, 256)).astype(np.float32)
    found = racnet.build(256, filters=(4, 8))(flux)
    assert found.shape == (3, 4)
    np.testing.assert_allclose(np.sum(found, axis=1), 1, atol=1e-6)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    model = racnet.build(256, filters=(4, 8))
    model.save(tmp_path / "racnet.keras")
    again = keras.saving.load_model(tmp_path / "racnet.keras")
    flux = np.random.default_rng(0).normal(size=(3, 256)).astype(np.float32)
    np.testing.assert_array_equal(again(flux), model(flux))


def test_attention_by_hand():
    """Figure 6 with an identity convolution: weights from maximum and mean multiply."""
    layer = ChannelAttention(2)
    x = np.array([[[1.0, 0.0], [3.0, -4.0]]], np.float32)
    layer.build(x.shape)
    # dense: channel 0 sees max(c0) = 3, channel 1 sees mean(c1) = -2
    dense = np.zeros((4, 2), np.float32)
    dense[0, 0], dense[3, 1] = 1, 1
    layer.set_weights([np.eye(2, dtype=np.float32)[None], np.zeros(2), dense, np.zeros(2)])
    weight = 1 / (1 + np.exp(-np.array([3.0, -2.0])))
    np.testing.assert_allclose(layer(x), x * weight, rtol=1e-6)


def test_fused_batch_norm_equals_keras_in_training_and_after():
    x = np.random.default_rng(1).normal(2, 3, size=(8, 16, 5)).astype(np.float32)
    ours = FusedBatchNorm(momentum=0.9, epsilon=1e-3)
    theirs = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-3)
    for _ in range(3):
        np.testing.assert_allclose(ours(x, training=True), theirs(x, training=True), atol=1e-4)
    np.testing.assert_allclose(ours.mean, theirs.moving_mean, rtol=1e-4)
    # the fused kernel's moving variance is Bessel-corrected: n / (n - 1) with n = 8 · 16
    moved = 1 - 0.9**3
    unbiased = x.reshape(-1, 5).var(0) * 128 / 127
    np.testing.assert_allclose(ours.variance, 0.9**3 + moved * unbiased, rtol=1e-4)
    np.testing.assert_allclose(ours(x), theirs(x), atol=0.02)


def test_parts_can_be_left_out():
    """Without attention its dense layers go: 2c·c + c weights per block of c channels."""
    whole = racnet.build(256, filters=(4, 8)).count_params()
    unweighed = racnet.build(256, filters=(4, 8), attention=False)
    assert whole - unweighed.count_params() == (2 * 4 * 4 + 4) + (2 * 8 * 8 + 8)
    # without shortcuts their 1×1 convolutions go: (1 + 1)·4 and (4 + 1)·8
    plain = racnet.build(256, filters=(4, 8), residual=False)
    assert whole - plain.count_params() == 8 + 40
    assert not any("shortcut" in layer.name for layer in plain.layers)
    assert racnet.build(256, filters=(4, 8), blocks=1).get_layer("block1_pool") is not None
    with pytest.raises(ValueError, match="block2"):
        racnet.build(256, filters=(4, 8), blocks=1).get_layer("block2_pool")
