import keras
import numpy as np
import pytest
import tensorflow as tf

from lcgan.gan.locally_connected import LocallyConnected1D, locally_connected, output_length


def by_hand(x, kernel, strides):
    """Sum the products of one position after the other, in double precision."""
    out, taps, _, filters = kernel.shape
    result = np.zeros((out, filters, x.shape[2]))
    for position in range(out):
        seen = x[position * strides : position * strides + taps].astype(float)
        result[position] = np.einsum("tcb,tcf->fb", seen, kernel[position])
    return result


def test_known_numbers():
    x = tf.constant([[[1.0]], [[2.0]], [[3.0]]])
    kernel = tf.constant(np.array([[10.0, 100.0], [1.0, 5.0]])[:, :, None, None], tf.float32)
    # position 0: 1·10 + 2·100; position 1: 2·1 + 3·5
    bias = tf.constant([[1.0], [2.0]])
    np.testing.assert_allclose(locally_connected(x, kernel, bias), [[[211.0]], [[19.0]]])
    np.testing.assert_allclose(locally_connected(x, kernel, bias, gain=0.5), [[[105.5]], [[9.5]]])


@pytest.mark.parametrize("strides", [1, 2, 3])
def test_matches_the_sum_written_out(strides):
    rng = np.random.default_rng(strides)
    x = rng.normal(size=(23, 2, 3)).astype(np.float32)
    out = (23 - 5) // strides + 1
    kernel = rng.normal(size=(out, 5, 2, 4)).astype(np.float32)
    bias = tf.zeros((out, 4))
    found = locally_connected(tf.constant(x), tf.constant(kernel), bias, strides)
    np.testing.assert_allclose(found, by_hand(x, kernel, strides), atol=1e-5)


#: length, channels, filters, kernel size, strides; some have no output that sees no edge
SHAPES = [(17, 3, 4, 5, 1), (20, 1, 2, 3, 2), (9, 4, 1, 9, 1), (31, 2, 3, 4, 3), (12, 2, 2, 1, 2)]
SHAPES += [(904, 2, 3, 5, 1), (1205, 1, 2, 6, 2), (7, 2, 2, 2, 5)]


@pytest.mark.parametrize("shape", SHAPES)
def test_values_and_gradients_equal_tf_keras(shape):
    tf_keras = pytest.importorskip("tf_keras")
    length, channels, filters, size, strides = shape
    rng = np.random.default_rng(sum(shape))
    x = tf.constant(rng.normal(size=(4, length, channels)), tf.float32)
    ours = LocallyConnected1D(filters, size, strides, activation="tanh")
    theirs = tf_keras.layers.LocallyConnected1D(filters, size, strides, activation="tanh")
    ours.build(x.shape), theirs.build(x.shape)
    out = output_length(length, size, strides, "valid")
    kernel = rng.normal(size=(out, size, channels, filters)).astype(np.float32)
    bias = rng.normal(size=(out, filters)).astype(np.float32)
    ours.set_weights([kernel, bias])
    theirs.set_weights([kernel.reshape(out, size * channels, filters), bias])
    weight = tf.constant(rng.normal(size=(4, out, filters)), tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y, expected = ours(x), theirs(x)
        loss, expected_loss = tf.reduce_sum(y * weight), tf.reduce_sum(expected * weight)
    np.testing.assert_allclose(y, expected, atol=1e-5)
    gx, gk, gb = tape.gradient(loss, [x, ours.kernel.value, ours.bias.value])
    ex, ek, eb = tape.gradient(expected_loss, [x, *theirs.trainable_weights])
    np.testing.assert_allclose(gx, ex, atol=1e-5)
    np.testing.assert_allclose(gk, np.reshape(ek, gk.shape), atol=1e-5)
    np.testing.assert_allclose(gb, eb, atol=1e-5)


@pytest.mark.parametrize("strides", [1, 2])
def test_with_one_kernel_everywhere_it_is_a_convolution(strides):
    """The paper, Figure 2: shared kernels give an ordinary convolution, `same` padding too."""
    x = np.random.default_rng(1).normal(size=(2, 21, 3)).astype(np.float32)
    convolution = keras.layers.Conv1D(4, 5, strides, padding="same")
    expected = convolution(x)
    shared, bias = convolution.get_weights()
    layer = LocallyConnected1D(4, 5, strides, padding="same")
    layer.build(x.shape)
    out = expected.shape[1]
    layer.set_weights([np.repeat(shared[None], out, 0), np.repeat(bias[None], out, 0)])
    np.testing.assert_allclose(layer(x), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("data_format", "order"), [("channels_first", (0, 2, 1)), ("batch_last", (1, 2, 0))]
)
def test_data_formats_agree(data_format, order):
    """`order` takes (batch, length, channels) to the format's own; its inverse, back."""
    x = np.random.default_rng(2).normal(size=(5, 15, 3)).astype(np.float32)
    last = LocallyConnected1D(2, 3, strides=2, padding="same")
    other = LocallyConnected1D(2, 3, strides=2, padding="same", data_format=data_format)
    turned = x.transpose(order)
    last.build(x.shape), other.build(turned.shape)
    other.set_weights(last.get_weights())
    expected = last(x).numpy().transpose(order)
    np.testing.assert_allclose(other(turned), expected, atol=1e-6)
    assert other.compute_output_shape(turned.shape) == expected.shape
    assert last.compute_output_shape((None, 15, 3)) == (None, 8, 2)


def test_saved_and_loaded_it_is_the_same(tmp_path):
    inputs = keras.Input((12, 2))
    layer = LocallyConnected1D(3, 4, 2, padding="same", activation="relu", use_bias=False)
    model = keras.Model(inputs, layer(inputs))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    x = np.random.default_rng(3).normal(size=(5, 12, 2)).astype(np.float32)
    np.testing.assert_array_equal(again(x), model(x))
    assert again.layers[-1].get_config() == layer.get_config()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"padding": "full"}, "padding"),
        ({"data_format": "NCW"}, "data_format"),
        ({"strides": 0}, "at least 1"),
    ],
)
def test_impossible_options_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        LocallyConnected1D(1, 3, **options)


