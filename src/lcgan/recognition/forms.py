"""Every form of training made ready: its spectra in one array, its rows, its seed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.recognition.arms import Form, augmented_form, real_forms
from lcgan.recognition.fit import FitSettings
from lcgan.seeds import seed_of
from lcgan.spectra.hdf5 import opened
from lcgan.spectra.standardise import standardise
from lcgan.spectra.store import blocks


@dataclass(frozen=True)
class Sources:
    """What forms of training are made of.

    Attributes
    ----------
    spectra : Path
        The packed store.
    generated : Path
        The folder that holds <gan>.h5, as the stage `train_gan` writes it.
    sets : dict of dict of list of int
        The row lists of the stage `datasets`.
    n_generated : int
        O spectra of Data set 5, the first that a GAN generated at a checkpoint.
    early_stop_fraction : float
        The 3 of 7:3.
    seed : int
        The one of params.yaml.
    """

    spectra: Path
    generated: Path
    sets: Mapping[str, Mapping[str, Sequence[int]]]
    n_generated: int
    early_stop_fraction: float
    seed: int

    def generated_file(self, gan: str) -> Path:
        """Return the file of a GAN's spectra.

        Raises
        ------
        UserError
            If it is not there.
        """
        path = self.generated / f"{gan}.h5"
        if not path.exists():
            raise UserError(f"{path}: not there; run the stage `train_gan` first")
        return path

    def generated_at(self, gan: str, iteration: int) -> np.ndarray:
        """Return what a GAN generated at a checkpoint for Data set 5, shape (n_generated, L).

        Raises
        ------
        UserError
            If the file, the checkpoint or some of the spectra are not there.
        """
        path = self.generated_file(gan)
        with opened(path) as file:
            there = file["iterations"][:].tolist()
            if iteration not in there:
                raise UserError(f"{path}: nothing of iteration {iteration}; run `train_gan` again")
            flux = file["flux"][there.index(iteration), : self.n_generated]
        if len(flux) < self.n_generated:
            raise UserError(
                f"{path}: {len(flux)} spectra at a checkpoint, {self.n_generated} are wanted; run "
                "`train_gan` again"
            )
        return flux


def write_forms(
    flux: Path, sources: Sources, real: bool, carried: Mapping[str, Sequence[int]]
) -> list[Form]:
    """Write all spectra that fits read to one array, and return what each form trains on.

    Parameters
    ----------
    flux : Path
        The .npy to write, float32: real spectra keep their rows, generated ones follow,
        checkpoint by checkpoint.
    sources : Sources
    real : bool
        Whether the three forms without a GAN are wanted.
    carried : dict of str to list of int
        The checkpoints wanted of each GAN.

    Raises
    ------
    UserError
        If generated spectra are not there.
    """
    wanted = [(gan, iteration) for gan, of in carried.items() for iteration in of]
    n = sources.n_generated
    first = share_spectra(flux, sources, len(wanted) * n)
    forms = real_forms(sources.sets, sources.seed) if real else []
    shared = np.load(flux, mmap_mode="r+")
    for gan, iteration in wanted:
        shared[first : first + n] = sources.generated_at(gan, iteration)
        rows = range(first, first + n)
        first += n
        forms.append(
            augmented_form(gan, iteration, rows, sources.sets, sources.early_stop_fraction)
        )
    shared.flush()
    return forms


def fit_settings(block) -> FitSettings:
    """Return how to train, from the block `train_classifier` of params.yaml."""
    return FitSettings(
        block.batch_size,
        block.max_epochs,
        block.patience,
        block.learning_rate,
        block.batch_norm_momentum,
    )


def fit_seed(seed: int, form: str, iteration: int | None, repeat: int) -> int:
    """Return the seed of a repeat of a form: the same fit wherever it is asked for."""
    arm = "none" if iteration is None else form
    return seed_of(seed, "train_classifier", arm, form, iteration or 0, repeat)


def share_spectra(path: Path, sources: Sources, n_more: int) -> int:
    """Write the store's spectra, standardised, with room after them; return where that begins."""
    wanted = 1 + max(row for of in sources.sets.values() for rows in of.values() for row in rows)
    shared = None
    for rows, block in blocks(sources.spectra):
        first = rows.start
        if shared is None:
            shape = (wanted + n_more, block.shape[1])
            shared = np.lib.format.open_memmap(path, "w+", np.float32, shape)
        block = block[: max(0, wanted - first)]
        if len(block):
            shared[first : first + len(block)] = standardise(block)
    shared.flush()
    return wanted
