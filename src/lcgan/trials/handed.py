"""Fits handed over in a folder to a machine with PyTorch alone, and taken in from there."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.files import read_json, replacing, write_json
from lcgan.recognition.arms import Form
from lcgan.recognition.fit import CURVES, NEVER_FINITE
from lcgan.recognition.worker import Job, Outcome
from lcgan.trials.engines import Ended

#: Code that decides the figures of such fits beside `lcgan.trials.plan.CODE`.
CODE = ("torch_fits", "trials/handed.py")


def hand_out(folder: Path, jobs: Mapping[str, Job], flux: Path) -> None:
    """Write jobs, and the spectra that they read, as `lcgan.torch_fits.folder` reads them.

    Parameters
    ----------
    folder : Path
        What lies there of other jobs is replaced, outcomes stay.
    jobs : dict of str to Job
        One or more, all scored on the same rows.
    flux : Path
        A .npy of standardised spectra, shape (N, L) float32. Half the precision is handed over:
        0.05 % of a pixel at most, where noise is 1 % and more.

    Raises
    ------
    UserError
        If the folder cannot be written to.
    """
    forms: dict[int, Form] = {id(job.form): job.form for job in jobs.values()}
    score_rows = next(iter(jobs.values())).score_rows
    every = [part.rows for form in forms.values() for part in (form.train, form.early_stop)]
    rows = np.unique(np.concatenate([score_rows, *every]))
    number = {key: place for place, key in enumerate(forms)}
    told = {
        "classes": next(iter(forms.values())).classes,
        "score_rows": np.searchsorted(rows, score_rows).tolist(),
        "forms": [_form(form, rows) for form in forms.values()],
        "fits": [_fit(name, job, number[id(job.form)]) for name, job in jobs.items()],
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "fits.json").unlink(missing_ok=True)  # no rows of other spectra, if this is ended
        _write_flux(folder / "flux.npy", np.load(flux, mmap_mode="r"), rows)
        write_json(folder / "fits.json", told)
    except OSError as error:
        raise UserError(f"--hand-out {folder}: cannot be written to ({error.strerror})") from None


def _form(form: Form, rows: np.ndarray) -> dict:
    sides = {
        name: {"rows": np.searchsorted(rows, of.rows).tolist(), "classes": of.classes.tolist()}
        for name, of in (("train", form.train), ("early_stop", form.early_stop))
    }
    return sides | {"class_weight": form.class_weight, "mixup_alpha": form.mixup_alpha}


def _fit(name: str, job: Job, form: int) -> dict:
    settings = asdict(job.settings)
    network = settings.pop("network")._asdict()
    return {
        "name": name,
        "seed": job.seed,
        "form": form,
        "settings": settings,
        "network": network,
    }


def _write_flux(path: Path, flux: np.ndarray, rows: np.ndarray) -> None:
    with replacing(path) as part:
        shape = len(rows), flux.shape[1]
        written = np.lib.format.open_memmap(part, "w+", np.float16, shape)
        for first in range(0, len(rows), 1000):
            some = rows[first : first + 1000]
            written[first : first + len(some)] = flux[some] * np.sqrt(flux.shape[1])
        written.flush()


class TakenIn:
    """Takes the place of workers: finds done what was done elsewhere.

    Parameters
    ----------
    folder : Path
        As `hand_out` wrote it, with what `python -m lcgan.torch_fits` left there.

    Raises
    ------
    UserError
        If it is no such folder.
    """

    #: Nothing runs here.
    workers = 0

    def __init__(self, folder: Path):
        if not (folder / "fits.json").exists():
            raise UserError(
                f"--take-in {folder}: no fits.json; `lcgan study --hand-out` makes such folders"
            )
        self._folder, self._done = folder, folder / "done"

    def check(self, names: Iterable[str]) -> None:
        """Refuse a folder that none of the named jobs was handed out in.

        Raises
        ------
        UserError
        """
        fits = read_json(self._folder / "fits.json")["fits"]
        if not {of["name"] for of in fits} & set(names):
            raise UserError(
                f"--take-in {self._folder}: none of its {len(fits)} fits is a trial of these "
                "settings; give those that it was handed out with"
            )
        if not any(self._done.glob("*.npz")):
            raise UserError(
                f"--take-in {self._folder}: none of its {len(fits)} fits is done; run "
                f"`PYTHONPATH=src python -m lcgan.torch_fits {self._folder}` where PyTorch is"
            )

    def run(self, task: Callable, jobs: Mapping[str, Job], flux: Path) -> Iterator[Ended]:
        """Yield how every job ended that has been done; of the others nothing."""
        for name, job in jobs.items():
            path = self._done / f"{name}.npz"
            if path.exists():
                yield _ended(name, job, path)


def _ended(name: str, job: Job, path: Path) -> Ended:
    """Return how a job ended, from what it left."""
    at = path.stat().st_mtime
    try:
        outcome, by = _outcome(job, path)
    except Exception as error:  # whatever zip and numpy raise on broken files
        line = f"{path}: {error or type(error).__name__}; delete it, and do the fit again"
        return Ended(name, None, " ".join(line.split()), at, 0.0)
    started = at - outcome.seconds
    if outcome.best_epoch == 0:
        return Ended(name, None, NEVER_FINITE, started, outcome.seconds)
    return Ended(name, outcome, None, started, outcome.seconds, by)


def _outcome(job: Job, path: Path) -> tuple[Outcome, str]:
    """Read what a job left, and what did it.

    Raises
    ------
    ValueError, and what numpy raises
        If it is broken, or of other spectra.
    """
    with np.load(path) as file:
        p_o, called, curves = file["p_o"], file["called"], file["curves"].tolist()
        best_epoch, seconds, by = (file[name].item() for name in ("best_epoch", "seconds", "by"))
    n = len(job.score_rows)
    if p_o.shape != (n,) or called.shape != (n,):
        raise ValueError("of other spectra")
    if best_epoch and not np.isfinite(p_o).all():
        raise ValueError("p(O) that is no number")
    named = dict(zip(CURVES, curves, strict=True))
    return Outcome(job, named, best_epoch, seconds, called, p_o), by
