"""What every fit said of every spectrum it was scored on: p(O) and the class called.

One .npz per arm: ``rows`` (n,), the scored rows of the packed store; ``form``, ``iteration`` (-1
without a GAN) and ``repeat`` (F,) of each fit; ``p_o`` float32 and ``called`` int8, (F, n) each.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.files import replacing
from lcgan.written_by import not_there

KEYS = ("rows", "form", "iteration", "repeat", "p_o", "called")


@dataclass(frozen=True)
class Answers:
    """Fits by rows.

    Attributes
    ----------
    rows : ndarray of int, shape (n,)
        Ascending.
    form : ndarray of str, shape (F,)
    iteration, repeat : ndarray of int, shape (F,)
        Of the GAN, -1 where there is none; which of the seeds.
    p_o : ndarray of float32, shape (F, n)
        p(O).
    called : ndarray of int8, shape (F, n)
        The number of the class called; O is 0.
    """

    rows: np.ndarray
    form: np.ndarray
    iteration: np.ndarray
    repeat: np.ndarray
    p_o: np.ndarray
    called: np.ndarray

    @classmethod
    def of(cls, rows: np.ndarray, outcomes: Iterable) -> "Answers":
        """Gather outcomes (`lcgan.recognition.worker.Outcome`) of the same rows.

        They come in the order of form, iteration and repeat, whichever ended first.
        """
        every = sorted(outcomes, key=lambda one: (one.job.form.name, _at(one), one.job.repeat))
        return cls(
            np.asarray(rows, np.int64),
            np.array([one.job.form.name for one in every]),
            np.array([_at(one) for one in every], np.int64),
            np.array([one.job.repeat for one in every], np.int64),
            np.stack([one.p_o for one in every]).astype(np.float32),
            np.stack([one.called for one in every]).astype(np.int8),
        )

    def write(self, path: Path) -> None:
        """Write the .npz, whole or not at all."""
        with replacing(path) as part, part.open("wb") as file:
            np.savez_compressed(file, **{key: getattr(self, key) for key in KEYS})

    @classmethod
    def read(cls, path: Path) -> "Answers":
        """Read an .npz.

        Raises
        ------
        UserError
            If it is not there, or is not what `write` leaves.
        """
        try:
            with np.load(path) as file:
                return cls(*(file[key] for key in KEYS))
        except FileNotFoundError:
            raise not_there(path) from None
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"{path}: cannot be read ({error}); run its stage again") from None

    def fits(self, form: str, iteration: int | None) -> np.ndarray:
        """Return the indices of a form's fits at a checkpoint, by repeat, shape (R,)."""
        at = -1 if iteration is None else iteration
        found = np.flatnonzero((self.form == form) & (self.iteration == at))
        return found[np.argsort(self.repeat[found], kind="stable")]

    def places(self, rows: Sequence[int]) -> np.ndarray:
        """Return where rows of the packed store lie here."""
        rows = np.asarray(rows, np.int64)
        at = np.searchsorted(self.rows, rows)
        if len(rows) and (at.max() >= len(self.rows) or (self.rows[at] != rows).any()):
            raise UserError("answers are of other spectra; run `dvc repro train_classifier` again")
        return at


def _at(outcome) -> int:
    iteration = outcome.job.form.iteration
    return -1 if iteration is None else int(iteration)
