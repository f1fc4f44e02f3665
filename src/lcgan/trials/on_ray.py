"""Trials as Ray tasks: on this machine, or on a cluster that is there (`ray start`)."""

import os
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.trials.engines import JOBS_PER_PROCESS, Ended, attempt


class OnRay:
    """Runs jobs as Ray tasks of one CPU each.

    Parameters
    ----------
    ray : module
    workers : int or None
        Tasks at a time; None for every CPU of the cluster, and as many waiting, so that one that
        grows with its load does grow.
    """

    name = "ray"

    def __init__(self, ray, workers: int | None):
        self._ray, self._asked = ray, workers

    @property
    def workers(self) -> int:
        """Return how many tasks run at a time."""
        return self._asked or max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def run(self, task: Callable, jobs: Mapping[str, object], flux: Path) -> Iterator[Ended]:
        """Do `task(job, spectra)` for every job; yield how each ended, as it does.

        As `Local.run`; the spectra lie once in the object store of each node. A task whose worker
        or node is lost is not tried again here.
        """
        ray = self._ray
        spectra = ray.put(np.asarray(np.load(flux, mmap_mode="r")))
        remote = ray.remote(num_cpus=1, max_retries=0, max_calls=JOBS_PER_PROCESS)(attempt)
        waiting, running = deque(jobs.items()), {}
        while waiting or running:
            while waiting and len(running) < self._most():
                name, job = waiting.popleft()
                running[remote.remote(task, name, job, spectra)] = name, time.time()
            for reference in ray.wait(list(running), num_returns=1)[0]:
                name, started = running.pop(reference)
                yield self._ended(reference, name, started)

    def _most(self) -> int:
        return self._asked or 2 * self.workers

    def _ended(self, reference, name: str, started: float) -> Ended:
        """Return how a task ended, also where it was lost with its worker or its node."""
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            reason = f"{type(error).__name__}: {_first_line(error)}"
            return Ended(name, None, reason, started, time.time() - started)


@contextmanager
def connected(address: str | None, workers: int | None, default: int) -> Iterator[OnRay]:
    """Connect to a cluster, or start Ray on this machine alone; leave it at the block's end.

    Parameters
    ----------
    address : str, optional
        As ``ray.init`` takes it: "auto", "host:6379", "ray://host:10001".
    workers, default : int
        Tasks at a time on this machine: `workers`, else `default`; on a cluster: `workers`, else
        all its CPUs.

    Raises
    ------
    UserError
        If Ray is not installed or no cluster answers.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ImportError:
        raise UserError(
            "--engine ray: Ray is not installed; `pip install 'ray[data]'`, or leave it out to "
            "run on this machine"
        ) from None
    if not address:
        workers = workers or default
    at_term = signal.getsignal(signal.SIGTERM)
    try:
        _knock(address)
        ray.init(**_options(address, workers))
    except Exception as error:  # Ray has no class of its own for what may go wrong here
        where = f"--address {address}" if address else "--engine ray"
        raise UserError(f"{where}: Ray cannot be reached ({_first_line(error)})") from error
    finally:
        signal.signal(signal.SIGTERM, at_term)
    try:
        yield OnRay(ray, workers)
    finally:
        ray.shutdown()


def _options(address: str | None, workers: int | None) -> dict:
    """Return what ``ray.init`` is to be called with."""
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "configure_logging": True}
    if not address:
        # "local": a cluster that happens to run on this machine is not asked for
        return quiet | {"address": "local", "num_cpus": workers, "include_dashboard": False}
    import lcgan

    return quiet | {"address": address, "runtime_env": {"py_modules": [lcgan]}}


def _knock(address: str | None) -> None:
    """Raise OSError if nobody listens at HOST:PORT: Ray itself would try for minutes."""
    host, colon, port = (address or "").removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


def _first_line(error: Exception) -> str:
    """Return what an error says, the first line of it."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no reason")
