"""GANs beside the pipeline's: LCGAN but for one thing, and GANs of few O spectra; each a trial."""

import io
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
from threadpoolctl import threadpool_limits

from lcgan.errors import UserError
from lcgan.files import read_json, replacing
from lcgan.finding import Finding
from lcgan.params import Params
from lcgan.spectra.hdf5 import opened
from lcgan.stages import paths
from lcgan.stages.train_gan import data_set_1, write_generated
from lcgan.trials import engines, gan_tables, keep
from lcgan.trials.course import Course, follow, to_run_on
from lcgan.trials.gan_fitting import GanJob, train_gan_trial
from lcgan.trials.gan_plan import GanTrial, few_gans, plan, shared_digest, varied

#: The attribute of a file of spectra that says which trial made them, by its digest.
_MADE_BY = "trial"


def run(
    params: Params,
    say: Callable[[str], None],
    engine: str = "local",
    address: str | None = None,
    workers: int | None = None,
    only_tables: bool = False,
    task: Callable = train_gan_trial,
) -> Finding:
    """Train and score every GAN that has not been yet; write and log what all of them are like.

    See `lcgan.trials.course.follow`; `task` is as `lcgan.trials.gan_fitting.train_gan_trial`.
    """
    opened = engines.asked(engine, address, workers, params.study.workers)
    return follow(_GanStudy, params, say, opened, only_tables, task)


class _GanStudy(Course):
    """The trainings of a study of GANs."""

    command, trials_are_called = "gan_study", "trainings"

    def __init__(self, params: Params, say: Callable[[str], None]):
        self.sets, self.flux, self._scorer = read_json(paths.DATASETS)["sets"], data_set_1(), None
        scored = [params.score_gan.model_dump(), params.datasets.data_set_4, self.sets]
        scored.append(params.datasets.early_stop_fraction)  # by it few O spectra are drawn
        self.digest = shared_digest(self.flux, params.seed, *scored)
        trials = plan(params, self.sets, _chosen(params), self.digest)
        super().__init__(params, say, trials, paths.STUDY / "gans")

    def opened_run(self) -> AbstractContextManager:
        """Open the study's MLflow run."""
        from lcgan.tracking.trials import study_run

        shared = {"seed": self.params.seed, **self.params.train_gan.lcgan.model_dump()}
        return study_run(self.digest, shared, "gan")

    def announce(self, engine=None) -> None:
        """Say how many GANs are to be trained."""
        n_todo, n = len(self.todo), len(self.trials)
        line = f"{n - n_todo} of {n} trainings done"
        if engine is not None:
            line = f"{n_todo} of {n} trainings {to_run_on(engine)}"
        self.say(f"gan_study: {line}")

    def run(self, engine, task: Callable) -> None:
        """Run what is to run; score, keep and log each trial as it ends."""
        from tqdm import tqdm

        jobs = {trial.key: self._job(trial) for trial in self.todo}
        by_key = {trial.key: trial for trial in self.todo}
        with TemporaryDirectory(prefix="lcgan-gans-") as folder:
            flux = Path(folder) / "flux.npy"
            np.save(flux, self.flux.astype(np.float32))
            with closing(engine.run(task, jobs, flux)) as endings:
                bar = tqdm(endings, total=len(jobs), desc="gan_study", unit="GAN", disable=None)
                for ended in bar:
                    self._ended(by_key[ended.name], ended)

    def write(self) -> list[Path]:
        """Write the table and the figure of what is there; return their paths, the figure last."""
        return gan_tables.write(paths.STUDY, gan_tables.table(list(self.found().values())))

    def headline(self, record: Mapping) -> dict[str, float]:
        """Return the scores of a training's last checkpoint."""
        last = list(record["scores"].values())[-1]
        return {name: value for name, value in last.items() if value is not None}

    def done(self, trial: GanTrial) -> bool:
        """Tell whether a trial has its scores, and its own spectra where networks learn of them."""
        return super().done(trial) and (trial.n_o is None or _has_spectra_of(trial))

    def _job(self, trial: GanTrial) -> GanJob:
        from lcgan.recognition.cells import few

        settings = varied(getattr(self.params.train_gan, trial.model), trial.variant)
        settings = settings.model_copy(update={"checkpoints": list(trial.checkpoints)})
        all_rows = self.sets["data_set_1"]["O"]
        own = few(self.sets, trial.n_o, self.params.datasets.early_stop_fraction)
        rows = [all_rows.index(row) for row in own["data_set_1"]["O"]]
        return GanJob(trial.model, settings, rows, self.params.seed, trial.number)

    def _ended(self, trial: GanTrial, ended: engines.Ended) -> None:
        scores = {}
        if ended.outcome is not None:
            made = {at: np.load(io.BytesIO(kept)) for at, kept in ended.outcome.items()}
            scores = {str(at): self._every(flux) for at, flux in made.items()}
            if trial.n_o is not None:
                _write(trial, made)
        what = {"form": trial.model, "iteration": None, "seed": trial.number}
        what |= {"n_o": trial.n_o, "network": trial.variant}
        self.keep(trial, keep.head_of(trial.key, ended, **what) | {"scores": scores})

    @threadpool_limits.wrap(limits=1)
    def _every(self, flux: np.ndarray) -> dict:
        """Return every score, as `repeat_gan`; what it takes is read once, at the first of them."""
        from lcgan.stages.score_gan import Scorer

        self._scorer = self._scorer or Scorer(self.params)
        return self._scorer.every(flux)


def _chosen(params: Params) -> dict[str, int]:
    """Return by GAN that is trained on few O the checkpoint that `score_gan` chose."""
    found = {}
    for model in few_gans(params):
        path = paths.GAN_REPORTS / f"{model}.json"
        if not path.exists():
            raise UserError(f"{path}: not there; run `lcgan score_gan --model {model}` first")
        found[model] = read_json(path)["chosen"]["iteration"]
    return found


def _spectra_of(trial: GanTrial) -> Path:
    """Return where the spectra lie of a GAN that was trained on few O."""
    return paths.GENERATED / f"{trial.model}-n{trial.n_o:03d}.h5"


def _has_spectra_of(trial: GanTrial) -> bool:
    """Tell whether the spectra there are this trial's, not those of other parameters."""
    path = _spectra_of(trial)
    if not path.exists():
        return False
    with opened(path) as file:
        return file.attrs.get(_MADE_BY) == trial.digest


def _write(trial: GanTrial, made: Mapping[int, np.ndarray]) -> None:
    """Write generated spectra, by iteration, of which the study's networks learn."""
    with TemporaryDirectory(prefix="lcgan-gans-") as folder:
        kept = {at: Path(folder) / f"{at}.npy" for at in made}
        for at, flux in made.items():
            np.save(kept[at], flux)
        whole = Path(folder) / "spectra.h5"
        write_generated(whole, kept, trial.model)
        with h5py.File(whole, "r+") as file:
            file.attrs[_MADE_BY] = trial.digest
        with replacing(_spectra_of(trial)) as part:
            shutil.copyfile(whole, part)
