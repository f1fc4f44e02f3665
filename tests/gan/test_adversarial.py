from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import skew

from lcgan.gan import lcgan, lcgan_plus, sgan, wgan_gp
from lcgan.gan.adversarial import Adversary
from lcgan.gan.start import typical_spectrum
from lcgan.spectra.standardise import standardise

N_PIXELS = 80


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
        "gain": 1.0,
        "fine_gain": 0.1,
        "output_gain": 0.05,
        "line_modes": 0,
        "layers": "locally_connected",
        "statistics": 1.0,
        "penalty": 10.0,
    }
    return SimpleNamespace(**default | changes)


FAMILIES = [lcgan, sgan, lcgan_plus, wgan_gp]


@pytest.mark.parametrize("family", FAMILIES)
def test_yields_its_checkpoints_with_every_loss(family, flux, tmp_path):
    adversary = Adversary(family, settings(), flux, 1)
    assert list(adversary.train(tmp_path)) == [2, 4]
    assert adversary.losses.shape == (6, 2)
    assert np.isfinite(adversary.losses).all()
    if family is not wgan_gp:  # whose losses are heights
        assert (adversary.losses > 0).all()


@pytest.mark.parametrize("family", FAMILIES[1:])
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


def settled(adversary):
    with adversary.settled(3, "x"):
        return adversary.generate(3, "x")


def test_interrupted_training_goes_on_to_the_same_end(flux, tmp_path):
    family, own = lcgan_plus, settings(average=0.5, decay=0.5)
    whole = Adversary(family, own, flux, 1)
    for _ in whole.train(tmp_path / "whole"):
        settled(whole)
    first = Adversary(family, own, flux, 1)
    steps = first.train(tmp_path / "cut")
    assert next(steps) == 2
    assert next(steps) == 4  # the state at 2 is kept; that at 4 is not yet
    del first, steps
    again = Adversary(family, own, flux, 1)
    assert list(again.train(tmp_path / "cut")) == [4]
    np.testing.assert_array_equal(again.losses, whole.losses)
    np.testing.assert_array_equal(settled(again), settled(whole))


def test_what_is_kept_is_the_running_mean_of_the_weights(flux, tmp_path):
    own = settings(average=0.75, checkpoints=[1, 2], iterations=2)
    adversary = Adversary(sgan, own, flux, 1)
    seen = [adversary.generator.get_weights()[0]]
    for _ in adversary.train(tmp_path):
        seen.append(adversary.generator.get_weights()[0])
    with adversary.settled(3, 1) as generator:
        kept = generator.get_weights()[0]
    expected = 0.75 * (0.75 * seen[0] + 0.25 * seen[1]) + 0.25 * seen[2]
    np.testing.assert_allclose(kept, expected, atol=1e-7)
    np.testing.assert_array_equal(adversary.generator.get_weights()[0], seen[2])


def test_rates_fall_to_nothing_over_the_second_half(flux, tmp_path):
    adversary = Adversary(lcgan, settings(decay=0.5, iterations=4, checkpoints=[2, 3, 4]), flux, 1)
    rates = [
        float(adversary._optimizers[0].learning_rate.numpy()) for _ in adversary.train(tmp_path)
    ]
    np.testing.assert_allclose(rates, [1e-4, 1e-4, 0.5e-4], rtol=1e-6)


def test_what_is_kept_has_the_middle_of_the_training_spectra(flux):
    adversary = Adversary(lcgan, settings(), flux, 1)
    layer = adversary.generator.get_layer("output")
    layer.bias.assign_add(np.full(layer.bias.shape, 3.0, np.float32))
    before = layer.bias.numpy()
    with adversary.settled(500, "some"):
        spectra = standardise(adversary.generate(500, "some"))
    np.testing.assert_allclose(typical_spectrum(spectra), typical_spectrum(flux), rtol=5e-3)
    np.testing.assert_array_equal(layer.bias.numpy(), before)


def test_the_discriminator_alone_learns_from_smoothed_labels(flux, tmp_path):
    """At the best answer to label 0.9 the cross-entropy is that of 0.9, not 0."""
    adversary = Adversary(lcgan, settings(real_label=(0.9, 0.9)), flux, 1)
    list(adversary.train(tmp_path))
    entropy = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
    assert (adversary.losses[:, 1] > entropy / 2).all()


def smooth_spectra(n, n_pixels=400):
    """Spectra of a slope of skewed size and a noise that differs from one to another."""
    rng = np.random.default_rng(5)
    slope = rng.gamma(4, 0.25, size=(n, 1)) * np.linspace(-1, 1, n_pixels)
    noise = 0.05 * np.exp(0.5 * rng.normal(size=(n, 1))) * rng.normal(size=(n, n_pixels))
    return (5 + slope + noise).astype(np.float32)


def test_lcgan_starts_with_the_continua_and_the_noise_of_its_spectra():
    flux = smooth_spectra(2000)
    spectra = Adversary(lcgan, settings(latent=100), flux, 1).generate(1000, "start")
    ends = [0, 399]
    np.testing.assert_allclose(np.median(spectra, 0)[ends], np.median(flux, 0)[ends], atol=0.1)
    np.testing.assert_allclose(spectra.std(0)[ends], flux.std(0)[ends], rtol=0.2)
    assert np.corrcoef(spectra[:, 0], spectra[:, 399])[0, 1] < -0.9
    assert skew(spectra[:, 399]) == pytest.approx(skew(flux[:, 399]), abs=0.7)

    def noise(of):
        return np.diff(of, n=2, axis=1).std(axis=1) / 6**0.5

    np.testing.assert_allclose(np.median(noise(spectra)), np.median(noise(flux)), rtol=0.2)
    np.testing.assert_allclose(np.log(noise(spectra)).std(), np.log(noise(flux)).std(), rtol=0.25)


@pytest.mark.parametrize("family", [lcgan, sgan])
def test_units_go_there_and_back(family, flux):
    units = family.scaling(flux)
    np.testing.assert_allclose(units.back(units.into(flux)), flux, atol=1e-6)


def test_lcgan_units_have_the_typical_spectrum_at_0_and_a_smooth_spread():
    flux = smooth_spectra(500)
    scaling = lcgan.scaling(flux)
    np.testing.assert_allclose(scaling.into(typical_spectrum(flux)[None]), 0, atol=1e-5)
    np.testing.assert_allclose(scaling.scale[[0, 399]], flux.std(0)[[0, 399]], rtol=0.25)
    own, plain = (np.abs(np.diff(of, n=2)).max() for of in (scaling.scale, flux.std(0)))
    assert own < plain / 10


def test_lcgan_is_locally_connected_and_of_the_paper_s_size():
    flux = np.random.default_rng(0).normal(1, 0.1, size=(3, 3700)).astype(np.float32)
    adversary = Adversary(lcgan, settings(latent=900), flux, 1)
    kinds = [type(layer).__name__ for layer in adversary.generator.layers]
    assert kinds.count("LocallyConnected1D") == 12
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


def test_with_convolutions_it_has_the_same_start_and_fewer_weights(flux):
    both = [
        Adversary(lcgan, settings(layers=of), flux, 1)
        for of in ("locally_connected", "convolution")
    ]
    own, shared = (one.generate(5, "start") for one in both)
    np.testing.assert_allclose(own, shared, atol=1e-5)
    own, shared = (one.discriminator.count_params() for one in both)
    assert shared < own
