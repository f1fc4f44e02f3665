"""Fits side by side: each worker process trains one network at a time on its share of cores."""

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lcgan.quiet import start_tensorflow
from lcgan.recognition.arms import Form
from lcgan.recognition.fit import FitSettings, fit, probabilities


@dataclass(frozen=True)
class Job:
    """One fit: what to train on, where the spectra lie and where the network goes."""

    form: Form
    repeat: int
    seed: int
    settings: FitSettings
    flux: Path
    score_rows: np.ndarray
    model: Path


@dataclass(frozen=True)
class Outcome:
    """What a fit gave: its curves, and the class called for each of the job's `score_rows`."""

    job: Job
    curves: dict[str, list[float]]
    best_epoch: int
    seconds: float
    called: np.ndarray


def run_job(job: Job) -> Outcome:
    """Fit the job's network, save it, and call the class of every row that is to be scored."""
    flux = np.load(job.flux, mmap_mode="r")
    form = job.form
    weight = None if form.class_weight is None else np.array(form.class_weight)
    fitted = fit(flux, form.train, form.early_stop, job.settings, job.seed, weight)
    fitted.model.save(job.model)
    called = probabilities(fitted.model, flux, job.score_rows).argmax(1).astype(np.int8)
    return Outcome(job, fitted.curves, fitted.best_epoch, fitted.seconds, called)


def run_jobs(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    """Run jobs over `workers` processes; yield each outcome as it comes.

    Every worker has its share of the cores, one thread at least. Its numbers do not depend on
    which worker a job meets.
    """
    threads = max(1, (os.cpu_count() or 1) // workers)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), context, initializer=_start, initargs=(threads,)
    )
    try:
        for future in as_completed([pool.submit(run_job, job) for job in jobs]):
            yield future.result()
    except BaseException:
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(threads: int) -> None:
    """Give TensorFlow in this process its number of threads."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    start_tensorflow(threads)
