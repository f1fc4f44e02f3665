"""The paper's Figure 7 at full size: forms of training × GAN checkpoints × seeds, each a trial."""

import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

from lcgan.errors import UserError
from lcgan.files import read_json
from lcgan.finding import Finding
from lcgan.params import Params
from lcgan.params.names import BASELINES, NETWORKS
from lcgan.scores.answers import Answers
from lcgan.stages import paths
from lcgan.stages.train_classifier import scratch_folder, sources_of
from lcgan.trials import beside, comparison, engines, keep, summary
from lcgan.trials import handed as handed_over
from lcgan.trials.alone import alone
from lcgan.trials.course import Course, follow, to_run_on
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
    only_tables: bool = False,
    task: Callable = fit_trial,
) -> Finding:
    """Run every trial that has not finished yet; write and log what all of them found.

    See `lcgan.trials.course.follow`; `task` is as `lcgan.trials.fitting.fit_trial`.
    """
    opened = engines.asked(engine, address, workers, params.study.workers)
    return follow(_Study, params, say, opened, only_tables, task)


def hand_out(params: Params, say: Callable[[str], None], folder: Path) -> Finding:
    """Write the fits that have not finished to a folder, for a machine with PyTorch alone.

    Such fits are trials of their own: they are not mixed with TensorFlow's. See
    `lcgan.torch_fits`.

    Raises
    ------
    UserError
        If an input is missing, another study runs here, nothing is left to do, or the folder
        cannot be written to.
    """
    with alone(_HandedOver.command):
        course = _HandedOver(params, say)
        n = course.hand_out(folder)
        command = f"`PYTHONPATH=src python -m lcgan.torch_fits {folder}`"
        line = f"{n} fits in {folder}: do them by {command}, where PyTorch is"
        return Finding(f"{line}; then `lcgan study --take-in` with the same settings")


def take_in(params: Params, say: Callable[[str], None], folder: Path) -> Finding:
    """Keep and log what was done of `hand_out`'s fits; write the tables of what there is.

    Raises
    ------
    UserError
        As `run`, and if the folder is not one of `hand_out`'s.
    """
    handed = handed_over.TakenIn(folder)
    return follow(_HandedOver, params, say, partial(nullcontext, handed), False, fit_trial)


