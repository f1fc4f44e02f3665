"""Worker processes: deaf to Ctrl-C, whenever they are born, and gone with their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from lcgan import workers
from lcgan.errors import UserError
from lcgan.workers import core, shared_cores, worker_pool


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


def stay(seconds: float) -> None:
    """Say which process this is, and stay."""
    Path("worker").write_text(str(os.getpid()))
    time.sleep(seconds)


def test_a_worker_ends_when_its_parent_is_killed_outright(tmp_path):
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_workers import stay, worker_pool\n"
        "if __name__ == '__main__':\n"
        "    with worker_pool(1, 'ingest') as pool:\n"
        "        pool.submit(stay, 60).result()\n"
    )
    (tmp_path / "parent.py").write_text(code)
    parent = subprocess.Popen([sys.executable, "parent.py"], cwd=tmp_path)
    for _ in range(600):
        if (tmp_path / "worker").exists() and (tmp_path / "worker").read_text():
            break
        time.sleep(0.05)
    worker = psutil.Process(int((tmp_path / "worker").read_text()))
    parent.kill()
    parent.wait()
    assert psutil.wait_procs([worker], timeout=10)[1] == []


def at_work(seconds: float) -> tuple[float, float]:
    """Hold a core for some time; return from when to when."""
    with core():
        begun = time.monotonic()
        time.sleep(seconds)
        return begun, time.monotonic()


def busiest(spans: list[tuple[float, float]]) -> int:
    """Return how many spans lie over one another at most."""
    return max(sum(begun <= at < ended for begun, ended in spans) for at, _ in spans)


def test_more_workers_than_cores_wait_for_one_another(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 1})
    with shared_cores(), worker_pool(2, "ingest") as one, worker_pool(2, "ingest") as other:
        tasks = [pool.submit(at_work, 0.5) for pool in (one, other) for _ in range(3)]
        assert busiest([task.result() for task in tasks]) == 2
    assert workers.CORES not in os.environ
    with worker_pool(3, "ingest") as pool:  # without shared cores nobody waits
        spans = [task.result() for task in [pool.submit(at_work, 2) for _ in range(3)]]
        assert busiest(spans) == 3


def killed_at_work() -> None:
    """Be killed while holding a core."""
    with core():
        signal.raise_signal(signal.SIGKILL)


def test_a_killed_worker_gives_its_core_back(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0})
    with shared_cores():
        with pytest.raises(UserError), worker_pool(1, "ingest") as pool:
            pool.submit(killed_at_work).result()
        with worker_pool(1, "ingest") as pool:
            assert pool.submit(at_work, 0).result(timeout=30)
