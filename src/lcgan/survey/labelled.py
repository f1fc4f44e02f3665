"""A folder of labelled real spectra through the registered model."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.spectra.found import batches, unpacked
from lcgan.spectra.halves import half_of
from lcgan.spectra.subclass import class_letter
from lcgan.survey.inputs import find_files
from lcgan.survey.rows import classified, probabilities_of

#: Files read and scored at a time.
BATCH = 128


@dataclass
class Labelled:
    """Labelled spectra as the model sees them.

    Attributes
    ----------
    table : DataFrame
        As `lcgan.scores.transfer.transfer` wants it, with p_<class>, path, obsid and the evidence.
    flux : ndarray, shape (n, 3700), float32
        Unit 2-norm, in the table's order.
    left_out, repeated : int
        Spectra that a prior may have been fitted on; observations that were there already.
    rejected : list of dict
        path and reason of every file that could not be used.
    """

    table: pd.DataFrame
    flux: np.ndarray
    left_out: int
    repeated: int
    rejected: list[dict]


def read_labelled(model, folder: str, exclude_half: str, exclude_names: list[str]) -> Labelled:
    """Score a folder of labelled spectra, each observation once.

    Parameters
    ----------
    model : OStarModel
    folder : str
    exclude_half : str
        "fit", "report" or "none": see `lcgan.spectra.halves`.
    exclude_names : list of str
        Stars (DESIG) and files to leave out.

    Raises
    ------
    UserError
        If there is no such folder, or nothing in it can be scored.
    """
    if not Path(folder).is_dir():
        raise UserError(f"transfer.folder: {folder}: no such folder")
    gathered = _Gathered(model, exclude_half, set(exclude_names))
    columns, answered = probabilities_of(model.classes), []
    for batch in batches(unpacked(find_files([folder])), BATCH):
        answered += classified(batch, model.predict, columns, None, True, gathered.keep)
    rejected = [{"path": it["path"], "reason": it["reason"]} for it in answered if it["reason"]]
    if not gathered.rows:
        raise UserError(
            f"transfer.folder: {folder}: none of {len(answered):,} files can be scored "
            f"({gathered.left_out:,} left out by transfer.exclude_half and .exclude_names, "
            f"{len(rejected):,} rejected)"
        )
    table, flux = pd.DataFrame(gathered.rows), np.array(gathered.flux, np.float32)
    return Labelled(table, flux, gathered.left_out, gathered.repeated, rejected)


class _Gathered:
    """Takes the spectra that the model answered, those that count."""

    def __init__(self, model, exclude_half: str, exclude_names: set[str]):
        self._model, self._half, self._names = model, exclude_half, exclude_names
        self._seen: set = set()
        self.rows, self.flux, self.left_out, self.repeated = [], [], 0, 0

    def keep(self, row: dict, read) -> None:
        """Take a row of the table and its `lcgan.spectra.lamost.Spectrum`."""
        name, star = Path(row["path"]).name, _designation(read)
        named = {star, name, name.split(".")[0]} & self._names
        if named or half_of(star, name) == self._half:
            self.left_out += 1
            return
        observation = read.fibre if read.obsid is None else read.obsid
        if observation in self._seen:
            self.repeated += 1
            return
        self._seen.add(observation)
        ivar = np.where(read.bad, 0.0, read.ivar)
        self.flux.append(self._model.standardised(read.flux, read.wavelength, ivar)[1])
        true = class_letter(read.class_, read.subclass)
        told = {"true": true, "subclass": read.subclass, "called": row["class"]}
        self.rows.append(row | told | {"star": star or name.split(".")[0]})


def _designation(read) -> str:
    """Return the header's DESIG; "" where the reader had to make a name of the coordinates."""
    made = f"{read.ra:.4f}{read.dec:+.4f}"
    return "" if read.star == made else read.star