class _Study(Course):
    """The fits of a study."""

    command, trials_are_called = "study", "trials"
    #: Code that decides the figures beside what decides those of every study; where tables go.
    code: tuple[str, ...] = ()
    folder = paths.STUDY

    def __init__(self, params: Params, say: Callable[[str], None]):
        from lcgan.recognition.forms import fit_settings
        from lcgan.scores.protocols import Scored
        from lcgan.spectra.catalogue import stars_by_row, subclasses_by_row

        self.sources = sources_of(params)
        self.settings = fit_settings(params.train_classifier)
        known = stars_by_row(paths.CATALOGUE), subclasses_by_row(paths.CATALOGUE)
        self.scored = Scored(self.sources.sets, *known)
        self.digest = shared_digest(self.sources, self.settings, paths.CATALOGUE, self.code)
        at = partial(_checkpoints, params), partial(_chosen, params)
        trials = plan(params.study, self.sources, self.digest, *at)
        super().__init__(params, say, trials, paths.STUDY / "trials")

    def opened_run(self) -> AbstractContextManager:
        """Open the study's MLflow run."""
        from lcgan.tracking.trials import study_run

        return study_run(self.digest, {"seed": self.params.seed, **asdict(self.settings)})

    def announce(self, engine=None) -> None:
        """Say how many trials there are, how many are done, and how long the others will take."""
        n = Counter(record["status"] for record in self.records.values())
        workers = engine.workers if engine else 0
        line = f"study: {len(self.trials)} trials, {n[keep.DONE]} done"
        if n[keep.FAILED]:
            line += f", {n[keep.FAILED]} failed" + (" and tried again" if workers else "")
        if workers:
            line += f", {len(self.todo)} {to_run_on(engine)}"
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
        expected = summary.expected_seconds(self.todo, self.records, 1)
        unknown = engine.workers and expected is None
        left = [trial for trial in self.todo if trial.form not in BASELINES]
        with self._jobs(left) as (jobs, flux), closing(engine.run(task, jobs, flux)) as endings:
            by_key = {trial.key: trial for trial in left}
            bar = tqdm(endings, total=len(jobs), desc="study", unit="trial", disable=None)
            for ended in bar:
                trial = by_key[ended.name]
                left.remove(trial)
                self._keep(trial, ended)
                if unknown and self.done(trial) and left:
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

    def write(self) -> list[Path]:
        """Write tables and figures of what is there; return their paths, Figure 7 last."""
        found = self.found()
        points = summary.points(record for one, record in found.items() if one.of_figure_7)
        n_all = len(self.sources.sets["data_set_1"]["O"])
        scene, forms = self.scored.scene(), comparison.fitted(found, self.kept)
        equal = beside.recall_at_equal_alarms(self.kept, scene)
        tables = beside.few(found, equal, n_all), beside.networks(found, equal)
        written = beside.write(self.folder, *tables)
        written += comparison.write(self.folder, forms, scene, self.params.seed)
        table = summary.table(self.trials, self.records)
        return written + summary.write(self.folder, table, points)

    def headline(self, record: Mapping) -> dict[str, float]:
        """Return a fit's figures by the names of the stage `train_classifier`."""
        from lcgan.scores.protocols import headline

        return headline(record["fit"])

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
                network = self.settings.network._replace(**NETWORKS.get(trial.network, {}))
                how = replace(self.settings, network=network)
                jobs[trial.key] = Job(forms[trial.cell], trial.seed, seed, how, None, rows, None)
            yield jobs, flux

    def _keep(self, trial: Trial, ended: engines.Ended) -> None:
        fit = None if ended.outcome is None else self.scored.record(ended.outcome)
        answers = None if fit is None else Answers.of(self.scored.rows, [ended.outcome])
        self.keep(trial, keep.record_of(trial, ended, fit), answers)


class _HandedOver(_Study):
    """The fits of a study that are done elsewhere, by PyTorch."""

    code, folder = handed_over.CODE, paths.STUDY / "torch"

    def announce(self, engine=None) -> None:
        """Say how many trials there are and are done; refuse a folder of none of them."""
        super().announce(engine)
        if engine is not None:
            engine.check(trial.key for trial in self.trials)

    def hand_out(self, folder: Path) -> int:
        """Write what has not finished to a folder; return how many fits."""
        left = [trial for trial in self.todo if trial.form not in BASELINES]
        if not left:
            raise UserError("study: nothing is left to hand out; all its fits are done")
        with self._jobs(left) as (jobs, flux):
            handed_over.hand_out(folder, jobs, flux)
        return len(jobs)


def _checkpoints(params: Params, gan: str) -> list[int]:
    """Return the checkpoints of a GAN that are wanted."""
    wanted = params.study.checkpoints[gan]
    return getattr(params.train_gan, gan).checkpoints if wanted == "all" else wanted


def _chosen(params: Params, gan: str) -> int:
    """Return the checkpoint that `score_gan` chose, or the last where it has not."""
    path = paths.GAN_REPORTS / f"{gan}.json"
    if path.exists():
        return read_json(path)["chosen"]["iteration"]
    return _checkpoints(params, gan)[-1]


def _about(seconds: float) -> str:
    """Return an expected time as the end of a line."""
    whole = time.strftime("%H:%M", time.localtime(time.time() + seconds))
    if seconds < 100:
        return f"; about {seconds:.0f} s"
    minutes = round(seconds / 60)
    hours = f"{minutes // 60} h {minutes % 60:02d} min" if minutes >= 60 else f"{minutes} min"
    return f"; about {hours}, until {whole}"
