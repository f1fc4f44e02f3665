"""Shards over worker processes of this machine, one model and one thread in each."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, suppress
from functools import cache

from lcgan.survey.plan import Shard
from lcgan.survey.shard import Line, Scorer
from lcgan.workers import worker_pool

KILLED = "its worker process was killed, perhaps for memory; lower --workers"


def score(shards: Iterator[Shard], workers: int, *scorer: object) -> Iterator[Line]:
    """Score shards; yield what became of each as it is done.

    Parameters
    ----------
    shards : iterator of Shard
        Taken one by one, as workers are free.
    workers : int
        Processes.
    scorer
        What a `Scorer` is made of.

    Notes
    -----
    A shard that fails is yielded with its reason; a worker that is killed takes its own shard with
    it, no other, and is replaced. When the iterator is closed, what runs is ended at once.
    """
    slots = [_Slot(scorer) for _ in range(workers)]
    idle, running = list(slots), {}
    try:
        while True:
            while idle and (shard := next(shards, None)) is not None:
                slot = idle.pop()
                running[slot.start(shard)] = slot
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                slot = running.pop(future)
                idle.append(slot)
                yield slot.line(future)
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        for slot in slots:
            slot.close()


class _Slot:
    """One worker process, replaced after it was killed."""

    def __init__(self, scorer: tuple):
        self._scorer, self._pool, self._open = scorer, None, ExitStack()

    def start(self, shard: Shard) -> Future:
        """Give the worker a shard."""
        self._shard = shard
        try:
            return self._submitted()
        except BrokenProcessPool:  # killed while it was idle
            self.close()
            return self._submitted()

    def line(self, future: Future) -> Line:
        """Return what became of the shard that `start` gave."""
        try:
            return future.result()
        except BrokenProcessPool:
            self.close()
            return {"file": self._shard.name, "reason": KILLED}

    def close(self) -> None:
        """Let the worker end."""
        self._pool = None
        with suppress(BrokenProcessPool):
            self._open.close()

    def _submitted(self) -> Future:
        if self._pool is None:
            self._pool = self._open.enter_context(worker_pool(1, "score"))
        return self._pool.submit(_scored, self._scorer, self._shard)


def attempt(scorer: Scorer, shard: Shard) -> Line:
    """Score a shard; where that fails, its reason in one line stands for its figures."""
    try:
        return scorer.score(shard)
    except Exception as error:  # whatever one shard may raise, the others go on
        return _failed(shard, error)


def _failed(shard: Shard, error: Exception) -> Line:
    words = " ".join(str(error).split()) or type(error).__name__
    return {"file": shard.name, "reason": words[:300]}


#: The worker's scorer, loaded at its first shard.
_loaded = cache(Scorer)


def _scored(scorer: tuple, shard: Shard) -> Line:
    """Score a shard in a worker; a model that cannot be loaded is a reason too."""
    try:
        loaded = _loaded(*scorer)
    except Exception as error:  # whatever OpenVINO or the disk may raise
        return _failed(shard, error)
    return attempt(loaded, shard)
