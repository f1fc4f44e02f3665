import keras
import numpy as np
import pytest
import tensorflow as tf

from lcgan.recognition.adam import Adam

SHAPES = [(3, 5, 7), (7,), (), (13, 4)]


def gradients(step: int) -> list[tf.Tensor]:
    rng = np.random.default_rng(step)
    sizes = [10.0 ** rng.integers(-6, 3) for _ in SHAPES]
    return [
        tf.constant(size * rng.normal(size=shape), tf.float32)
        for size, shape in zip(sizes, SHAPES, strict=True)
    ]


def variables() -> list[tf.Variable]:
    return [tf.Variable(value) for value in gradients(0)]


def test_its_numbers_are_those_of_keras():
    ours, theirs = variables(), [keras.Variable(value) for value in gradients(0)]
    adam, other = Adam(ours, 0.01), keras.optimizers.Adam(0.01)
    step, other_step = tf.function(adam.apply), tf.function(lambda of: other.apply(of, theirs))
    other.build(theirs)
    for number in range(1, 30):
        step(gradients(number))
        other_step(gradients(number))
        for one, same in zip(ours, theirs, strict=True):
            np.testing.assert_array_equal(one.numpy(), same.numpy())


def test_a_first_step_is_the_rate_against_the_gradients_sign():
    """The means are 0.1 g and 0.001 g squared, their corrected quotient the sign of g."""
    weight = tf.Variable([1.0, 1.0, 1.0])
    Adam([weight], 0.25).apply([tf.constant([4.0, -0.1, 0.0])])
    assert weight.numpy() == pytest.approx([0.75, 1.25, 1.0], abs=1e-4)


def test_as_new_once_it_is_reset():
    first, again = variables(), variables()
    adam = Adam(again, 0.1)
    for number in range(5):
        adam.apply(gradients(number))
    adam.reset()
    for variable, value in zip(again, gradients(0), strict=True):
        variable.assign(value)
    Adam(first, 0.1).apply(gradients(7))
    adam.apply(gradients(7))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
