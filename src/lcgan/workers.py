"""Worker processes that leave Ctrl-C to the process that started them, and end with it; cores."""

import fcntl
import multiprocessing
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from pathlib import Path

from lcgan.errors import UserError

#: The variable of the environment that names the folder of `shared_cores`.
CORES = "LCGAN_CORES"
#: Seconds between looks for a core that is free.
LOOK_EVERY = 0.2


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
    Fork is unsafe once threads run, so workers are spawned. One whose parent is killed outright
    would wait for work for ever; it ends itself.
    """
    spawn = multiprocessing.get_context("spawn")
    pool = _Pool(workers, spawn, _born, (initializer, initargs))
    try:
        yield pool
    except BrokenProcessPool:
        raise UserError(
            f"{stage}: a worker process was killed, perhaps for memory; lower {stage}.workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _born(initializer: Callable | None, initargs: tuple) -> None:
    """Begin a worker's life: watch over its parent, then do what the pool's owner wants done."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer:
        initializer(*initargs)


def _end_with_parent() -> None:
    """Wait until the process that started this one is gone, and leave at once."""
    multiprocessing.parent_process().join()
    os._exit(1)


@contextmanager
def shared_cores() -> Iterator[None]:
    """Let all processes that are started in the block share this one's cores; see `core`."""
    with tempfile.TemporaryDirectory(prefix="lcgan-cores-") as folder:
        for number in range(len(os.sched_getaffinity(0))):
            (Path(folder) / str(number)).touch()
        os.environ[CORES] = folder
        try:
            yield
        finally:
            del os.environ[CORES]


@contextmanager
def core() -> Iterator[None]:
    """Hold a core for a task of one thread; wait for it while as many tasks as cores run.

    Only below `shared_cores`: elsewhere the number of workers is the user's to say. A process that
    is killed gives its core back.
    """
    with ExitStack() as held:
        while (folder := os.environ.get(CORES)) and not _free_core(Path(folder), held):
            time.sleep(LOOK_EVERY)
        yield


def _free_core(folder: Path, held: ExitStack) -> bool:
    """Take a core that nobody holds until `held` closes; tell whether there was one."""
    for path in sorted(folder.iterdir()):
        file = path.open()
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            held.enter_context(file)
            return True
    return False
