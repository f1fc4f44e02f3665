"""Fits by PyTorch are those of `lcgan.recognition.fit`, from the same weights.

PyTorch and TensorFlow do not bear each other in one process: the fits are handed over.
"""

import json
import re
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from lcgan.recognition import fit as by_keras
from lcgan.recognition.arms import Form
from lcgan.recognition.fit import FitSettings, Labelled, Network, fit, probabilities
from lcgan.recognition.worker import Job
from lcgan.torch_fits.folder import flux_of
from lcgan.trials.handed import TakenIn, hand_out

pytestmark = pytest.mark.skipif(not find_spec("torch"), reason="extra `bench` is not installed")

N_PIXELS, CLASSES, SETTINGS = 512, 4, FitSettings(16, 3, 5, 1e-5, 0.9, 1e-3)
#: Drawn in a process without TensorFlow.
DRAW = """
import sys, numpy as np
from lcgan.torch_fits.network import drawn
np.savez(sys.argv[1], **drawn(*map(int, sys.argv[2:])))
"""


@pytest.fixture
def flux():
    """75 spectra whose slow waves tell four classes apart."""
    rng, kind = np.random.default_rng(0), np.arange(75) % CLASSES
    waves = np.cos(np.outer(kind, np.linspace(0, 9, N_PIXELS)))
    flux = 1 + 0.3 * rng.standard_normal((75, N_PIXELS)) + 0.2 * waves
    return (flux / np.linalg.norm(flux, axis=1, keepdims=True)).astype(np.float32)


def form(name, **how):
    """Train on 50 spectra, in steps of 17, 17 and 16; stop by 25."""
    rows = np.arange(75)
    return Form(name, *(Labelled(of, of % CLASSES) for of in (rows[:50], rows[50:])), **how)


CASES = {
    "whole": (form("whole"), Network()),
    "weighted": (form("weighted", class_weight=(2.0, 1.0, 0.5, 1.0)), Network(blocks=4)),
    "mixup": (form("mixup", mixup_alpha=0.3), Network()),
    "no_attention": (form("no_attention"), Network(attention=False)),
    "no_residual": (form("no_residual"), Network(residual=False, blocks=6)),
}


@pytest.fixture
def handed(flux, tmp_path):
    """Hand the cases over, do them, and return the folder and their jobs."""
    np.save(tmp_path / "flux.npy", flux)
    jobs = {}
    for name, (of, network) in CASES.items():
        settings = FitSettings(*vars(SETTINGS).values())
        settings = FitSettings(**{**vars(settings), "network": network})
        jobs[name] = Job(of, 0, 7, settings, None, np.arange(75), None)
    hand_out(tmp_path / "handed", jobs, tmp_path / "flux.npy")
    done(tmp_path / "handed")
    return tmp_path / "handed", jobs


def done(folder, *options, status=0):
    """Do the fits of a folder; return what was said."""
    command = [sys.executable, "-m", "lcgan.torch_fits", str(folder), *options]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == status, ended.stderr
    return ended.stdout + ended.stderr


@pytest.fixture
def same_weights(monkeypatch, tmp_path):
    """Let Keras begin with the weights that numpy draws."""
    begin = by_keras._Trainer.begin

    def with_drawn(self, seed):
        model, own = begin(self, seed), self._build.keywords
        sizes = [own["blocks"], int(own["attention"]), int(own["residual"])]
        sizes = [str(one) for one in (seed, N_PIXELS, CLASSES, *sizes)]
        subprocess.run([sys.executable, "-c", DRAW, tmp_path / "w.npz", *sizes], check=True)
        with np.load(tmp_path / "w.npz") as weights:
            model.set_weights(in_keras_order(weights, model))
        return model

    monkeypatch.setattr(by_keras._Trainer, "begin", with_drawn)


@pytest.fixture
def exact_norm(monkeypatch):
    """Let Keras' network take moments in double precision.

    TensorFlow sums them in float32: of channels that hardly vary it gets a variance that is off
    by more than the normalisation's epsilon, and a few steps later no digit is the same.
    """
    import tensorflow as tf

    from lcgan.recognition.batch_norm import FusedBatchNorm

    def call(self, x, training=False):
        mean, variance = self.mean.value, self.variance.value
        if training:
            mean, variance = tf.nn.moments(tf.cast(x, tf.float64), [0, 1])
            mean, variance = (tf.cast(of, tf.float32) for of in (mean, variance))
            n = tf.cast(tf.reduce_prod(tf.shape(x)[:2]), tf.float32)
            self.mean.assign(0.9 * self.mean + 0.1 * mean)
            self.variance.assign(0.9 * self.variance + 0.1 * variance * n / (n - 1))
        scale = self.gamma.value * tf.math.rsqrt(variance + self.epsilon)
        return (x - mean) * scale + self.beta.value

    monkeypatch.setattr(FusedBatchNorm, "call", call)
    by_keras._trainer.cache_clear()
    yield
    by_keras._trainer.cache_clear()


