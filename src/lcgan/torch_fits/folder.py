"""The folder that fits are handed over in, and what they leave there.

`flux.npy`: standardised spectra, (N, L), float16, times √L; `fits.json`: `classes`, `score_rows`,
`forms` and `fits`, whose rows are those of flux.npy; `done/<name>.npz`: what a fit left.
"""

from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lcgan.errors import UserError
from lcgan.files import read_json, replacing
from lcgan.recognition.fit import FitSettings

#: Of the paper's 7:3.
SIDES = ("train", "early_stop")
#: What every fit's settings say; the network stands beside them.
SETTINGS = tuple(each.name for each in fields(FitSettings) if each.name != "network")


class Fit(NamedTuple):
    """A fit that is to be done.

    Attributes
    ----------
    name : str
    seed : int
        See `lcgan.recognition.fit.fit`.
    train, early_stop : tuple of ndarray
        Rows, and the number of each one's class.
    class_weight : ndarray, shape (n_classes,)
    mixup_alpha : float or None
    settings, network : dict
        As `lcgan.recognition.fit.FitSettings` and `Network` have them.
    o : int
        The number of the class O.
    """

    name: str
    seed: int
    train: tuple[np.ndarray, np.ndarray]
    early_stop: tuple[np.ndarray, np.ndarray]
    class_weight: np.ndarray
    mixup_alpha: float | None
    settings: dict
    network: dict
    o: int = 0


def flux_of(folder: Path) -> np.ndarray:
    """Return the spectra, shape (N, L) float32, of unit 2-norm."""
    flux = np.load(folder / "flux.npy").astype(np.float32)
    return flux / np.linalg.norm(flux, axis=1, keepdims=True)


def to_do(folder: Path) -> tuple[list[Fit], np.ndarray, int]:
    """Return the fits that are not done, the rows they are scored on, and how many classes.

    Raises
    ------
    UserError
        If fits.json is of an lcgan whose settings were others.
    """
    told = read_json(folder / "fits.json")
    for of in told["fits"]:
        if lacks := [name for name in SETTINGS if name not in of["settings"]]:
            raise UserError(
                f"{folder / 'fits.json'}: fit {of['name']!r} has no {lacks[0]!r}, which an older "
                f"lcgan did not write; hand the fits out anew (`lcgan study --hand-out`)"
            )
    n_classes, o = len(told["classes"]), told["classes"].index("O")
    forms = [_form(of, n_classes) for of in told["forms"]]
    fits = [
        Fit(of["name"], of["seed"], *forms[of["form"]], of["settings"], of["network"], o)
        for of in told["fits"]
        if not _done(folder, of["name"]).exists()
    ]
    return fits, np.array(told["score_rows"]), n_classes


def _form(of: dict, n_classes: int) -> tuple:
    """Return what fits of a form share, in the order of `Fit`."""
    sides = [tuple(np.array(of[side][key]) for key in ("rows", "classes")) for side in SIDES]
    weight = of["class_weight"]
    weight = np.ones(n_classes, np.float32) if weight is None else np.array(weight, np.float32)
    return *sides, weight, of["mixup_alpha"]


def leave(folder: Path, name: str, **arrays) -> None:
    """Write what a fit found, whole or not at all."""
    with replacing(_done(folder, name)) as part, part.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _done(folder: Path, name: str) -> Path:
    return folder / "done" / f"{name}.npz"
