"""Every form of training made ready: its spectra in one array, and its rows there."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lcgan.datasets import training_part
from lcgan.params.names import GAN_OF
from lcgan.recognition.arms import Form, augmented_form, real_forms
from lcgan.recognition.forms import Sources, share_spectra
from lcgan.recognition.making import reobserve_spectra, smote
from lcgan.seeds import rng_of, seed_of
from lcgan.spectra.standardise import standardise
from lcgan.spectra.store import read_rows

#: Forms that train on real spectra alone: no spectrum is made for them.
REAL = ("none_as_is", "none_weighted", "none_duplicated", "mixup")


class Cell(NamedTuple):
    """A way of training.

    Attributes
    ----------
    form : str
        One of `lcgan.params.names`.
    iteration : int or None
        The GAN's checkpoint, where there is a GAN.
    n_o : int or None
        How many O spectra of Data set 1 there are to learn from, on both sides of the 7:3; None
        for all.
    """

    form: str
    iteration: int | None = None
    n_o: int | None = None


def write_forms(flux: Path, sources: Sources, cells: Sequence[Cell]) -> dict[Cell, Form]:
    """Write all spectra that fits read to one array, and return what each cell trains on.

    Parameters
    ----------
    flux : Path
        The .npy to write, float32: real spectra keep their rows, made ones follow, cell by cell.
    sources : Sources
    cells : sequence of Cell
        Each once.

    Raises
    ------
    UserError
        If generated spectra are not there, or there are too few real ones.
    """
    n = sources.n_generated
    made = [cell for cell in cells if cell.form not in REAL]
    first = share_spectra(flux, sources, len(made) * n)
    shared, forms = np.load(flux, mmap_mode="r+"), {}
    for cell in cells:
        sets = few(sources.sets, cell.n_o, sources.early_stop_fraction)
        if cell.form in REAL:
            forms[cell] = _real_form(cell, sets, sources)
            continue
        shared[first : first + n] = _made(cell, sets, sources, shared)
        rows, first = range(first, first + n), first + n
        of = (cell.form, cell.iteration, rows, sets, sources.early_stop_fraction)
        stop = _duplicated(sets, sources).early_stop if cell.form == "lcgan_real_stop" else None
        forms[cell] = augmented_form(*of, stop)
    shared.flush()
    return forms


def few(sets: Mapping, n_o: int | None, early_stop_fraction: float) -> Mapping:
    """Return the sets as if Data set 1 held `n_o` spectra, early-stopping ones among them.

    Those of a smaller number are among those of a greater one.
    """
    if n_o is None:
        return sets
    n_early = max(1, round(n_o * early_stop_fraction))
    early = sets["early_stop"]["O"]
    train = training_part(sets["data_set_1"]["O"], early)
    return {
        **sets,
        "data_set_1": {"O": train[: n_o - n_early] + early[:n_early]},
        "early_stop": {**sets["early_stop"], "O": early[:n_early]},
    }


def _real_form(cell: Cell, sets: Mapping, sources: Sources) -> Form:
    """Return a form that trains on real spectra."""
    if cell.form != "mixup":
        return _named(cell.form, sets, sources)
    like = _duplicated(sets, sources)
    return Form("mixup", like.train, like.early_stop, mixup_alpha=sources.making.mixup_alpha)


def _duplicated(sets: Mapping, sources: Sources) -> Form:
    return _named("none_duplicated", sets, sources)


def _named(name: str, sets: Mapping, sources: Sources) -> Form:
    return next(form for form in real_forms(sets, sources.seed) if form.name == name)


def _made(cell: Cell, sets: Mapping, sources: Sources, shared: np.ndarray) -> np.ndarray:
    """Return a cell's O spectra, those to train on first, shape (n_generated, L)."""
    n = sources.n_generated
    if cell.form in ("smote", "physics"):
        sizes = _split(n, sources.early_stop_fraction)
        return _of_both_sides(cell.form, sizes, sets, sources, shared)
    generated = sources.generated_at(GAN_OF[cell.form], cell.iteration, cell.n_o)
    if cell.form != "lcgan_plus_physics":
        return generated
    n_train, n_early = _split(n, sources.early_stop_fraction)
    sizes = n_train // 2, n_early // 2
    seen = _of_both_sides("physics", sizes, sets, sources, shared)
    parts = generated[: n_train - sizes[0]], seen[: sizes[0]]
    return np.concatenate([*parts, generated[n_train : n - sizes[1]], seen[sizes[0] :]])


def _of_both_sides(
    form: str, sizes: tuple[int, int], sets: Mapping, sources: Sources, shared: np.ndarray
) -> np.ndarray:
    """Return spectra made of Data set 1's, each side of the 7:3 of its own spectra alone."""
    early = sets["early_stop"]["O"]
    sides = training_part(sets["data_set_1"]["O"], early), list(early)
    parts = []
    for side, rows, n in zip(("train", "early_stop"), sides, sizes, strict=True):
        seed = seed_of(sources.seed, "making", form, side)
        if form == "smote":
            others = shared[sets["early_stop"]["F"]]
            made = smote(shared[rows], others, n, sources.making.smote_neighbours, seed)
        else:
            flux, ivar = (read_rows(sources.spectra, rows, name) for name in ("flux", "ivar"))
            made = reobserve_spectra(flux, ivar, n, sources.making, rng_of(seed, "draws"))
        parts.append(standardise(made))
    return np.concatenate(parts)


def _split(n: int, early_stop_fraction: float) -> tuple[int, int]:
    """Return how many of n spectra are trained on, and how many stop early."""
    n_early = round(n * early_stop_fraction)
    return n - n_early, n_early