def in_keras_order(weights, model):
    """Return numpy's weights as `set_weights` takes them."""
    found = []
    for layer in model.layers:
        name, shapes = layer.name, [value.shape for value in layer.get_weights()]
        if "_norm" in name:
            parts = [weights[f"{name}_scale"], weights[f"{name}_offset"]]
            parts += [np.zeros(shapes[2]), np.ones(shapes[3])]
        elif name.endswith("_attention"):
            block = name.removesuffix("_attention")
            names = "channels", "channels_bias", "weighing", "weighing_bias"
            parts = [weights[f"{block}_{of}"] for of in names]
        elif shapes:
            own = name.replace("_attention_convolution", "_channels")
            parts = [weights[own], weights[f"{own}_bias"]]
        else:
            continue
        found += [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
    return found


def test_fits_have_the_curves_and_the_answers_of_keras(handed, same_weights, exact_norm):
    folder, jobs = handed
    flux = flux_of(folder)
    outcomes = {ended.name: ended.outcome for ended in TakenIn(folder).run(None, jobs, None)}
    assert set(outcomes) == set(CASES)
    for name, (of, _) in CASES.items():
        weight = None if of.class_weight is None else np.array(of.class_weight)
        how = jobs[name].settings, 7, weight, of.mixup_alpha
        theirs, ours = fit(flux, of.train, of.early_stop, *how), outcomes[name]
        assert ours.best_epoch == theirs.best_epoch
        first = ours.curves["train_loss"][0], theirs.curves["train_loss"][0]
        np.testing.assert_allclose(*first, rtol=1e-3, err_msg=name)
        for curve in by_keras.CURVES:
            both, near = (
                (ours.curves[curve], theirs.curves[curve]),
                0.05 if "acc" in curve else 0.01,
            )
            np.testing.assert_allclose(*both, atol=near, err_msg=f"{name} {curve}")
        p_o = probabilities(theirs.model, flux)[:, 0]
        np.testing.assert_allclose(ours.p_o, p_o, atol=0.01, err_msg=name)


def test_what_is_done_is_not_done_again_and_is_the_same_in_any_order(handed):
    folder, jobs = handed
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "done").iterdir()}
    assert f"{folder}: 0 fits done, 0 left" in done(folder)
    with np.load(folder / "done" / "mixup.npz") as file:
        first = file["p_o"]
    (folder / "done" / "mixup.npz").unlink()
    assert f"{folder}: 1 fits done, 0 left" in done(folder, "--only", "^mix")
    with np.load(folder / "done" / "mixup.npz") as file:
        np.testing.assert_array_equal(file["p_o"], first)
    after = {path.name: path.stat().st_mtime_ns for path in (folder / "done").iterdir()}
    assert {name for name in before if after[name] != before[name]} == {"mixup.npz"}


def test_without_time_a_fit_is_left(handed):
    folder, _ = handed
    (folder / "done" / "whole.npz").unlink()
    assert "0 fits done, 1 left" in done(folder, "--seconds", "0")


def test_a_fit_that_fails_is_told_and_the_others_are_done(handed):
    folder, _ = handed
    for name in ("whole", "mixup"):
        (folder / "done" / f"{name}.npz").unlink()
    told = json.loads((folder / "fits.json").read_text())
    assert told["fits"][0]["name"] == "whole"
    del told["fits"][0]["network"]["blocks"]
    (folder / "fits.json").write_text(json.dumps(told))
    said = done(folder, status=1)
    assert re.search("whole: failed: TypeError: .*'blocks'", said)
    assert f"{folder}: 1 fits done, 1 left, 1 of them failed" in said


def test_fits_of_an_older_lcgan_are_to_be_handed_out_anew(handed):
    folder, _ = handed
    told = json.loads((folder / "fits.json").read_text())
    del told["fits"][-1]["settings"]["batch_norm_epsilon"]
    (folder / "fits.json").write_text(json.dumps(told))
    said = done(folder, status=1)
    name = told["fits"][-1]["name"]
    assert f"fits.json: fit '{name}' has no 'batch_norm_epsilon'" in said
    assert "hand the fits out anew" in said
