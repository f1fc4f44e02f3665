"""What trials of the tests do, in a module of their own, which their workers import."""

import functools
import os
import signal
import time
from pathlib import Path

import numpy as np

from lcgan.recognition.fit import CURVES
from lcgan.recognition.worker import Outcome


def drawn(job, flux) -> Outcome:
    """Call classes drawn by the seed: a trial without a network."""
    rng = np.random.default_rng(job.seed)
    called = rng.integers(0, 4, size=len(job.score_rows)).astype(np.int8)
    curves = {name: rng.random(job.settings.max_epochs).tolist() for name in CURVES}
    p_o = rng.random(len(job.score_rows), np.float32)
    return Outcome(job, curves, 1, float(flux[0, 0]), called, p_o)


def drawn_slowly(job, flux) -> Outcome:
    """Leave a mark in `begun`, and take a while."""
    mark(job)
    time.sleep(0.3)
    return drawn(job, flux)


def one_at_a_time_fails(job, flux) -> Outcome:
    """Fail at one checkpoint, and be killed with one seed of another, as long as `broken` lies."""
    if Path("broken").exists():
        if job.form.iteration == 1000:
            raise ValueError("no\n  such spectrum")
        if job.form.iteration == 2000 and job.repeat == 1:
            os.kill(os.getpid(), signal.SIGKILL)
    mark(job)
    return drawn(job, flux)


def small_fit(job, flux) -> Outcome:
    """Fit a narrow network, as a real trial fits a wide one."""
    from lcgan.trials.fitting import fit_trial

    narrow()
    return fit_trial(job, flux)


def narrow() -> None:
    """Make the networks of this process narrow, and so quick to build."""
    from lcgan.quiet import start_tensorflow

    start_tensorflow(1)
    from lcgan.recognition import racnet

    if not isinstance(racnet.build, functools.partial):
        racnet.build = functools.partial(racnet.build, filters=(4, 4))


def mark(job) -> None:
    """Leave an empty file for each time that a trial is run."""
    folder = Path("begun")
    folder.mkdir(exist_ok=True)
    at = job.form.iteration or 0
    (folder / f"{job.form.name}-{at}-{job.repeat}-{time.time_ns()}").touch()


def double(job, flux):
    """Return twice the job's row of the spectra, or do what the job says."""
    if job == "raise":
        raise ValueError("not\n this")
    if job == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if job == "process":
        return os.getpid()
    if job == "wait":
        time.sleep(60)
    return (2 * flux[job]).tolist()
