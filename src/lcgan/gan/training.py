"""One training of a GAN: whose draws it has, and what it generates at its checkpoints."""

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.gan.adversarial import Adversary
from lcgan.seeds import seed_of
from lcgan.spectra.standardise import standardise


def adversary_of(model: str, settings, flux: np.ndarray, seed: int, number: int = 0) -> Adversary:
    """Return a GAN that has not been trained yet.

    Parameters
    ----------
    model : str
        One of `lcgan.params.names.GANS`.
    settings : AnyGan
        Its block of `train_gan` in params.yaml.
    flux : ndarray, shape (N, L) float32
        Standardised spectra to learn from.
    seed : int
        Of params.yaml.
    number : int
        Which training: 0, that of the stage `train_gan`, or one of those beside it. The same
        number has the same draws, whatever the settings.
    """
    family = importlib.import_module(f"lcgan.gan.{model}")
    own = (number,) if number else ()
    return Adversary(family, settings, flux, seed_of(seed, "train_gan", model, *own))


def generated(
    adversary: Adversary,
    model: str,
    resume: Path,
    on_steps: Callable[[int], None] | None = None,
    keep: Callable[[int, object], None] | None = None,
) -> Iterator[tuple[int, np.ndarray]]:
    """Train, and yield what is generated at every checkpoint, in order.

    Parameters
    ----------
    adversary : Adversary
    model : str
        For messages.
    resume : Path
        See `Adversary.train`.
    on_steps : callable, optional
        Called with the number of steps just done.
    keep : callable, optional
        Called with the iteration and the generator that generates.

    Yields
    ------
    iteration : int
    flux : ndarray, shape (n_generated, L) float32
        Standardised.

    Raises
    ------
    UserError
        If generated spectra are not finite: the training has diverged.
    """
    n = adversary.settings.n_generated
    for iteration in adversary.train(resume, on_steps):
        with adversary.settled(n, iteration) as generator:
            if keep:
                keep(iteration, generator)
            flux = adversary.generate(n, iteration)
        bad = np.flatnonzero(~np.isfinite(flux).all(axis=1))
        if len(bad):
            raise UserError(
                f"train_gan.{model}: {len(bad)} of {len(flux)} spectra generated at iteration "
                f"{iteration} are not finite; lower the learning rates"
            )
        yield iteration, standardise(flux)
