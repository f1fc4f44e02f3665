from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf

from lcgan.gan.objectives import CrossEntropy, Wasserstein, cross_entropy

SEEDS = tf.constant([[1, 2], [3, 4]])
REAL, GENERATED = tf.constant([[2.0, 0.0]]), tf.constant([[0.0, 1.0]])


def network(weights):
    """A line: its value at x is weights · x, its slope their 2-norm everywhere."""
    return lambda x, training: tf.reduce_sum(x * tf.constant(weights), axis=1, keepdims=True)


def test_cross_entropy_of_a_fair_coin_is_ln_2():
    assert float(cross_entropy(tf.constant([[0.3]]), tf.constant([[0.0]]))) == pytest.approx(
        np.log(2)
    )


def test_smoothed_labels_are_those_of_the_settings():
    labels = SimpleNamespace(real_label=(0.9, 0.9), generated_label=(0.1, 0.1))
    loss = CrossEntropy(labels).discriminator(network([1.0, 3.0]), REAL, GENERATED, SEEDS)

    def one(label, logit):
        p = 1 / (1 + np.exp(-logit))
        return -label * np.log(p) - (1 - label) * np.log(1 - p)

    assert float(loss) == pytest.approx((one(0.9, 2) + one(0.1, 3)) / 2, rel=1e-6)


def test_the_generator_minimises_what_else_it_is_given():
    labels = SimpleNamespace(real_label=(1.0, 1.0), generated_label=(0.0, 0.0))
    plain = CrossEntropy(labels).generator(network([1.0, 3.0]), GENERATED)
    more = CrossEntropy(labels, lambda flux: 5 * tf.reduce_sum(flux))
    assert float(plain) == pytest.approx(np.log1p(np.exp(-3)), rel=1e-6)
    assert float(more.generator(network([1.0, 3.0]), GENERATED) - plain) == pytest.approx(5)


@pytest.mark.parametrize("weights, penalty", [([0.6, 0.8], 0.0), ([3.0, 4.0], 16.0)])
def test_wasserstein_s_slope_is_held_at_1(weights, penalty):
    loss = Wasserstein(10.0).discriminator(network(weights), REAL, GENERATED, SEEDS)
    apart = weights[1] - 2 * weights[0]
    assert float(loss) == pytest.approx(apart + 10 * penalty, abs=1e-4)
    assert float(Wasserstein(10.0).generator(network(weights), GENERATED)) == pytest.approx(
        -weights[1]
    )
