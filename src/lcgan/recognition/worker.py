"""Fits side by side: each worker process trains one network at a time, on one core."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.quiet import start_tensorflow
from lcgan.recognition.arms import Form
from lcgan.recognition.fit import NEVER_FINITE, FitSettings, fit, probabilities
from lcgan.workers import core, worker_pool


@dataclass(frozen=True)
class Job:
    """One fit: what to train on, where the spectra lie and where the network goes.

    `flux` is None where the spectra are handed over with the job, `model` None where only the
    figures are wanted.
    """

    form: Form
    repeat: int
    seed: int
    settings: FitSettings
    flux: Path | None
    score_rows: np.ndarray
    model: Path | None


@dataclass(frozen=True)
class Outcome:
    """What a fit gave: its curves, and what it says of each of the job's `score_rows`.

    Attributes
    ----------
    called : ndarray of int8, shape (n_rows,)
        The number of the class called.
    p_o : ndarray of float32, shape (n_rows,)
        p(O); of a baseline a number between 0 and 1 that ranks as a probability does.
    """

    job: Job
    curves: dict[str, list[float]]
    best_epoch: int
    seconds: float
    called: np.ndarray
    p_o: np.ndarray


def run_job(job: Job, flux: np.ndarray | None = None) -> Outcome:
    """Fit the job's network, save it, and call the class of every row that is to be scored.

    Parameters
    ----------
    job : Job
    flux : ndarray, shape (N, L) float32, optional
        Standardised spectra; without them `job.flux` is read.

    Raises
    ------
    UserError
        If no epoch had a finite loss, or the network answers with what is no number: its most
        probable class would be the first, O.
    """
    flux = np.load(job.flux, mmap_mode="r") if flux is None else flux
    form = job.form
    weight = None if form.class_weight is None else np.array(form.class_weight)
    if isinstance(job.settings, FitSettings):
        own = job.settings, job.seed, weight, form.mixup_alpha
        fitted = fit(flux, form.train, form.early_stop, *own)
        if fitted.best_epoch == 0:
            raise UserError(f"{form.name}: fit {job.repeat}: {NEVER_FINITE}")
    else:
        from lcgan.recognition.component_fit import fit_components

        fitted = fit_components(flux, form, job.settings)
    found = probabilities(fitted.model, flux, job.score_rows)
    if lost := int((~np.isfinite(found).all(axis=1)).sum()):
        raise UserError(
            f"{form.name}: fit {job.repeat}: no number for {lost} of {len(found)} spectra; look at "
            "these spectra, or lower train_classifier.learning_rate"
        )
    if job.model is not None:
        fitted.model.save(job.model)
    called, p_o = found.argmax(1).astype(np.int8), found[:, form.classes.index("O")]
    return Outcome(job, fitted.curves, fitted.best_epoch, fitted.seconds, called, p_o)


def run_jobs(jobs: Sequence[Job], workers: int) -> Iterator[Outcome]:
    """Run jobs over `workers` processes; yield each outcome as it comes.

    Every worker runs one thread, so that the numbers do not depend on how many there are. On any
    error the fits under way are ended at once.
    """
    workers = min(workers, len(jobs))
    with worker_pool(workers, "train_classifier", start_tensorflow, (1,)) as pool:
        try:
            for future in as_completed([pool.submit(_on_a_core, job) for job in jobs]):
                yield future.result()
        except BaseException:
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _on_a_core(job: Job) -> Outcome:
    """Run a job once there is a core for it: two on one core take a sixth longer than in turn."""
    with core():
        return run_job(job)
