from types import SimpleNamespace

import numpy as np
import pytest

from lcgan.gan import lcgan, sgan
from lcgan.gan.adversarial import Adversary

N_PIXELS = 64


@pytest.fixture
def flux():
    rng = np.random.default_rng(0)
    shape = np.linspace(2, 1, N_PIXELS) + 0.1 * rng.normal(size=(12, N_PIXELS))
    return (shape / np.linalg.norm(shape, axis=1, keepdims=True)).astype(np.float32)


def settings(**changes):
    default = {
        "latent": 10,
        "iterations": 6,
        "checkpoints": [2, 4],
        "batch_size": 4,
        "generator_learning_rate": 1e-4,
        "discriminator_learning_rate": 1.5e-4,
        "real_label": (0.9, 0.9),
        "generated_label": (0.0, 0.0),
        "discriminator_steps": 1,
        "dropout": 0.3,
        "leaky_slope": 0.2,
        "gain": 0.1,
    }
    return SimpleNamespace(**default | changes)


@pytest.mark.parametrize("family", [lcgan, sgan])
def test_yields_its_checkpoints_with_every_loss(family, flux, tmp_path):
    adversary = Adversary(family, settings(), flux, 1)
    assert list(adversary.train(tmp_path)) == [2, 4]
    assert adversary.losses.shape == (6, 2)
    assert np.isfinite(adversary.losses).all()
    assert (adversary.losses > 0).all()


@pytest.mark.parametrize("family", [lcgan, sgan])
def test_same_seed_same_spectra_other_seed_others(family, flux, tmp_path):
    spectra = []
    for number, seed in enumerate((1, 1, 2)):
        adversary = Adversary(family, settings(), flux, seed)
        list(adversary.train(tmp_path / str(number)))
        spectra.append(adversary.generate(3, "test"))
    np.testing.assert_array_equal(spectra[0], spectra[1])
    assert np.abs(spectra[0] - spectra[2]).max() > 1e-4


def test_without_dropout_it_trains_too(flux, tmp_path):
    adversary = Adversary(sgan, settings(dropout=0.0), flux, 1)
    assert list(adversary.train(tmp_path)) == [2, 4]


def test_interrupted_training_goes_on_to_the_same_end(flux, tmp_path):
    whole = Adversary(lcgan, settings(), flux, 1)
    list(whole.train(tmp_path / "whole"))
    first = Adversary(lcgan, settings(), flux, 1)
    steps = first.train(tmp_path / "cut")
    assert next(steps) == 2
    assert next(steps) == 4  # the state at 2 is kept; that at 4 is not yet
    del first, steps
    again = Adversary(lcgan, settings(), flux, 1)
    assert list(again.train(tmp_path / "cut")) == [4]
    np.testing.assert_array_equal(again.losses, whole.losses)
    np.testing.assert_array_equal(again.generate(3, "x"), whole.generate(3, "x"))


def test_the_discriminator_alone_learns_from_smoothed_labels(flux, tmp_path):
    """At the best answer to label 0.9 the cross-entropy is that of 0.9, not 0."""
    adversary = Adversary(lcgan, settings(real_label=(0.9, 0.9)), flux, 1)
    list(adversary.train(tmp_path))
    entropy = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
    assert (adversary.losses[:, 1] > entropy / 2).all()


def test_lcgan_starts_around_the_mean_spectrum(flux):
    spectra = Adversary(lcgan, settings(), flux, 1).generate(400, "start")
    error = flux.std(0) / np.sqrt(400)
    assert np.abs(spectra.mean(0) - flux.mean(0)).max() < 10 * error.max()
    assert spectra.std(0).min() > 0


@pytest.mark.parametrize("family", [lcgan, sgan])
def test_units_go_there_and_back(family, flux):
    units = family.scaling(flux)
    np.testing.assert_allclose(units.back(units.into(flux)), flux, atol=1e-6)


def test_lcgan_units_have_mean_0_and_spread_1(flux):
    own = lcgan.scaling(flux).into(flux)
    np.testing.assert_allclose(own.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(own.std(0), 1, atol=1e-5)


def test_lcgan_is_locally_connected_and_of_the_paper_s_size():
    flux = np.random.default_rng(0).normal(1, 0.1, size=(3, 3700)).astype(np.float32)
    adversary = Adversary(lcgan, settings(latent=900), flux, 1)
    kinds = [type(layer).__name__ for layer in adversary.generator.layers]
    assert kinds.count("LocallyConnected1D") == 11
    assert adversary.generator.input_shape == (None, 900)
    assert adversary.generator.output_shape == (None, 3700)


def test_sgan_has_the_public_code_s_layers():
    flux = np.full((3, 3700), 3700**-0.5, np.float32)
    generator = sgan.build_generator(settings(latent=100), flux)
    units = [layer.units for layer in generator.layers if hasattr(layer, "units")]
    assert units == [256, 512, 1024, 3700]
    discriminator = sgan.build_discriminator(settings(), 3700)
    units = [layer.units for layer in discriminator.layers if hasattr(layer, "units")]
    assert units == [1024, 512, 256, 1]


def test_the_first_dense_weights_have_the_public_code_s_spread():
    flux = np.full((3, 3700), 3700**-0.5, np.float32)
    weights = sgan.build_generator(settings(latent=100), flux).layers[1].kernel.numpy()
    assert weights.std() == pytest.approx(0.02, rel=0.05)
