"""Integrated gradients and attention of networks whose answers are known."""

import keras
import numpy as np
import pytest
from keras import layers

from lcgan.recognition import racnet, saliency


def linear(weights: np.ndarray):
    """Two classes whose logits are ±w·x / 2, so that the margin is w·x."""
    flux = keras.Input((len(weights),))
    x = layers.Dense(1, name="dense")(flux)
    model = keras.Model(flux, layers.Dense(2, activation="softmax", name="probabilities")(x))
    model.get_layer("dense").set_weights([weights[:, None], np.zeros(1)])
    model.get_layer("probabilities").set_weights([np.array([[0.5, -0.5]]), np.zeros(2)])
    return model


def test_a_linear_networks_gradients_are_its_weights_times_the_difference():
    weights = np.array([2.0, 0.0, -1.0], np.float32)
    flux, baseline = np.array([[1.0, 5.0, 3.0]], np.float32), np.array([0.5, 0.0, 1.0], np.float32)
    found = saliency.integrated_gradients(linear(weights), flux, baseline)
    np.testing.assert_allclose(found, [[2 * 0.5, 0, -1 * 2.0]], atol=1e-6)


def test_they_sum_to_the_difference_of_the_margins():
    """Completeness (Sundararajan et al. 2017, proposition 1), of a network of the real kind."""
    keras.utils.set_random_seed(3)
    model = racnet.build(256, filters=(4, 8))
    flux = np.random.default_rng(0).normal(1, 0.3, (2, 256)).astype(np.float32) / 16
    baseline = np.full(256, 1 / 16, np.float32)
    found = saliency.integrated_gradients(model, flux, baseline, steps=200)
    margin = saliency.margin_of(model, 0)
    whole = (margin(flux) - margin(baseline[None])).numpy()
    np.testing.assert_allclose(found.sum(axis=1), whole, atol=0.02 * np.abs(whole).max() + 1e-4)
    p = model(flux).numpy()[:, 0]
    np.testing.assert_allclose(margin(flux), np.log(p / (1 - p)), atol=1e-4)


def test_a_look_is_normalised_and_has_every_blocks_attention():
    model = racnet.build(256, filters=(4, 8))
    flux = np.random.default_rng(0).normal(1, 0.3, (5, 256)).astype(np.float32) / 16
    found = saliency.look(model, flux[:2], flux[2:])
    assert found["saliency"].sum() == pytest.approx(1)
    assert np.abs(found["signed"]).sum() <= 1 + 1e-6
    assert found["attention"].shape == (2, 2, 8) and int(found["n"]) == 2
    assert np.isnan(found["attention"][0, :, 4:]).all()
    assert ((found["attention"][1] > 0) & (found["attention"][1] < 1)).all()
