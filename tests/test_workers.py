"""Worker processes: deaf to Ctrl-C, whenever they are born."""

import signal
import time

import pytest

from lcgan.errors import UserError
from lcgan.workers import worker_pool


def held_back(seconds: float) -> set[signal.Signals]:
    """Return the signals that the process which runs this holds back, after some work."""
    time.sleep(seconds)
    return signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_every_worker_is_deaf_to_ctrl_c_also_one_born_after_others_worked():
    with worker_pool(3, "ingest") as pool:
        assert signal.SIGINT in pool.submit(held_back, 0).result()
        tasks = [pool.submit(held_back, 0.2) for _ in range(6)]
        assert all(signal.SIGINT in task.result() for task in tasks)
        assert len(pool._processes) == 3
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_killed_worker_is_told_in_one_line():
    with (
        pytest.raises(UserError, match=r"^ingest: a worker process was killed.*ingest\.workers$"),
        worker_pool(1, "ingest") as pool,
    ):
        pool.submit(signal.raise_signal, signal.SIGKILL).result()