def test_too_short_an_input_is_refused():
    with pytest.raises(ValueError, match="shorter than kernel_size"):
        LocallyConnected1D(1, 5).build((None, 4, 1))


@pytest.mark.parametrize("gain", [0.1, 4.0])
def test_gain_changes_the_speed_and_not_the_start(gain):
    x = np.random.default_rng(4).uniform(1, 2, size=(3, 11, 2)).astype(np.float32)
    weight = np.random.default_rng(5).uniform(1, 2, size=(3, 11, 2)).astype(np.float32)
    moved = []
    for factor in (1.0, gain):
        keras.utils.set_random_seed(7)
        layer = LocallyConnected1D(2, 3, padding="same", gain=factor)
        layer.build(x.shape)
        before = layer(x).numpy()
        optimizer = keras.optimizers.RMSprop(1e-3)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(x) * weight)
        gradient = tape.gradient(loss, layer.trainable_variables)
        optimizer.apply(gradient, layer.trainable_variables)
        moved.append((before, layer(x).numpy() - before))
    np.testing.assert_allclose(moved[1][0], moved[0][0], atol=1e-5)
    np.testing.assert_allclose(moved[1][1], gain * moved[0][1], rtol=0.02, atol=1e-6)


def test_a_shared_start_is_a_convolution_and_an_own_one_is_not():
    shared, own = (LocallyConnected1D(2, 3, shared_start=flag) for flag in (True, False))
    shared.build((None, 9, 1)), own.build((None, 9, 1))
    assert np.ptp(shared.kernel.numpy(), axis=0).max() == 0
    assert np.ptp(own.kernel.numpy(), axis=0).min() > 0


@pytest.mark.parametrize("filters", [1, 3])
def test_the_kernel_s_gradient_sums_over_all_of_a_large_batch(filters):
    """More spectra than one loop holds, and no multiple of it."""
    rng = np.random.default_rng(filters)
    x = rng.normal(size=(11, 2, 70)).astype(np.float32)
    kernel = tf.constant(rng.normal(size=(5, 3, 2, filters)), tf.float32)
    upstream = rng.normal(size=(5, filters, 70)).astype(np.float32)
    with tf.GradientTape() as tape:
        tape.watch(kernel)
        y = locally_connected(tf.constant(x), kernel, tf.zeros((5, filters)), strides=2)
    found = tape.gradient(y, kernel, tf.constant(upstream))
    seen = np.stack([x[2 * place : 2 * place + 3] for place in range(5)])
    np.testing.assert_allclose(found, np.einsum("ltcb,lfb->ltcf", seen, upstream), atol=1e-4)
