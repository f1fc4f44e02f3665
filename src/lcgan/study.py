"""The paper's Figure 7 at full size: forms of training × GAN checkpoints × seeds, each a trial."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from lcgan.files import read_json
from lcgan.finding import Finding
from lcgan.params import Params
from lcgan.params.names import BASELINES, NETWORKS
from lcgan.recognition.fit import Network
from lcgan.scores.answers import Answers
from lcgan.spectra.hdf5 import interrupts_later
from lcgan.stages import paths
from lcgan.stages.train_classifier import scratch_folder, sources_of
from lcgan.trials import beside, comparison, engines, keep, summary
from lcgan.trials.alone import alone
from lcgan.trials.fitting import fit_trial
from lcgan.trials.plan import Trial, plan, shared_digest

#: Beginning of the folders in which the spectra lie that trials share.
_SCRATCH = "study-"


def run(
    params: Params,
    say: Callable[[str], None],
    engine: str = "local",
    address: str | None = None,
    workers: int | None = None,
    task: Callable = fit_trial,
) -> Finding:
    """Run every trial that has not finished yet; write and log what all of them found.

    Parameters
    ----------
    params : Params
    say : callable
        Takes a line for the user.
    engine, address, workers
        See `lcgan.trials.engines.opened`.
    task : callable
        What a trial does, see `lcgan.trials.fitting.fit_trial`.

    Raises
    ------
    UserError
        If an input is missing, an option is wrong, or another study runs here.
    """
    engines.check(engine, address, workers)
    with alone("study"):
        study = _Study(params, say)
        with study.tracked():
            if study.todo:
                with engines.opened(engine, address, workers, params.study.workers) as opened:
                    study.announce(opened.workers, engine)
                    study.run(opened, task)
            else:
                study.announce(0, engine)
            return study.conclude()


class _Study:
    """The trials, what is kept of them, and what is still to run."""

    def __init__(self, params: Params, say: Callable[[str], None]):
        from lcgan.recognition.forms import fit_settings
        from lcgan.scores.protocols import Scored, scene
        from lcgan.spectra.catalogue import stars_by_row, subclasses_by_row

        self.params, self.say = params, say
        self.sources = sources_of(params)
        self.settings = fit_settings(params.train_classifier)
        known = stars_by_row(paths.CATALOGUE), subclasses_by_row(paths.CATALOGUE)
        self.scored = Scored(self.sources.sets, *known)
        self.scene = scene(self.sources.sets, *known)
        self.digest = shared_digest(self.sources, self.settings, paths.CATALOGUE)
        at = self._checkpoints, self._chosen
        self.trials = plan(params.study, self.sources, self.digest, *at)
        self.kept = keep.Kept(paths.STUDY / "trials")
        found = {trial: self.kept.read(trial) for trial in self.trials}
        self.records = {trial: record for trial, record in found.items() if record is not None}
        self.todo = [trial for trial in self.trials if self._status(trial) != keep.DONE]
        self.n_logged = 0

    @contextmanager
    def tracked(self) -> Iterator[None]:
        """Log below one MLflow run while the block runs; first what an earlier call could not."""
        from lcgan.tracking.trials import study_run

        shared = {"seed": self.params.seed, **asdict(self.settings)}
        with study_run(self.digest, shared) as self.tracker:
            for record in self.records.values():
                self._log(record)
            yield

    def announce(self, workers: int, engine: str) -> None:
        """Say how many trials there are, how many are done, and how long the others will take."""
        n = {status: 0 for status in (keep.DONE, keep.FAILED)}
        for record in self.records.values():
            n[record["status"]] += 1
        line = f"study: {len(self.trials)} trials, {n[keep.DONE]} done"
        if n[keep.FAILED]:
            line += f", {n[keep.FAILED]} failed and tried again"
        if self.todo:
            line += f", {len(self.todo)} to run on {workers} {engine} worker"
            line += "s" if workers > 1 else ""
            seconds = summary.expected_seconds(self.todo, self.records, workers)
            if seconds is None:
                seconds = summary.seconds_by_stage(paths.RECOGNITION_REPORTS, self.todo, workers)
            line += "; how long is known after the first" if seconds is None else _about(seconds)
        if others := self.kept.n_of_others(self.trials):
            line += f" ({others} more in {self.kept.folder} are of other settings)"
        self.say(line)

    def run(self, engine, task: Callable) -> None:
        """Run what is to run; keep and log each trial as it ends."""
        from tqdm import tqdm

        self._run_baselines()
        unknown = summary.expected_seconds(self.todo, self.records, 1) is None
        left = [trial for trial in self.todo if trial.form not in BASELINES]
        with self._jobs(left) as (jobs, flux), closing(engine.run(task, jobs, flux)) as endings:
            by_key = {trial.key: trial for trial in left}
            bar = tqdm(endings, total=len(jobs), desc="study", unit="trial", disable=None)
            for ended in bar:
                trial = by_key[ended.name]
                left.remove(trial)
                self._keep(trial, ended)
                if unknown and self._status(trial) == keep.DONE and left:
                    unknown = False
                    seconds = summary.expected_seconds(left, self.records, engine.workers)
                    bar.clear()
                    self.say(f"study: {len(left)} trials left{_about(seconds)}")

    def _run_baselines(self) -> None:
        """Fit the baselines that are to be, which take seconds and no worker."""
        from lcgan.recognition.baselines import Packed
        from lcgan.spectra.catalogue import read_catalogue
        from lcgan.trials import baselines

        trials = [trial for trial in self.todo if trial.form in BASELINES]
        if trials:
            z = read_catalogue(paths.CATALOGUE)["z"].to_numpy()
            packed = Packed(paths.SPECTRA, self.scored.stars, z)
            for trial, ended in baselines.ended(trials, self.sources, self.scored, packed):
                self._keep(trial, ended)

    def conclude(self) -> Finding:
        """Write the tables and the figure; say what failed."""
        points = summary.points(self.records[one] for one in self.trials if one.of_figure_7)
        records, n_all = list(self.records.values()), len(self.sources.sets["data_set_1"]["O"])
        tables = beside.few(records, n_all), beside.networks(records)
        written = beside.write(paths.STUDY, *tables)
        forms = comparison.fitted(self.records, self.kept)
        written += comparison.write(paths.STUDY, forms, self.scene, self.params.seed)
        written += summary.write(paths.STUDY, summary.table(self.trials, self.records), points)
        failed = [trial for trial in self.trials if self._status(trial) == keep.FAILED]
        n_done = len(self.trials) - len(failed)
        if self.n_logged:
            with interrupts_later():
                self.tracker.metrics({"trials_done": n_done, "trials_failed": len(failed)})
            for path in written:
                self.tracker.artifact(path)
        line = f"{n_done} of {len(self.trials)} trials done: {written[-1]}"
        return Finding(line, [f"{one.name}: {self.records[one]['reason']}" for one in failed])

    @contextmanager
    def _jobs(self, trials: list[Trial]) -> Iterator[tuple[dict, Path]]:
        """Yield the jobs of trials, by the trial's key, and the spectra that they share."""
        from lcgan.recognition.cells import write_forms
        from lcgan.recognition.forms import fit_seed
        from lcgan.recognition.worker import Job

        scratch = scratch_folder()
        for left in scratch.glob(f"{_SCRATCH}*"):  # by a study that was killed outright
            shutil.rmtree(left, ignore_errors=True)
        cells = list(dict.fromkeys(trial.cell for trial in trials))
        with tempfile.TemporaryDirectory(prefix=_SCRATCH, dir=scratch) as folder:
            flux = Path(folder) / "flux.npy"
            forms, jobs, rows = write_forms(flux, self.sources, cells), {}, self.scored.rows
            for trial in trials:
                seed = fit_seed(self.params.seed, trial.seed)
                how = replace(self.settings, network=Network(**NETWORKS.get(trial.network, {})))
                jobs[trial.key] = Job(forms[trial.cell], trial.seed, seed, how, None, rows, None)
            yield jobs, flux

    def _keep(self, trial: Trial, ended: engines.Ended) -> None:
        fit = None if ended.outcome is None else self.scored.record(ended.outcome)
        self.records[trial] = keep.record_of(trial, ended, fit)
        answers = None if fit is None else Answers.of(self.scored.rows, [ended.outcome])
        self.kept.write(self.records[trial], answers)
        self._log(self.records[trial])

    def _log(self, record: dict) -> None:
        from lcgan.scores.protocols import headline

        values = headline(record["fit"]) if record["status"] == keep.DONE else {}
        with interrupts_later():  # inside MLflow's transaction one would leave sqlite locked
            self.n_logged += self.tracker.trial(record, values)

    def _checkpoints(self, gan: str) -> list[int]:
        wanted = self.params.study.checkpoints[gan]
        return getattr(self.params.train_gan, gan).checkpoints if wanted == "all" else wanted

    def _chosen(self, gan: str) -> int:
        """Return the checkpoint that `score_gan` chose, or the last where it has not."""
        path = paths.GAN_REPORTS / f"{gan}.json"
        if path.exists():
            return read_json(path)["chosen"]["iteration"]
        return self._checkpoints(gan)[-1]

    def _status(self, trial: Trial) -> str | None:
        record = self.records.get(trial)
        return record and record["status"]


def _about(seconds: float) -> str:
    """Return an expected time as the end of a line."""
    whole = time.strftime("%H:%M", time.localtime(time.time() + seconds))
    if seconds < 100:
        return f"; about {seconds:.0f} s"
    minutes = round(seconds / 60)
    hours = f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
    return f"; about {hours}, until {whole}"
