"""Worker processes: deaf to Ctrl-C, whenever they are born, and gone with their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
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
