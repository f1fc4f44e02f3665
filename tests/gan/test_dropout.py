"""Dropout: how many are kept, what by, and that the seed alone decides."""

import numpy as np
import pytest
import tensorflow as tf

from lcgan.gan.dropout import Dropout, DroppedNoise


def drawn(layer, state):
    layer.seed_generator.state.assign(tf.constant(state, tf.uint32))
    return layer(tf.ones((300, 4, 32)), training=True).numpy()


def test_the_share_and_the_factor_are_those_of_the_rate():
    found = drawn(Dropout(0.3), [1, 2])
    assert set(np.unique(found)) == {0, np.float32(1 / 0.7)}
    share = (found == 0).mean()
    assert share == pytest.approx(0.3, abs=5 * np.sqrt(0.21 / found.size))


def test_one_seed_one_draw():
    layer = Dropout(0.5)
    first = drawn(layer, [1, 2])
    np.testing.assert_array_equal(drawn(layer, [1, 2]), first)
    assert (drawn(layer, [1, 3]) != first).any()
    after = layer(tf.ones((300, 4, 32)), training=True)  # the state has moved on
    assert (after.numpy() != drawn(layer, [1, 3])).any()


def test_the_gradient_passes_where_values_do():
    x = tf.ones((50, 2, 3))
    layer = Dropout(0.5)
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = layer(x, training=True)
    np.testing.assert_array_equal(tape.gradient(y, x), y)


def test_outside_training_nothing_is_dropped():
    x = np.random.default_rng(0).normal(size=(5, 2, 3)).astype(np.float32)
    np.testing.assert_array_equal(Dropout(0.5)(x), x)
    np.testing.assert_array_equal(Dropout(0.0)(x, training=True), x)


def test_noise_has_the_amplitude_it_is_given_and_no_memory():
    amplitude = np.ones((400, 1, 200), np.float32)
    amplitude[200:] = 3.0
    noise = np.asarray(DroppedNoise(draws=4)(amplitude))
    assert noise.shape == (400, 1, 200)
    assert abs(noise.mean()) < 0.03
    assert noise[:200].std() == pytest.approx(1, rel=0.02)
    assert noise[200:].std() == pytest.approx(3, rel=0.02)
    assert abs((noise[1:200] * noise[:199]).mean()) < 0.03
    assert set(np.unique(noise[:200])) == {-2.0, -1.0, 0.0, 1.0, 2.0}


def test_noise_is_drawn_in_and_out_of_training_and_by_its_state():
    layer = DroppedNoise()
    amplitude = np.ones((50, 1, 8), np.float32)
    drawn = []
    for training in (True, False):
        layer.seed_generator.state.assign(np.array([3, 4], np.uint32))
        drawn.append(np.asarray(layer(amplitude, training=training)))
    np.testing.assert_array_equal(*drawn)
    assert np.abs(drawn[0] - np.asarray(layer(amplitude))).max() > 0
