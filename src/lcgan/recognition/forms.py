"""What forms of training are made of, their seeds, and the array that fits share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.recognition.fit import FitSettings, Network
from lcgan.recognition.making import Making
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
    making : Making
        How spectra are made without a GAN.
    """

    spectra: Path
    generated: Path
    sets: Mapping[str, Mapping[str, Sequence[int]]]
    n_generated: int
    early_stop_fraction: float
    seed: int
    making: Making

    def generated_file(self, gan: str, n_o: int | None = None) -> Path:
        """Return the file of a GAN's spectra; `n_o`: of one trained on so many O spectra alone.

        Raises
        ------
        UserError
            If it is not there.
        """
        self.require([(gan, n_o)])
        return self._file(gan, n_o)

    def require(self, wanted: Iterable[tuple[str, int | None]]) -> None:
        """See that the files of GANs' spectra, each trained on so many O spectra, are there.

        Raises
        ------
        UserError
            If some are not, naming them all.
        """
        missing = [of for of in dict.fromkeys(wanted) if not self._file(*of).exists()]
        by = {
            f"`lcgan {f'train_gan --model {gan}' if n_o is None else 'gan_study'}`": None
            for gan, n_o in missing
        }
        if missing:
            files = ", ".join(str(self._file(*of)) for of in missing)
            raise UserError(f"{files}: not there; run {', '.join(by)} first")

    def _file(self, gan: str, n_o: int | None) -> Path:
        return self.generated / f"{gan}{'' if n_o is None else f'-n{n_o:03d}'}.h5"

    def generated_at(self, gan: str, iteration: int, n_o: int | None = None) -> np.ndarray:
        """Return what a GAN generated at a checkpoint for Data set 5, shape (n_generated, L).

        Raises
        ------
        UserError
            If the file, the checkpoint or some of the spectra are not there.
        """
        path = self.generated_file(gan, n_o)
        maker = "train_gan" if n_o is None else "gan_study"
        with opened(path) as file:
            there = file["iterations"][:].tolist()
            if iteration not in there:
                raise UserError(f"{path}: nothing of iteration {iteration}; run `{maker}` again")
            flux = file["flux"][there.index(iteration), : self.n_generated]
        if len(flux) < self.n_generated:
            raise UserError(
                f"{path}: {len(flux)} spectra at a checkpoint, {self.n_generated} are wanted; run "
                f"`{maker}` again"
            )
        return flux


def fit_settings(block) -> FitSettings:
    """Return how to train, from the block `train_classifier` of params.yaml."""
    return FitSettings(
        block.batch_size,
        block.max_epochs,
        block.patience,
        block.learning_rate,
        block.batch_norm_momentum,
        block.batch_norm_epsilon,
        Network(blocks=block.blocks),
    )


def making_of(block) -> Making:
    """Return how spectra are made, from the block `train_classifier.making` of params.yaml."""
    physics = block.physics
    settings = physics.ebv, physics.radial_velocity, physics.noise
    return Making(block.smote_neighbours, block.mixup_alpha, *settings)


def fit_seed(seed: int, repeat: int) -> int:
    """Return the seed of a repeat: the same weights to begin with for every form of training.

    So forms are compared in pairs, and what the draw of the weights does is not taken for what
    the form does.
    """
    return seed_of(seed, "train_classifier", repeat)


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
