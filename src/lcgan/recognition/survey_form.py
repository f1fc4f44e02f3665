"""The survey arm's form of training: all classes, re-observed with wide physics."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.datasets import duplicate_to, training_part
from lcgan.errors import UserError
from lcgan.recognition.arms import Form, labelled
from lcgan.recognition.classes import SURVEY_CLASSES
from lcgan.recognition.forms import Sources, share_spectra
from lcgan.spectra.standardise import standardise
from lcgan.spectra.store import blocks, n_spectra

FORM = "survey"


@dataclass(frozen=True)
class Basis:
    """A set of principal components.

    Attributes
    ----------
    classes : tuple of str
        Of these spectra; none: of all.
    n : int
        Components.
    wavelength : tuple of 2 floats
        Range that they see, vacuum Å.
    rebin : int
        Pixels averaged into one.
    """

    classes: tuple[str, ...]
    n: int
    wavelength: tuple[float, float]
    rebin: int


@dataclass(frozen=True)
class ComponentSettings:
    """How to fit it: see `train_classifier.survey` in params.yaml."""

    continuum_scale: float
    bases: tuple[Basis, ...]
    colours: int
    strength: float
    balance: float = 0.0
    o_weight: float = 1.0


def component_settings(block) -> ComponentSettings:
    """Return how to fit, from the block `train_classifier.survey` of params.yaml."""
    bases = [Basis(tuple(of.classes), of.n, tuple(of.wavelength), of.rebin) for of in block.bases]
    more = (block.colours, block.strength, block.balance, block.o_weight)
    return ComponentSettings(block.continuum_scale, tuple(bases), *more)


def write_survey(
    flux: Path, sources: Sources, augmented: Path, table: pd.DataFrame, o_spectra: str, at: int
) -> tuple[Form, int]:
    """Write all spectra that the fits read to one array, and return what they train on.

    Parameters
    ----------
    flux : Path
        The .npy to write: the store's spectra keep their rows, the re-observed ones follow, and
        LCGAN's where they are wanted.
    sources : Sources
    augmented : Path
        The packed store of the stage `augment`.
    table : DataFrame
        Its catalogue: columns row, set, class.
    o_spectra : str
        "physics": re-observations, as of all other classes. "duplicated": those of Data set 1 that
        are not for selection, as often as it takes to be as many. "lcgan": LCGAN's.
    at : int
        LCGAN's checkpoint.

    Returns
    -------
    form : Form
    first : int
        Row of the array at which the re-observed ones begin.

    Raises
    ------
    UserError
        If spectra are not there, or the catalogue is not of this store.
    """
    n = n_spectra(augmented)
    if n != len(table):
        raise UserError(
            f"{augmented}: {n} spectra, but {len(table)} in its catalogue; run `augment`"
        )
    generated = sources.generated_at("lcgan", at) if o_spectra == "lcgan" else None
    n_generated = 0 if generated is None else len(generated)
    first = share_spectra(flux, sources, n + n_generated)
    shared = np.load(flux, mmap_mode="r+")
    for rows, block in blocks(augmented):
        shared[first + rows.start : first + rows.stop] = standardise(block)
    if generated is not None:
        shared[first + n :] = generated
    shared.flush()
    train = _rows(table, "train", first)
    if o_spectra == "duplicated":
        real = training_part(sources.sets["data_set_1"]["O"], sources.sets["early_stop"]["O"])
        train["O"] = duplicate_to(real, len(train["O"]), sources.seed)
    elif o_spectra == "lcgan":
        rows = range(first + n, first + n + n_generated)
        train["O"] = duplicate_to(rows, len(train["O"]), sources.seed)
    form = Form(
        FORM,
        labelled(train, SURVEY_CLASSES),
        labelled(_rows(table, "selection", first), SURVEY_CLASSES),
        classes=SURVEY_CLASSES,
    )
    return form, first


def _rows(table: pd.DataFrame, part: str, first: int) -> dict[str, list[int]]:
    """Return the array's rows of a set, by class, in the order of the classes."""
    of = table[table["set"] == part]
    rows = {name: (of.loc[of["class"] == name, "row"] + first).tolist() for name in SURVEY_CLASSES}
    missing = [name for name, found in rows.items() if not found]
    if missing and part == "train":
        raise UserError(
            f"augment: no {missing[0]} spectra to train on; raise augment.n_spectra.{missing[0]}"
        )
    return rows
