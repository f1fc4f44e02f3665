"""Worker processes that leave Ctrl-C to the process that started them."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from lcgan.errors import UserError


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
    Fork is unsafe once threads run, so workers are spawned. They are born with Ctrl-C held back,
    which they inherit, and not told so by an initializer: that would come after their imports.
    """
    spawn = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, spawn, initializer, initargs)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        pool.submit(int)  # the first task starts all workers
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield pool
    except BrokenProcessPool:
        raise UserError(
            f"{stage}: a worker process was killed, perhaps for memory; lower {stage}.workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
