"""The network through OpenVINO: the Keras network's answers, whatever the company; 8 bits."""

from functools import partial

import keras
import numpy as np
import pytest

from lcgan.recognition import racnet
from lcgan.recognition.conversion import calibrate, convert, logit_shift, quantise
from lcgan.recognition.fit import FitSettings, Labelled, fit, probabilities
from lcgan.recognition.graph import N_EIGHT_BITS, Builder, weights_of
from lcgan.recognition.inference import BATCH, Network
from lcgan.spectra.standardise import standardise

N_PIXELS = 512
#: Two blocks more than are in 8 bits: both are bfloat16, the first one in part.
FILTERS = (16, 16, 8, 8, 8, 8)


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
    settings = FitSettings(32, 8, 8, 2e-3, 0.9, 1e-3)
    width = partial(racnet.build, filters=FILTERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(racnet, "build", lambda *shape, **network: width(*shape, **network))
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
    # a trained network amplifies rounding, and processors round otherwise: 5e-5 was seen with AVX2
    np.testing.assert_allclose(found, expected, atol=2e-4)


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
    assert 1e-4 < np.abs(change).max() < 0.5
    assert np.abs(change).mean() < 0.01
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.98
    assert np.abs(change.mean(axis=0)).max() < 0.01


def kinds_of_convolutions(model) -> list[str]:
    """What each convolution of a model works in where it is run."""
    import openvino

    model.reshape([BATCH, N_PIXELS])
    settings = {"INFERENCE_PRECISION_HINT": "f32"}
    nodes = openvino.Core().compile_model(model, "CPU", settings).get_runtime_model().get_ops()
    kinds = [{k: str(v.value) for k, v in n.get_rt_info().items()} for n in nodes]
    found = [k["runtimePrecision"] for k in kinds if k["layerType"].startswith("Convol")]
    return ["8 bits" if kind in ("i8", "u8") else kind for kind in found]


def test_each_block_works_in_as_few_bits_as_it_bears(float32, int8):
    import openvino

    core = openvino.Core()
    found = kinds_of_convolutions(core.read_model(int8))
    # six convolutions a block, the last the 1×1 behind the pooling, float32 always
    assert found.count("8 bits") == 5 * N_EIGHT_BITS == 20
    if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES"):
        # the first block's shortcut is no convolution, its first one is float32
        assert found.count("bf16") == 3 + 5
        assert found.count("f32") == 1 + len(FILTERS)
    assert kinds_of_convolutions(core.read_model(float32)) == ["f32"] * 36


def test_a_model_is_in_floating_point_but_for_the_8_bits_own_rounding(network):
    # with ranges of next to nothing every activation in 8 bits is cut to zero: the answer is one
    flux, weights = spectra(64), weights_of(network)
    ranges, _ = calibrate(weights, flux)
    blind = {name: np.zeros_like(found) for name, found in ranges.items()}

    def answers(these):
        import openvino

        model = Builder(weights, N_PIXELS, these).model()
        settings = {"INFERENCE_PRECISION_HINT": "f32"}
        return openvino.Core().compile_model(model, "CPU", settings)(flux)[0]

    assert np.ptp(answers(ranges), axis=0).min() > 0.5
    assert np.ptp(answers(blind), axis=0).max() < 1e-3


def test_ranges_are_those_that_most_spectra_stay_within(network):
    flux, weights = spectra(200), weights_of(network)
    ranges, _ = calibrate(weights, flux)
    assert list(ranges)[:2] == ["block1_after1", "block1_after2"]
    assert list(ranges)[-1] == "dense_input"
    assert ranges["block2_after1"].shape == (FILTERS[1], 2)
    outlier = np.concatenate([flux, 50 * flux[:1]])
    changed = calibrate(weights, outlier)[0]["block1_after1"]
    np.testing.assert_allclose(changed, ranges["block1_after1"], atol=0.5)


def test_a_shift_of_the_logits_is_found_and_each_class_keeps_its_share():
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (500, 4))
    shift = np.array([0.5, -0.25, 0.0, -0.25])

    def softmax(x):
        return np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)

    found = logit_shift(softmax(logits - shift), softmax(logits))
    np.testing.assert_allclose(found, shift, atol=1e-6)
    noisy = logits - shift + rng.normal(0, 1, logits.shape)
    found = logit_shift(softmax(noisy), softmax(logits))
    shares = [softmax(each).mean(axis=0) for each in (noisy + found, logits, noisy)]
    np.testing.assert_allclose(shares[0], shares[1], atol=1e-5)
    assert np.abs(shares[2] - shares[1]).max() > 0.01


def test_a_file_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(RuntimeError):
        Network(tmp_path / "network.xml")
