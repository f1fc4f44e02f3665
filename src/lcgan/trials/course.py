"""The course of a study: what is kept of its trials, what is still to run, and how it ends."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from lcgan.errors import UserError
from lcgan.finding import Finding
from lcgan.params import Params
from lcgan.spectra.hdf5 import interrupts_later
from lcgan.trials import keep
from lcgan.trials.alone import alone


class Course(ABC):
    """The trials of one study.

    Parameters
    ----------
    params : Params
    say : callable
        Takes a line for the user.
    trials : list
        Each with `name` and `key`; hashable.
    folder : Path
        Where records are kept.

    Attributes
    ----------
    records : dict
        What is kept, by trial; of failed ones, too.
    todo : list
        Trials that have not finished.
    """

    #: The command, and what its trials are called.
    command: str
    trials_are_called: str

    def __init__(self, params: Params, say: Callable[[str], None], trials: list, folder: Path):
        self.params, self.say, self.trials = params, say, trials
        self.kept = keep.Kept(folder)
        found = {trial: self.kept.read(trial) for trial in trials}
        self.records = {trial: record for trial, record in found.items() if record is not None}
        self.todo = [trial for trial in trials if not self.done(trial)]
        self._n_logged = 0

    @abstractmethod
    def announce(self, engine=None) -> None:
        """Say what is there and what an engine will run; without one nothing will."""

    @abstractmethod
    def run(self, engine, task: Callable) -> None:
        """Run what is to run; keep and log each trial as it ends."""

    @abstractmethod
    def write(self) -> list[Path]:
        """Write tables and figures of what is there; return their paths, the main figure last."""

    @abstractmethod
    def headline(self, record: Mapping) -> dict[str, float]:
        """Return the figures by which the runs of finished trials are compared."""

    @abstractmethod
    def opened_run(self) -> AbstractContextManager:
        """Open the study's MLflow run."""

    def done(self, trial) -> bool:
        """Tell whether a trial has finished, and has all that it is to leave."""
        return self.records.get(trial, {}).get("status") == keep.DONE

    def found(self) -> dict:
        """Return the records, by trial, in the order of the trials and not of their ends."""
        return {trial: self.records[trial] for trial in self.trials if trial in self.records}

    @contextmanager
    def tracked(self) -> Iterator[None]:
        """Log below one MLflow run while the block runs; first what an earlier call could not."""
        with self.opened_run() as self._tracker:
            for record in self.records.values():
                self._log(record)
            yield

    def keep(self, trial, record: dict, answers=None) -> None:
        """Keep and log the record of a trial that ended."""
        self.records[trial] = record
        self.kept.write(record, answers)
        self._log(record)

    def conclude(self) -> Finding:
        """Write and log the tables and the figures; say what failed."""
        n_done = sum(self.done(trial) for trial in self.trials)
        failed = [one for one, record in self.found().items() if record["status"] == keep.FAILED]
        written = self.write()
        if self._n_logged:
            with interrupts_later():
                self._tracker.metrics({"trials_done": n_done, "trials_failed": len(failed)})
            for path in written:
                self._tracker.artifact(path)
        line = f"{n_done} of {len(self.trials)} {self.trials_are_called} done"
        line += f": {written[-1]}" if written else ""
        return Finding(line, [f"{one.name}: {self.records[one]['reason']}" for one in failed])

    def _log(self, record: Mapping) -> None:
        values = self.headline(record) if record["status"] == keep.DONE else {}
        with interrupts_later():  # inside MLflow's transaction one would leave sqlite locked
            self._n_logged += self._tracker.trial(record, values)


def to_run_on(engine) -> str:
    """Return "to run on 2 local workers"."""
    return f"to run on {engine.workers} {engine.name} worker{'s' if engine.workers > 1 else ''}"


def follow(
    kind: type[Course],
    params: Params,
    say: Callable[[str], None],
    opened: Callable[[], AbstractContextManager],
    only_tables: bool,
    task: Callable,
) -> Finding:
    """Run every trial that has not finished yet; write and log what all of them found.

    Parameters
    ----------
    kind : type
        Of course; made of `params` and `say`. One of a kind runs at a time in a folder.
    params, say
        See `Course`.
    opened : callable
        Opens the engine, as `lcgan.trials.engines.opened` does.
    only_tables : bool
        Run nothing; write the tables and figures of what has finished.
    task : callable
        What a trial does.

    Raises
    ------
    UserError
        If an input is missing, an option is wrong, another such study runs here, or there is
        nothing to write a table of.
    """
    with alone(kind.command):
        course = kind(params, say)
        if only_tables and not any(map(course.done, course.trials)):
            none = f"{kind.command}: none of its {kind.trials_are_called} has finished"
            raise UserError(f"{none}; run it without --tables")
        with course.tracked():
            if course.todo and not only_tables:
                with opened() as engine:
                    course.announce(engine)
                    course.run(engine, task)
            else:
                course.announce()
            return course.conclude()
