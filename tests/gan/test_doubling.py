"""Up-sampling by two: the values by hand, the gradient as TensorFlow's own."""

import numpy as np
import pytest
import tensorflow as tf

from lcgan.gan.doubling import Doubling, doubled


def test_known_numbers():
    x = tf.constant([[[0.0]], [[4.0]], [[8.0]]])
    np.testing.assert_allclose(doubled(x, 6)[:, 0, 0], [0.0, 1.0, 3.0, 5.0, 7.0, 8.0])
    np.testing.assert_allclose(doubled(x, 5)[:, 0, 0], [0.0, 1.0, 3.0, 5.0, 7.0])


@pytest.mark.parametrize(("n", "length"), [(1, 2), (5, 10), (8, 15)])
def test_the_gradient_is_that_of_the_values(n, length):
    """The map is linear: its columns are the images of unit vectors."""
    matrix = doubled(tf.eye(n)[:, None], length).numpy()[:, 0]
    upstream = np.random.default_rng(n).normal(size=(length, 3, 2)).astype(np.float32)
    x = tf.zeros((n, 3, 2))
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = doubled(x, length)
    found = tape.gradient(y, x, tf.constant(upstream))
    np.testing.assert_allclose(found, np.einsum("lcb,ln->ncb", upstream, matrix), atol=1e-6)


def test_what_is_smooth_stays_smooth_and_a_constant_stays_itself():
    ramp = tf.reshape(tf.range(50.0), (50, 1, 1))
    inner = np.diff(doubled(ramp, 100).numpy()[1:-1, 0, 0])
    np.testing.assert_allclose(inner, 0.5, atol=1e-5)
    np.testing.assert_array_equal(Doubling(99)(tf.fill((50, 4, 2), 3.0)), np.full((99, 4, 2), 3.0))
