import itertools

import numpy as np
import pytest

LENGTH, BATCH = 12, 3


@pytest.fixture(scope="module")
def keras():
    from lcgan.quiet import start_tensorflow

    start_tensorflow()
    import keras

    return keras


def _layers(keras, channels, filters, size, activation):
    from lcgan.recognition.convolution import Convolution

    ours = Convolution(filters, size, activation)
    theirs = keras.layers.Conv1D(filters, size, padding="same", activation=activation)
    for layer in (ours, theirs):
        layer.build((None, LENGTH, channels))
    rng = np.random.default_rng(channels + size)
    weights = [rng.normal(size=w.shape) for w in theirs.weights]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    return ours, theirs


@pytest.mark.parametrize(
    "channels, size, activation", list(itertools.product((1, 3, 16), (1, 3, 5), (None, "relu")))
)
def test_it_answers_and_learns_as_keras_convolution_does(keras, channels, size, activation):
    import tensorflow as tf

    rng = np.random.default_rng(5)
    x = tf.constant(rng.normal(size=(BATCH, LENGTH, channels)), tf.float32)
    upstream = tf.constant(rng.normal(size=(BATCH, LENGTH, 4)), tf.float32)

    def found(layer):
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = layer(x)
        return [y, *tape.gradient(y, [x, *layer.trainable_variables], upstream)]

    ours, theirs = (
        [part.numpy() for part in tf.function(found)(layer)]
        for layer in _layers(keras, channels, 4, size, activation)
    )
    assert len(ours) == 4
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=2e-5)


def test_what_is_not_a_number_stays_so(keras):
    import tensorflow as tf

    ours, _ = _layers(keras, 3, 4, 3, "relu")
    x = np.ones((2, LENGTH, 3), np.float32)
    x[0] = np.nan
    found = tf.function(ours)(x).numpy()
    assert np.isnan(found[0]).all() and np.isfinite(found[1]).all()


def test_a_kernels_gradient_takes_nothing_from_one_spectrum_into_the_next(keras):
    from lcgan.recognition.convolution import kernel_gradient

    x, upstream = np.zeros((2, 4, 1), np.float32), np.zeros((2, 4, 1), np.float32)
    x[0, 3], upstream[0, 2], upstream[1, 0] = 1, 5, 7

    found = kernel_gradient(x, upstream, 3).numpy()

    # pixel 3 is one to the right of pixel 2 (last tap: 5); it is not left of the next one's pixel 0
    np.testing.assert_array_equal(found[:, 0, 0], [0, 0, 5])


@pytest.mark.parametrize(
    "given, said",
    [
        ({"kernel_size": 4}, "kernel_size 4: is to be odd"),
        ({"activation": "tanh"}, "activation tanh: is to be relu or none"),
        ({"strides": 2}, r"strides \(2,\): is to be \(1,\)"),
        ({"dilation_rate": 2}, r"dilation_rate \(2,\)"),
        ({"padding": "valid"}, "padding valid: is to be same"),
        ({"groups": 2}, "groups 2"),
        ({"use_bias": False}, "use_bias False: is to be True"),
        ({"data_format": "channels_first"}, "data_format channels_first"),
    ],
)
def test_other_convolutions_are_refused(keras, given, said):
    from lcgan.recognition.convolution import Convolution

    with pytest.raises(ValueError, match=said):
        Convolution(**{"filters": 4, "kernel_size": 3, **given})


def test_no_activation_may_be_said_as_keras_says_it(keras):
    from lcgan.recognition.convolution import Convolution

    assert Convolution(4, 3, "linear").activation is Convolution(4, 3).activation


def test_it_is_saved_and_loaded_as_it_was(keras, tmp_path):
    from lcgan.recognition.convolution import Convolution

    spectrum = keras.Input((LENGTH, 2))
    model = keras.Model(spectrum, Convolution(4, 3, "relu")(spectrum))
    model.save(tmp_path / "model.keras")

    loaded = keras.models.load_model(tmp_path / "model.keras")

    x = np.random.default_rng(0).normal(size=(BATCH, LENGTH, 2))
    assert isinstance(loaded.layers[1], Convolution)
    np.testing.assert_array_equal(loaded(x), model(x))
