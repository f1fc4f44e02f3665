"""Where trials run: worker processes of this machine here, Ray in `lcgan.trials.on_ray`."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.side_by_side import Made, side_by_side

ENGINES = ("local", "ray")
#: Jobs that a process does before another takes its place: TensorFlow keeps some 12 MB of every
#: network that was fitted, whatever is done to forget it.
JOBS_PER_PROCESS = 10


@dataclass(frozen=True)
class Ended:
    """How a job ended: with an outcome, or with the reason why there is none.

    `started` is in seconds since 1970, `seconds` how long it took where it ran; `by` what did it,
    where that was not this project's own TensorFlow.
    """

    name: str
    outcome: object | None
    reason: str | None
    started: float
    seconds: float
    by: str | None = None


def attempt(task: Callable, name: str, job: object, flux: np.ndarray | None = None) -> Ended:
    """Do a task; an exception is its reason, in one line."""
    started, clock = time.time(), time.perf_counter()
    outcome = reason = None
    try:
        outcome = task(job, flux)
    except Exception as error:  # whatever one trial may raise, the others go on
        words = " ".join(str(error).split())
        kind = "" if isinstance(error, UserError) else f"{type(error).__name__}: "
        reason = f"{kind}{words[:300]}".removesuffix(": ")
    return Ended(name, outcome, reason, started, time.perf_counter() - clock)


class Local:
    """Runs jobs in worker processes, one job at a time in each."""

    name = "local"

    def __init__(self, workers: int):
        self.workers = workers

    def run(self, task: Callable, jobs: Mapping[str, object], flux: Path) -> Iterator[Ended]:
        """Do `task(job, spectra)` for every job; yield how each ended, as it does.

        Parameters
        ----------
        task : callable
            A function of a module: workers import it.
        jobs : dict of str to object
            By the name that `Ended` has.
        flux : Path
            A .npy; every worker maps it.

        Notes
        -----
        A worker that is killed takes its own job with it, no other, and is replaced. When the
        iterator is closed, or on any error, what runs is ended at once.
        """
        calls = ((_attempt_mapped, task, name, job, flux) for name, job in jobs.items())
        workers = min(self.workers, len(jobs))
        with closing(side_by_side(calls, workers, "study", JOBS_PER_PROCESS)) as all_made:
            for made in all_made:
                yield _lost(made) if made.killed else made.returned


def _lost(made: Made) -> Ended:
    """Return how a job ended whose worker was killed."""
    reason = "its worker process was killed, perhaps for memory; lower study.workers"
    return Ended(made.call[2], None, reason, made.started, made.seconds)


def _attempt_mapped(task: Callable, name: str, job: object, flux: Path) -> Ended:
    """Do a task in a worker on spectra mapped from a file."""
    return attempt(task, name, job, np.load(flux, mmap_mode="r"))


def opened(
    engine: str, address: str | None, workers: int | None, default: int
) -> AbstractContextManager:
    """Open an engine: an object with `workers` and `run`, closed at the block's end.

    Parameters
    ----------
    engine : str
        One of ENGINES.
    address : str, optional
        Of a Ray cluster; without it Ray runs on this machine alone.
    workers : int, optional
        Jobs at a time; without it `default`, or every CPU of the cluster.
    default : int

    Raises
    ------
    UserError
        If Ray is not installed or the cluster does not answer.
    """
    if engine == "ray":
        from lcgan.trials.on_ray import connected

        return connected(address, workers, default)
    return _local(workers or default)


@contextmanager
def _local(workers: int) -> Iterator[Local]:
    yield Local(workers)


def check(engine: str, address: str | None, workers: int | None) -> None:
    """Refuse options that no engine can follow.

    Raises
    ------
    UserError
    """
    if engine not in ENGINES:
        raise UserError(f"--engine {engine}: not known; use one of {', '.join(ENGINES)}")
    if address and engine != "ray":
        raise UserError(f"--address {address}: only --engine ray has one; add it")
    if workers is not None and workers < 1:
        raise UserError(f"--workers {workers}: at least one is needed")


def asked(
    engine: str, address: str | None, workers: int | None, default: int
) -> Callable[[], AbstractContextManager]:
    """Return what opens an engine, see `opened`; its options are checked at once, see `check`."""
    check(engine, address, workers)
    return partial(opened, engine, address, workers, default)
