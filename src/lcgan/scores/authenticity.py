"""Authenticity: whether a set is a copy of the training spectra (after Meehan et al. 2020)."""

import numpy as np

from lcgan.scores.neighbours import nearest


def authenticity(places: np.ndarray, training: np.ndarray, held_out: np.ndarray) -> dict:
    """Compare how near a set comes to the training spectra with how near held-out ones do.

    After Meehan, Chaudhuri & Dasgupta 2020, AISTATS: a generator that has learnt what the
    training spectra are drawn from comes no nearer to them than other draws do.

    Parameters
    ----------
    places, training, held_out : ndarray, shape (N, D), (M, D) and (K, D)
        In the embedding.

    Returns
    -------
    dict of float
        ``ratio``: median distance to the nearest training spectrum, of the set over that of the
        held-out ones: below 1 it copies, far above 1 it is something else. ``closer``: chance
        that one of the set lies closer to its nearest training spectrum than a held-out one
        does, ties half; 0.5 for spectra drawn as the held-out ones are.
    """
    ours, theirs = nearest(places, training), nearest(held_out, training)
    order = np.sign(theirs[None, :] - ours[:, None])
    return {
        "ratio": float(np.median(ours) / np.median(theirs)),
        "closer": float(0.5 + 0.5 * order.mean()),
    }
