import keras
import numpy as np
import pytest

from lcgan.gan.convolution import Convolution1D
from lcgan.gan.locally_connected import LocallyConnected1D


def pair(length: int, channels: int, **options) -> tuple[Convolution1D, LocallyConnected1D]:
    """Both layers, built from the same draws."""
    found = []
    for kind in (Convolution1D, LocallyConnected1D):
        keras.utils.set_random_seed(3)
        same = {"padding": "same", "data_format": "batch_last", "gain": 0.5}
        layer = kind(4, 5, shared_start=True, **same, **options)
        layer.build((length, channels, None))
        found.append(layer)
    return tuple(found)


@pytest.mark.parametrize(("length", "strides"), [(40, 1), (41, 2), (40, 3)])
def test_it_is_what_a_locally_connected_layer_starts_as(length, strides):
    shared, own = pair(length, 3, strides=strides)
    x = np.random.default_rng(0).normal(size=(length, 3, 6)).astype(np.float32)
    np.testing.assert_allclose(shared(x), own(x), atol=1e-5)
    assert shared.kernel.shape == (1, 5, 3, 4) and shared.bias.shape == (1, 4)


def test_what_one_position_learns_is_learnt_by_all():
    shared, _ = pair(40, 3)
    x = np.ones((40, 3, 1), np.float32)
    shared.kernel.assign(shared.kernel + 1)
    found = np.asarray(shared(x))
    assert found[10] == pytest.approx(found[30])


def test_its_biases_may_be_each_position_s_own():
    layer = Convolution1D(2, 3, padding="same", data_format="batch_last", own_bias=True)
    layer.build((40, 3, None))
    assert layer.bias.shape == (40, 2)
    layer.bias.assign(np.arange(80.0).reshape(40, 2))
    found = np.asarray(layer(np.zeros((40, 3, 1), np.float32)))
    assert found[7, :, 0] == pytest.approx([14, 15])
    assert Convolution1D.from_config(layer.get_config()).own_bias
