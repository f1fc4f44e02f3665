"""Which spectra an epoch trains on in which step, as `lcgan.recognition.fit` draws it."""

from typing import NamedTuple

import numpy as np


class Epoch(NamedTuple):
    """The steps of an epoch, shape (n_steps, B) each but `share`, (n_steps,).

    A step trains on share × spectrum + (1 - share) × other. Steps may have one spectrum fewer than
    B: then `n` is B - 1 and the last place is to be left aside.
    """

    place: np.ndarray
    other: np.ndarray
    share: np.ndarray
    n: np.ndarray


def epoch(
    n_spectra: int, batch_size: int, rng: np.random.Generator, mixup_alpha: float | None = None
) -> Epoch:
    """Draw an epoch: places among the training spectra, each once.

    Draws as `lcgan.recognition.fit.fit` and `mixed` do, number by number.

    Parameters
    ----------
    n_spectra, batch_size : int
    rng : Generator
    mixup_alpha : float, optional
        See `lcgan.recognition.fit.mixed`; without it nothing is mixed (share 1).
    """
    parts = np.array_split(rng.permutation(n_spectra), max(1, round(n_spectra / batch_size)))
    widest, n_steps = len(parts[0]), len(parts)
    place, other = (np.zeros((n_steps, widest), np.int64) for _ in range(2))
    share = np.ones(n_steps, np.float32)
    for step, part in enumerate(parts):
        place[step, : len(part)] = other[step, : len(part)] = part
        if mixup_alpha is not None:
            share[step] = rng.beta(mixup_alpha, mixup_alpha)
            other[step, : len(part)] = part[rng.permutation(len(part))]
    return Epoch(place, other, share, np.array([len(part) for part in parts]))
