import numpy as np
import pytest

from lcgan.gan.continuum import Interpolated, Multiplied, knots


def test_knots_hold_the_first_and_the_last_pixel():
    assert knots(11, 3).tolist() == [0, 5, 10]


def test_interpolation_runs_straight_between_knots():
    values = np.array([0.0, 10.0, 0.0], np.float32).reshape(3, 1, 1)
    found = np.asarray(Interpolated(11)(values)).ravel()
    assert found == pytest.approx([0, 2, 4, 6, 8, 10, 8, 6, 4, 2, 0], abs=1e-6)


def test_every_channel_and_spectrum_is_interpolated_by_itself():
    values = np.random.default_rng(0).normal(size=(4, 2, 3)).astype(np.float32)
    found = np.asarray(Interpolated(50)(values))
    expected = np.interp(np.arange(50), knots(50, 4), values[:, 1, 2])
    assert found.shape == (50, 2, 3)
    np.testing.assert_allclose(found[:, 1, 2], expected, atol=1e-6)


def test_a_multiplied_spectrum_changes_by_its_factor_less_one():
    layer = Multiplied()
    logs = np.log(np.array([1.0, 2.0, 0.5], np.float32)).reshape(3, 1, 1)
    layer.build((3, 1, None))
    layer.spectrum.assign(np.array([7.0, 10.0, 4.0]).reshape(3, 1, 1))
    assert np.asarray(layer(logs)).ravel() == pytest.approx([0.0, 10.0, -2.0], abs=1e-5)
    assert not layer.trainable_variables
