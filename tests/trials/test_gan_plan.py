"""Which GANs are trained beside the pipeline's, and what one training does."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_study import PARAMS

import lcgan
from lcgan import quiet
from lcgan.params import load
from lcgan.params.names import GAN_VARIANTS
from lcgan.trials.digest import of_code
from lcgan.trials.gan_fitting import GanJob, train_gan_trial
from lcgan.trials.gan_plan import CODE, plan, shared_digest, varied

SETS = {"data_set_1": {"O": list(range(40))}}
CHOSEN = {"lcgan_plus": 400}


def trials_of(*overrides: str, digest: str = "x"):
    small = ["study.other_gans.seeds=2", "study.few.forms=[none_duplicated, lcgan_plus]"]
    small += ["study.few.n_o=[15, 40]", "study.other_gans.variants=[no_dropout]"]
    return plan(load(PARAMS, [*small, *overrides]), SETS, CHOSEN, digest)


def test_lcgan_and_its_variants_seed_after_seed_then_those_of_few():
    trials = trials_of()
    assert [trial.name for trial in trials] == [
        *("lcgan-s00", "lcgan-no_dropout-s00", "lcgan-s01", "lcgan-no_dropout-s01"),
        "lcgan_plus-n015-s00",  # 40 are all there are
    ]
    assert trials[0].checkpoints == (600, 1200)
    assert trials[-1].checkpoints == (400,)
    assert len({trial.digest for trial in trials}) == 5


def test_a_trial_is_another_if_anything_that_it_depends_on_is():
    first = {trial.key for trial in trials_of()}
    assert first == {trial.key for trial in trials_of("study.seeds=3; study.workers=1")}
    other = {trial.key for trial in trials_of("train_gan.lcgan.dropout=0.2")}
    assert [key for key in first & other if "n015" not in key] == []
    assert len(first & other) == 1
    assert not first & {trial.key for trial in trials_of(digest="y")}
    flux = np.ones((2, 3))
    assert shared_digest(flux, 1) == shared_digest(flux, 1) != shared_digest(flux, 2)
    assert shared_digest(flux, 1) != shared_digest(2 * flux, 1)


def test_every_file_that_makes_or_scores_spectra_makes_other_trials_of_all():
    code = """import sys, lcgan.trials.gan_fitting, lcgan.stages.score_gan, lcgan.recognition.cells
import lcgan.gan.training, lcgan.gan.lcgan, lcgan.gan.lcgan_plus
print(*(m.__file__ for n, m in sys.modules.items() if n.startswith("lcgan")))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    root = Path(lcgan.__file__).parent
    run = {Path(file).relative_to(root).as_posix() for file in done.stdout.split()}
    assert {"gan/adversarial.py", "scores/frechet.py", "stages/score_gan.py"} <= run
    of_others = ("errors.py", "files.py", "params/", "workers.py", "written_by.py")
    of_others += ("recognition/", "stars/")  # what `few` does not call
    without = {name for name in run if name.startswith(of_others) or name.endswith("__init__.py")}
    without -= {"recognition/cells.py", "evidence/__init__.py", "scores/__init__.py"}
    assert run - set(of_code(CODE)) <= without | {"stages/paths.py"}
    assert {"recognition/cells.py", "trials/gan_plan.py"} <= set(of_code(CODE))


@pytest.mark.parametrize("variant", GAN_VARIANTS)
def test_a_variant_differs_in_what_it_is_named_after(variant):
    settings = load(PARAMS).train_gan.lcgan
    whole, other = settings.model_dump(), varied(settings, variant).model_dump()
    named = {"convolution": {"layers"}, "equal_rates": {"discriminator_learning_rate"}}
    named |= {"no_smoothing": {"real_label"}, "no_dropout": {"dropout"}}
    assert {key for key in whole if whole[key] != other[key]} == named[variant]
    assert varied(settings, "") == settings


def test_a_training_ends_at_its_last_checkpoint_and_has_its_number_s_draws(monkeypatch):
    monkeypatch.setattr(quiet, "start_tensorflow", lambda n: None)  # this process has it already
    small = "train_gan.sgan.iterations=500; train_gan.sgan.checkpoints=[2, 4]"
    of_recognition = "train_classifier.checkpoints.sgan=[2]; study.checkpoints.sgan=[2]"
    settings = load(PARAMS, [small, of_recognition]).train_gan.sgan
    settings = settings.model_copy(update={"n_generated": 20})
    flux = np.random.default_rng(0).random((10, 60)).astype(np.float32)
    flux /= np.linalg.norm(flux, axis=1, keepdims=True)

    def made(number: int, rows=range(10)) -> dict[int, np.ndarray]:
        found = train_gan_trial(GanJob("sgan", settings, list(rows), 1, number), flux)
        return {at: np.load(io.BytesIO(kept)) for at, kept in found.items()}

    first = made(0)
    assert list(first) == [2, 4] and first[4].shape == (20, 60)
    np.testing.assert_array_equal(first[4], made(0)[4])
    assert (first[4] != made(1)[4]).all(axis=1).any()
    assert (first[4] != made(0, rows=range(5))[4]).any()
