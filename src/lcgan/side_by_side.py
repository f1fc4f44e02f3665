"""Calls made side by side in worker processes: one that is killed takes its own call, no other."""

import multiprocessing
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass

from lcgan.errors import UserError
from lcgan.workers import worker_pool

#: A function of a module, which workers import, and its arguments.
Call = tuple


@dataclass(frozen=True)
class Made:
    """A call that was made: what it returned, or that its worker was killed.

    `started` is in seconds since 1970, when a worker was given the call; `seconds` from then on.
    """

    call: Call
    returned: object | None
    killed: bool
    started: float
    seconds: float


def side_by_side(
    calls: Iterator[Call], workers: int, stage: str, most_calls: int | None = None
) -> Iterator[Made]:
    """Make calls over worker processes, one at a time in each; yield each as it is done.

    Parameters
    ----------
    calls : iterator of tuple
        Taken one by one, as workers are free.
    workers : int
        Processes.
    stage : str
        Of params.yaml or the command line, for messages.
    most_calls : int, optional
        Calls that a process makes before another takes its place.

    Raises
    ------
    UserError
        If workers are killed as soon as they start.

    Notes
    -----
    What a call raises is raised here. A worker that is killed is replaced. When the iterator is
    closed, or on any error, what runs is ended at once.
    """
    processes = [_Worker(stage, most_calls) for _ in range(workers)]
    idle, running = list(processes), {}
    try:
        while True:
            while idle and (call := next(calls, None)) is not None:
                worker = idle.pop()
                running[worker.start(call)] = worker
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                worker = running.pop(future)
                idle.append(worker)
                yield worker.made(future)
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        for worker in processes:
            worker.close()


class _Worker:
    """One process, replaced after it was killed or has made enough calls."""

    def __init__(self, stage: str, most_calls: int | None):
        self._stage, self._most_calls = stage, most_calls
        self._pool, self._open, self._n_calls = None, ExitStack(), 0

    def start(self, call: Call) -> Future:
        """Give the worker a call."""
        self._call, self._started = call, time.time()
        for _ in range(2):  # the process may have been killed while it was idle
            if self._pool is None:
                self._pool, self._n_calls = self._open.enter_context(worker_pool(1, self._stage)), 0
            try:
                self._n_calls += 1
                return self._pool.submit(*call)
            except BrokenProcessPool:
                self.close()
        raise UserError(
            f"{self._stage}: worker processes are killed as soon as they start; free memory"
        )

    def made(self, future: Future) -> Made:
        """Return what became of the call that `start` was given."""
        returned, killed = None, False
        try:
            returned = future.result()
        except BrokenProcessPool:
            killed = True
        if killed or self._n_calls == self._most_calls:
            self.close()
        return Made(self._call, returned, killed, self._started, time.time() - self._started)

    def close(self) -> None:
        """Let the process end."""
        self._pool = None
        self._open.close()
