"""What a study of GANs leaves for networks to learn of, and whose it is."""

from dataclasses import replace

import numpy as np
import pytest

from lcgan import gan_study
from lcgan.recognition.forms import Sources
from lcgan.trials.gan_plan import GanTrial

TRIAL = GanTrial("lcgan_plus", "", 0, (400,), 15, "one")


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Spectra of TRIAL, written."""
    monkeypatch.chdir(tmp_path)
    flux = np.random.default_rng(0).uniform(0.5, 1, (20, 3700))
    flux = (flux / np.linalg.norm(flux, axis=1, keepdims=True)).astype(np.float32)
    gan_study._write(TRIAL, {400: flux})
    return flux


def test_spectra_of_other_parameters_are_not_taken_for_a_trials_own(made):
    assert gan_study._has_spectra_of(TRIAL)
    assert not gan_study._has_spectra_of(replace(TRIAL, digest="other"))
    assert not gan_study._has_spectra_of(replace(TRIAL, n_o=30))


def test_networks_find_them_by_gan_and_number_of_o(made):
    path = gan_study._spectra_of(TRIAL)
    sources = Sources(path, path.parent, {}, 20, 0.3, 1, None)
    np.testing.assert_array_equal(sources.generated_at("lcgan_plus", 400, 15), made)
