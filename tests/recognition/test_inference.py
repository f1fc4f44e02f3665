"""The network through OpenVINO: the Keras network's answers, whatever the company; 8 bits."""

from functools import partial

import keras
import numpy as np
import pytest

from lcgan.recognition import racnet
from lcgan.recognition.conversion import convert, output_biases, quantise, refitted
from lcgan.recognition.fit import FitSettings, Labelled, fit, probabilities
from lcgan.recognition.graph import with_exact_zero
from lcgan.recognition.inference import BATCH, Network
from lcgan.spectra.standardise import standardise

N_PIXELS = 512


def labelled(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised continua, blue or red, with a line or without, noisy; their four classes."""
    rng = np.random.default_rng(seed)
    pixel = np.linspace(0, 1, N_PIXELS)
    classes = rng.integers(0, 4, n)
    slope = np.where(classes < 2, -1, 1) * rng.uniform(0.2, 2, n)
    depth = np.where(classes % 2, 0.05, 0.3) * rng.uniform(0.5, 1.5, n)
    lines = 1 - depth[:, None] * np.exp(-0.5 * ((pixel - 0.4) / 0.02) ** 2)
    flux = np.exp(slope[:, None] * pixel) * lines + rng.normal(0, 0.02, (n, N_PIXELS))
    return standardise(flux), classes


def spectra(n: int, seed: int = 3) -> np.ndarray:
    """Such spectra alone, shape (n, N_PIXELS)."""
    return labelled(n, seed)[0]


@pytest.fixture(scope="module")
def network():
    """A network of the real kind that was trained to tell four classes of slope and line."""
    flux, classes = labelled(480, seed=1)
    rows = np.arange(480)
    parts = Labelled(rows[:400], classes[:400]), Labelled(rows[400:], classes[400:])
    settings = FitSettings(32, 8, 8, 2e-3, 0.9)
    width = partial(racnet.build, filters=(16, 8, 8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(racnet, "build", lambda n, c, momentum: width(n, c, momentum))
        fitted = fit(flux, *parts, settings, seed=5)
    assert fitted.curves["early_stop_accuracy"][-1] > 0.8
    return fitted.model


@pytest.fixture(scope="module")
def float32(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("float32") / "network.xml"
    convert(network, path)
    return path


@pytest.fixture(scope="module")
def int8(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("int8") / "network.xml"
    quantise(network, spectra(120, seed=2), path)
    return path


def test_the_answers_are_the_keras_networks(network, float32):
    flux = spectra(200)
    expected = probabilities(network, flux)
    assert expected.std(axis=0).min() > 0.1, "the spectra are told apart"
    found = Network(float32)(flux)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_paper_network_of_3700_pixels_too(tmp_path):
    keras.utils.set_random_seed(7)
    model = racnet.build()
    convert(model, tmp_path / "network.xml")
    flux = standardise(np.random.default_rng(3).normal(1, 0.1, (10, 3700)))
    found = Network(tmp_path / "network.xml")(flux)
    np.testing.assert_allclose(found, probabilities(model, flux), atol=1e-5)


@pytest.mark.parametrize("kind", ["float32", "int8"])
def test_no_answer_depends_on_its_company_or_on_the_threads(kind, request):
    path = request.getfixturevalue(kind)
    flux = spectra(3 * BATCH + 5)
    one, two = Network(path), Network(path, threads=2)
    together = one(flux)
    assert np.array_equal(two(flux), together)
    for first in range(1, BATCH):
        assert np.array_equal(one(flux[first:]), together[first:])
    assert np.array_equal(one(flux[5:6]), together[5:6])
    assert np.array_equal(two(flux[::-1]), together[::-1])


def test_it_takes_any_number_type_and_layout_and_no_spectra_at_all(float32):
    flux = spectra(20)
    network = Network(float32)
    expected = network(flux)
    assert np.array_equal(network(flux.astype(np.float64)), expected)
    assert np.array_equal(network(np.asfortranarray(flux)), expected)
    assert network(flux[:0]).shape == (0, 4)


def test_several_callers_at_once_get_their_own_answers(float32):
    from concurrent.futures import ThreadPoolExecutor

    flux = spectra(60)
    network = Network(float32, threads=2)
    expected = network(flux)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda i: network(flux[i : i + 20]), range(40)))
    assert all(np.array_equal(each, expected[i : i + 20]) for i, each in enumerate(found))


def test_8_bits_change_little_and_nothing_on_the_whole(network, int8):
    flux = spectra(400)
    expected = probabilities(network, flux)
    found = Network(int8)(flux)
    change = found - expected
    assert 1e-4 < np.abs(change).max() < 0.3
    assert np.abs(change).mean() < 0.01
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.98
    assert np.abs(change.mean(axis=0)).max() < 0.01


def test_8_bits_are_what_the_convolutions_work_in(float32, int8):
    import openvino

    def bits(path):
        model = openvino.Core().read_model(path)
        model.reshape([BATCH, N_PIXELS])
        nodes = openvino.Core().compile_model(model, "CPU").get_runtime_model().get_ops()
        kinds = [{k: str(v.value) for k, v in n.get_rt_info().items()} for n in nodes]
        return [
            kind["runtimePrecision"] for kind in kinds if kind["layerType"].startswith("Convol")
        ]

    # of 3 × 6 convolutions: a block's 1×1 behind the pooling is float32, and so is the first block
    assert len(bits(int8)) == 18
    assert sum(kind in ("i8", "u8") for kind in bits(int8)) == 10
    assert not {"i8", "u8"} & set(bits(float32))


def test_output_biases_undo_a_shift():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (500, 4))
    shift = np.array([0.5, -0.25, 0.0, -0.25])

    def softmax(x):
        return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)

    found = output_biases(softmax(logits - shift), softmax(logits))
    np.testing.assert_allclose(found, shift, atol=1e-5)
    np.testing.assert_allclose(output_biases(softmax(logits), softmax(logits)), 0, atol=1e-6)


def test_the_last_layer_undoes_what_rounding_did_to_its_features():
    rng = np.random.default_rng(4)
    features, kernel, bias = rng.normal(size=(600, 8)), rng.normal(size=(8, 4)), rng.normal(size=4)

    def softmax(x):
        return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)

    expected = softmax(features @ kernel + bias)
    spoilt = 0.7 * features + 0.5
    new_kernel, new_bias = refitted(kernel, bias, spoilt, expected)
    found = softmax(spoilt @ new_kernel + new_bias)
    before = np.abs(softmax(spoilt @ kernel + bias) - expected).mean()
    assert np.abs(found - expected).mean() < 0.7 * before
    np.testing.assert_allclose(found.mean(axis=0), expected.mean(axis=0), atol=1e-4)
    same = refitted(kernel, bias, features, expected)
    np.testing.assert_allclose(same[0], kernel, atol=1e-5)


@pytest.mark.parametrize(("low", "high"), [(0.0, 3.0), (-1.0, 6.0), (-0.001, 5.0), (-9.0, 0.1)])
def test_zero_is_one_of_the_levels(low, high):
    low, high = with_exact_zero(low, high)
    level = -low / (high - low) * 255
    assert level == pytest.approx(round(level), abs=1e-9)


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(RuntimeError):
        Network(tmp_path / "network.xml")
