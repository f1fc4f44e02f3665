"""What a trial of a GAN does, wherever it runs: one training, in one thread."""

import io
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np


@dataclass(frozen=True)
class GanJob:
    """One training.

    Attributes
    ----------
    model : str
    settings : AnyGan
        Its checkpoints are those at which it generates; the last of them ends it.
    rows : list of int
        Of the shared spectra, to learn from.
    seed, number : int
        See `lcgan.gan.training.adversary_of`.
    """

    model: str
    settings: object
    rows: list[int]
    seed: int
    number: int


def train_gan_trial(job: GanJob, flux: np.ndarray) -> dict[int, bytes]:
    """Train a GAN; return by iteration an .npy of what it generated, shape (n_generated, L).

    Parameters
    ----------
    job : GanJob
    flux : ndarray, shape (N, L) float32
        Standardised O spectra of Data set 1.

    Notes
    -----
    As bytes, which travel from another machine as well as from another process.
    """
    from lcgan.quiet import start_tensorflow

    start_tensorflow(1)
    from lcgan.gan.training import adversary_of, generated

    own = np.ascontiguousarray(flux[job.rows])
    adversary = adversary_of(job.model, job.settings, own, job.seed, job.number)
    made, last = {}, job.settings.checkpoints[-1]
    with TemporaryDirectory(prefix="lcgan-gan-") as folder:
        for iteration, spectra in generated(adversary, job.model, Path(folder)):
            with io.BytesIO() as file:
                np.save(file, spectra.astype(np.float32))
                made[iteration] = file.getvalue()
            if iteration == last:
                break  # what follows the last checkpoint is not trained
    return made
