"""Worker processes that leave Ctrl-C to the process that started them."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from lcgan.errors import UserError


class _Pool(ProcessPoolExecutor):
    """A pool whose processes are born deaf to Ctrl-C.

    A task is what starts a process, as long as none is idle. It inherits that the signal is held
    back; an initializer would say so only after its imports.
    """

    def submit(self, *task, **options):
        """Submit a task, with Ctrl-C held back from the process that it may start."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(*task, **options)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def worker_pool(
    workers: int, stage: str, initializer: Callable | None = None, initargs: tuple = ()
) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of spawned processes; at the block's end none is left.

    Parameters
    ----------
    workers : int
        Processes.
    stage : str
        Whose `workers` in params.yaml an error names.
    initializer, initargs : as ProcessPoolExecutor has them

    Raises
    ------
    UserError
        If a worker was killed.

    Notes
    -----
    Fork is unsafe once threads run, so workers are spawned.
    """
    spawn = multiprocessing.get_context("spawn")
    pool = _Pool(workers, spawn, initializer, initargs)
    try:
        yield pool
    except BrokenProcessPool:
        raise UserError(
            f"{stage}: a worker process was killed, perhaps for memory; lower {stage}.workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
