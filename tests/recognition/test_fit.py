import numpy as np
import pytest
import tensorflow as tf

from lcgan.recognition import fit as module
from lcgan.recognition.batch_norm import FusedBatchNorm
from lcgan.recognition.fit import FitSettings, Labelled, fit, probabilities


@pytest.fixture
def spectra():
    """Four classes told apart by where a bump is."""
    rng = np.random.default_rng(0)
    classes = np.arange(80) % 4
    flux = 1 + 0.05 * rng.normal(size=(80, 256))
    for row, number in enumerate(classes):
        flux[row, 40 * number : 40 * number + 30] += 1
    flux /= np.linalg.norm(flux, axis=1, keepdims=True)
    return flux.astype(np.float32), classes


def settings(**changes):
    default = {
        "batch_size": 8,
        "max_epochs": 3,
        "patience": 2,
        "learning_rate": 1e-3,
        "batch_norm_momentum": 0.9,
        "batch_norm_epsilon": 1e-3,
    }
    return FitSettings(**default | changes)


def parts(classes):
    return (
        Labelled(np.arange(60), classes[:60]),
        Labelled(np.arange(60, 80), classes[60:]),
    )


def test_the_normalisation_is_the_settings(spectra):
    flux, classes = spectra
    of = settings(max_epochs=1, batch_norm_momentum=0.7, batch_norm_epsilon=0.02)
    norms = [
        layer
        for layer in fit(flux, *parts(classes), of, seed=1).model.layers
        if isinstance(layer, FusedBatchNorm)
    ]
    assert len(norms) == 16
    assert {(norm.momentum, norm.epsilon) for norm in norms} == {(0.7, 0.02)}


def test_learns_what_is_plain_and_keeps_its_best_epoch(spectra):
    flux, classes = spectra
    fitted = fit(flux, *parts(classes), settings(max_epochs=15, patience=15), seed=1)
    losses = fitted.curves["early_stop_loss"]
    assert fitted.best_epoch == int(np.argmin(losses)) + 1
    called = probabilities(fitted.model, flux, np.arange(60, 80)).argmax(1)
    assert (called == classes[60:]).mean() >= 0.9
    best = module.evaluate(fitted.model, flux, parts(classes)[1])[0]
    assert best == pytest.approx(min(losses), rel=1e-4)


def test_same_seed_same_curves(spectra):
    flux, classes = spectra
    first, again, other = (fit(flux, *parts(classes), settings(), seed=s) for s in (1, 1, 2))
    assert first.curves == again.curves
    assert first.curves != other.curves


def test_stops_after_patience_without_progress(spectra, monkeypatch):
    """Losses 3, 2, 5, 5, 5: the best is epoch 2, and patience 2 stops after epoch 4."""
    flux, classes = spectra
    losses = iter([3.0, 2.0, 5.0, 5.0, 5.0, 5.0])
    monkeypatch.setattr(module, "evaluate", lambda *_: (next(losses), 0.5))
    fitted = fit(flux, *parts(classes), settings(max_epochs=6), seed=1)
    assert (fitted.best_epoch, fitted.epochs) == (2, 4)


def test_class_weight_moves_the_calls(spectra):
    flux, classes = spectra
    heavy = np.array([50.0, 0.02, 0.02, 0.02])
    weighted = fit(flux, *parts(classes), settings(), 1, heavy)
    plain = fit(flux, *parts(classes), settings(), 1)
    mean = [probabilities(f.model, flux)[:, 0].mean() for f in (weighted, plain)]
    assert mean[0] > mean[1] + 0.05


def test_probabilities_of_no_rows_are_empty(spectra):
    flux, classes = spectra
    model = fit(flux, *parts(classes), settings(max_epochs=1), 1).model
    assert probabilities(model, flux, np.array([], int)).shape == (0, 4)


def test_a_later_fit_leaves_the_network_of_an_earlier_one_as_it_was(spectra):
    flux, classes = spectra
    first = fit(flux, *parts(classes), settings(max_epochs=1), seed=1).model
    before = probabilities(first, flux)
    fit(flux, *parts(classes), settings(max_epochs=1), seed=2)
    np.testing.assert_array_equal(probabilities(first, flux), before)


def test_a_fit_leaves_what_tensorflow_has_optimised(spectra, monkeypatch):
    """To seed TensorFlow's generator clears all that; the next step then takes seconds."""
    flux, classes = spectra
    seeds: list[int] = []
    monkeypatch.setattr(tf.random, "set_seed", seeds.append)
    fit(flux, *parts(classes), settings(max_epochs=1), seed=1)
    assert seeds == []


def test_mixup_mixes_spectra_and_targets_by_one_share():
    """Spectra e1 and e2 mixed λ to 1 - λ: λ / |(λ, 1 - λ)| in the first pixel, target λ."""
    flux, targets = np.eye(2, dtype=np.float32), np.eye(2, dtype=np.float32)
    shares = []
    for seed in range(20):
        both, target = module.mixed(flux, targets, 0.2, np.random.default_rng(seed))
        np.testing.assert_allclose(target.sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_allclose(
            both, target / np.linalg.norm(target, axis=1)[:, None], atol=1e-6
        )
        shares.append(float(target[0, 0]))
    # Beta(0.2, 0.2) has most of its weight near 0 and 1
    assert np.mean(np.abs(np.array(shares) - 0.5) > 0.4) > 0.5


def test_mixup_changes_the_fit_and_still_learns(spectra):
    flux, classes = spectra
    plain = fit(flux, *parts(classes), settings(max_epochs=15, patience=15), 1)
    mixed = fit(flux, *parts(classes), settings(max_epochs=15, patience=15), 1, mixup_alpha=0.2)
    assert mixed.curves["train_loss"] != plain.curves["train_loss"]
    assert max(mixed.curves["early_stop_accuracy"]) >= 0.9


def test_the_network_of_an_ablation_is_the_one_that_is_fitted(spectra):
    flux, classes = spectra
    network = module.Network(attention=False, blocks=3)
    fitted = fit(flux, *parts(classes), settings(max_epochs=1, network=network), 1)
    names = [layer.name for layer in fitted.model.layers]
    assert "block3_add" in names and "block4_add" not in names
    assert "block1_attention" not in names
