"""GANs beside the pipeline's: LCGAN but for one thing, and GANs of few O spectra; each a trial."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from lcgan.errors import UserError
from lcgan.files import read_json
from lcgan.finding import Finding
from lcgan.params import Params
from lcgan.spectra.hdf5 import interrupts_later
from lcgan.stages import paths
from lcgan.stages.train_gan import data_set_1, write_generated
from lcgan.trials import engines, gan_tables, keep
from lcgan.trials.alone import alone
from lcgan.trials.gan_fitting import GanJob, train_gan_trial
from lcgan.trials.gan_plan import GanTrial, few_gans, plan, shared_digest, varied


def run(
    params: Params,
    say: Callable[[str], None],
    engine: str = "local",
    address: str | None = None,
    workers: int | None = None,
    task: Callable = train_gan_trial,
) -> Finding:
    """Train and score every GAN that has not been yet; write and log what all of them are like.

    Parameters
    ----------
    params : Params
    say : callable
        Takes a line for the user.
    engine, address, workers
        See `lcgan.trials.engines.opened`.
    task : callable
        What a trial does, see `lcgan.trials.gan_fitting.train_gan_trial`.

    Raises
    ------
    UserError
        If an input is missing, an option is wrong, or another such study runs here.
    """
    engines.check(engine, address, workers)
    with alone("gan_study"):
        study = _GanStudy(params)
        with study.tracked():
            if study.todo:
                with engines.opened(engine, address, workers, params.study.workers) as opened:
                    n = f"{len(study.todo)} of {len(study.trials)} trainings to run"
                    say(f"gan_study: {n} on {opened.workers} {engine} workers")
                    study.run(opened, task)
            return study.conclude()


class _GanStudy:
    """The trials, what is kept of them, and what is still to run."""

    def __init__(self, params: Params):
        self.params, self.sets = params, read_json(paths.DATASETS)["sets"]
        self.flux = data_set_1()
        scored = [params.score_gan.model_dump(), params.datasets.data_set_4, self.sets]
        self.digest = shared_digest(self.flux, params.seed, *scored)
        self.trials = plan(params, self.sets, self._chosen(), self.digest)
        self.kept = keep.Kept(paths.STUDY / "gans")
        found = {trial: self.kept.read(trial) for trial in self.trials}
        self.records = {trial: record for trial, record in found.items() if record is not None}
        self.todo = [trial for trial in self.trials if not self._done(trial)]
        self.n_logged, self._scorer = 0, None

    @contextmanager
    def tracked(self) -> Iterator[None]:
        """Log below one MLflow run while the block runs; first what an earlier call could not."""
        from lcgan.tracking.trials import study_run

        shared = {"seed": self.params.seed, **self.params.train_gan.lcgan.model_dump()}
        with study_run(self.digest, shared, "gan") as self.tracker:
            for record in self.records.values():
                self._log(record)
            yield

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
                    self._keep(by_key[ended.name], ended)

    def conclude(self) -> Finding:
        """Write the tables and the figure; say what failed."""
        records = [self.records[one] for one in self.trials if one in self.records]
        written = gan_tables.write(paths.STUDY, gan_tables.table(records))
        failed = [trial for trial in self.trials if not self._done(trial)]
        if self.n_logged:
            n_done = len(self.trials) - len(failed)
            with interrupts_later():
                self.tracker.metrics({"trials_done": n_done, "trials_failed": len(failed)})
            for path in written:
                self.tracker.artifact(path)
        line = f"{len(self.trials) - len(failed)} of {len(self.trials)} trainings done"
        line += f": {written[-1]}" if written else ""
        return Finding(line, [f"{one.name}: {self.records[one]['reason']}" for one in failed])

    def _chosen(self) -> dict[str, int]:
        """Return by GAN that is trained on few O the checkpoint that `score_gan` chose."""
        found = {}
        for model in few_gans(self.params):
            path = paths.GAN_REPORTS / f"{model}.json"
            if not path.exists():
                raise UserError(f"{path}: not there; run `lcgan score_gan --model {model}` first")
            found[model] = read_json(path)["chosen"]["iteration"]
        return found

    def _job(self, trial: GanTrial) -> GanJob:
        from lcgan.recognition.cells import few

        settings = varied(getattr(self.params.train_gan, trial.model), trial.variant)
        settings = settings.model_copy(update={"checkpoints": list(trial.checkpoints)})
        all_rows = self.sets["data_set_1"]["O"]
        own = few(self.sets, trial.n_o, self.params.datasets.early_stop_fraction)
        rows = [all_rows.index(row) for row in own["data_set_1"]["O"]]
        return GanJob(trial.model, settings, rows, self.params.seed, trial.number)

    def _keep(self, trial: GanTrial, ended: engines.Ended) -> None:
        scores = {}
        if ended.outcome is not None:
            made = {at: np.load(io.BytesIO(kept)) for at, kept in ended.outcome.items()}
            scores = {str(at): self._every(flux) for at, flux in made.items()}
            if trial.n_o is not None:
                self._write(trial, made)
        what = {"form": trial.model, "iteration": None, "seed": trial.number}
        what |= {"n_o": trial.n_o, "network": trial.variant}
        self.records[trial] = keep.head_of(trial.key, ended, **what) | {"scores": scores}
        self.kept.write(self.records[trial])
        self._log(self.records[trial])

    def _every(self, flux: np.ndarray) -> dict:
        """Return every score; what it takes is read once, at the first of them."""
        from lcgan.stages.score_gan import Scorer

        self._scorer = self._scorer or Scorer(self.params)
        return self._scorer.every(flux)

    def _write(self, trial: GanTrial, made: Mapping[int, np.ndarray]) -> None:
        """Write data/generated/<model>-n<n_o>.h5, of which the study's networks learn."""
        path = paths.GENERATED / f"{trial.model}-n{trial.n_o:03d}.h5"
        with TemporaryDirectory(prefix="lcgan-gans-") as folder:
            kept = {at: Path(folder) / f"{at}.npy" for at in made}
            for at, flux in made.items():
                np.save(kept[at], flux)
            write_generated(path, kept, trial.model)

    def _log(self, record: Mapping) -> None:
        last = list(record["scores"].values())[-1] if record["scores"] else {}
        values = {name: value for name, value in last.items() if value is not None}
        with interrupts_later():
            self.n_logged += self.tracker.trial(record, values)

    def _done(self, trial: GanTrial) -> bool:
        """Tell whether a trial has its scores, and its spectra where networks learn of them."""
        record = self.records.get(trial)
        if record is None or record["status"] != keep.DONE:
            return False
        path = paths.GENERATED / f"{trial.model}-n{trial.n_o or 0:03d}.h5"
        return trial.n_o is None or path.exists()
