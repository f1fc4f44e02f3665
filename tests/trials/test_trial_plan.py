"""Which trials there are, and what makes another trial of one."""

import subprocess
import sys
from pathlib import Path

import pytest
from small_study import params_of, write_catalogue, write_generated, write_spectra

import lcgan
from lcgan.errors import UserError
from lcgan.recognition.forms import fit_settings
from lcgan.stages import paths
from lcgan.stages.train_classifier import sources_of
from lcgan.trials import digest
from lcgan.trials.plan import CODE, plan, shared_digest


def trials_of(*overrides):
    params = params_of(*overrides)
    sources, settings = sources_of(params), fit_settings(params.train_classifier)
    shared = shared_digest(sources, settings, paths.CATALOGUE)
    of = params.study.checkpoints.get
    return plan(params.study, sources, shared, of, lambda gan: of(gan)[-1])


def test_every_form_and_checkpoint_with_the_first_seed_and_then_with_the_next(project):
    trials = trials_of()
    assert [trial.name for trial in trials] == [
        "none_as_is-s00",
        "lcgan-it001000-s00",
        "lcgan-it002000-s00",
        "none_as_is-s01",
        "lcgan-it001000-s01",
        "lcgan-it002000-s01",
    ]
    assert len({trial.digest for trial in trials}) == 6
    assert trials == trials_of()


def test_more_seeds_and_other_workers_leave_the_trials_that_there_are(project):
    more = trials_of("study.seeds=3; study.workers=7; train_classifier.repeats=9")
    assert more[:6] == trials_of()
    assert len(more) == 9
    fewer = trials_of("study.checkpoints.lcgan=[2000]")
    assert set(fewer) < set(trials_of())


def test_a_baseline_is_fitted_once_whatever_the_seeds(project):
    trials = trials_of("study.forms=[templates, none_as_is]")
    assert [trial.name for trial in trials] == [
        "templates-s00",
        "none_as_is-s00",
        "none_as_is-s01",
    ]


CHANGES = {
    "spectra": lambda: write_spectra(seed=1),
    "stars": lambda: Path("data/interim/catalogue.csv").write_text(
        Path("data/interim/catalogue.csv").read_text().replace("star 39", "star 0")
    ),
    "row lists": lambda: Path("data/processed/datasets.json").write_text(
        Path("data/processed/datasets.json").read_text().replace("[6, 7, 8, 9]", "[6, 7, 9]")
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_input_makes_other_trials_of_all(project, change):
    before = trials_of()
    change()
    assert not set(before) & set(trials_of())


@pytest.mark.parametrize("key", ["train_classifier.learning_rate=0.5", "seed=1"])
def test_another_setting_makes_other_trials_of_all(project, key):
    assert not set(trials_of()) & set(trials_of(key))


def test_other_code_makes_other_trials_of_all(project, monkeypatch):
    before = trials_of()
    real = digest.md5_of
    fit = "recognition/fit.py"
    monkeypatch.setattr(digest, "md5_of", lambda p: "x" if str(p).endswith(fit) else real(p))
    assert not set(before) & set(trials_of())


def test_other_generated_spectra_make_other_trials_of_their_checkpoint(project):
    before = trials_of()
    write_generated(unfit=2000)
    write_catalogue()
    same = {trial.name for trial in set(before) & set(trials_of())}
    assert same == {"none_as_is-s00", "none_as_is-s01", "lcgan-it001000-s00", "lcgan-it001000-s01"}


@pytest.mark.parametrize(
    "spoil, words",
    [
        (
            lambda: Path("data/generated/lcgan.h5").unlink(),
            r"lcgan\.h5: not there; run `lcgan train_gan",
        ),
        (lambda: write_generated(iterations=(1000,)), r"lcgan\.h5: nothing of iteration 2000"),
        (lambda: write_generated(), r"lcgan\.h5: 6 spectra at a checkpoint, 7 are wanted"),
    ],
)
def test_missing_generated_spectra_are_told(project, spoil, words):
    spoil()
    with pytest.raises(UserError, match=words):
        trials_of("datasets.data_set_5.O=7" if "7" in words else "seed=1")


def test_all_that_is_missing_is_told_at_once(project):
    """Each with the command that makes it, before anything is run."""
    with pytest.raises(UserError) as error:
        trials_of("study.forms=[lcgan, sgan, wgan_gp, lcgan_real_stop]")
    assert str(error.value) == (
        "data/generated/sgan.h5, data/generated/wgan_gp.h5: not there; run "
        "`lcgan train_gan --model sgan`, `lcgan train_gan --model wgan_gp` first"
    )


def test_every_file_that_a_fit_runs_makes_other_trials_of_all(project, monkeypatch):
    code = """import sys, lcgan.trials.fitting, lcgan.recognition.worker, lcgan.recognition.racnet
print(*(m.__file__ for n, m in sys.modules.items() if n.startswith("lcgan")))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    root = Path(lcgan.__file__).parent
    run = {Path(file).relative_to(root).as_posix() for file in done.stdout.split()}
    assert {"recognition/fit.py", "trials/fitting.py"} <= run
    without = {"__init__.py", "trials/__init__.py", "errors.py", "files.py", "workers.py"}
    assert run - set(digest.of_code(CODE)) <= without


def test_few_spectra_and_other_networks_come_after_figure_7_and_no_trial_twice(project):
    beside = (
        "study.few.forms=[none_as_is, physics]; study.few.n_o=[10]; study.few.seeds=1; "
        "study.ablation.forms=[lcgan]; study.ablation.networks=[no_attention]; "
        "study.ablation.seeds=1; datasets.data_set_1.O=10; datasets.data_set_2.O=20"
    )
    names = [trial.name for trial in trials_of(beside)]
    assert names[:6] == [trial.name for trial in trials_of()]
    # the whole network of the ablation is a trial of Figure 7; so is none_as_is, since Data set 1
    # holds six spectra here, and ten mean all of them
    assert names[6:] == ["physics-s00", "lcgan-it002000-no_attention-s00"]
    assert set(trials_of()) < set(trials_of(beside))
