"""The arms of the comparison: where the O-type training spectra come from (P9, P10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lcgan.datasets import duplicate_to, training_part
from lcgan.recognition.classes import CLASSES
from lcgan.recognition.fit import Labelled


@dataclass(frozen=True)
class Form:
    """One way of training: its rows for the 7 and the 3 of 7:3, and how they are used.

    Attributes
    ----------
    class_weight : tuple of float, optional
        Factor on the loss of each class.
    mixup_alpha : float, optional
        Of the Beta law by which spectra are mixed, see `lcgan.recognition.fit.mixed`.
    iteration : int, optional
        Of the GAN.
    """

    name: str
    train: Labelled
    early_stop: Labelled
    class_weight: tuple[float, ...] | None = None
    mixup_alpha: float | None = None
    iteration: int | None = None
    classes: tuple[str, ...] = CLASSES

    def counts(self, part: str) -> dict[str, int]:
        """Return the number of spectra of each class in `train` or `early_stop`."""
        numbers = getattr(self, part).classes
        return {name: int((numbers == i).sum()) for i, name in enumerate(self.classes)}


def real_forms(sets: Mapping[str, Mapping[str, Sequence[int]]], seed: int) -> list[Form]:
    """Return the three ways of training without augmentation (P10), on Data set 1 and F, G, K.

    As is, with classes weighted by their rarity, and with Data set 1 duplicated up to the other
    classes' number; the 7:3 is drawn before duplicating, so that no spectrum is on both sides.
    """
    train, early = _real_parts(sets)
    o_train = training_part(sets["data_set_1"]["O"], sets["early_stop"]["O"])
    o_early = sets["early_stop"]["O"]
    as_is = labelled({"O": o_train, **train}), labelled({"O": o_early, **early})
    counts = np.bincount(as_is[0].classes, minlength=len(CLASSES))
    weight = tuple(float(w) for w in counts.sum() / (len(CLASSES) * counts))
    doubled = (
        labelled({"O": duplicate_to(o_train, len(train["F"]), seed), **train}),
        labelled({"O": duplicate_to(o_early, len(early["F"]), seed), **early}),
    )
    return [
        Form("none_as_is", *as_is),
        Form("none_weighted", *as_is, class_weight=weight),
        Form("none_duplicated", *doubled),
    ]


def augmented_form(
    name: str,
    iteration: int | None,
    generated: Sequence[int],
    sets: Mapping,
    early_stop_fraction: float,
    early_stop: Labelled | None = None,
) -> Form:
    """Return the training on Data set 5: O that were made, real F, G, K, split 7:3 (P9).

    Parameters
    ----------
    name : str
        The form.
    iteration : int or None
        The GAN's checkpoint, where there is a GAN.
    generated : sequence of int
        Rows of the O spectra that were made, those to train on first.
    sets : dict
        The row lists of the stage `datasets`.
    early_stop_fraction : float
        The 3 of 7:3.
    early_stop : Labelled, optional
        What stops the training instead of the 3 of 7:3.
    """
    train, early = _real_parts(sets)
    cut = len(generated) - round(len(generated) * early_stop_fraction)
    if early_stop is None:
        early_stop = labelled({"O": generated[cut:], **early})
    taught = labelled({"O": generated[:cut], **train})
    return Form(name, taught, early_stop, iteration=iteration)


def _real_parts(sets: Mapping) -> tuple[dict, dict]:
    """Return the rows of F, G, K of Data set 5: those to train on, those to stop early by."""
    early = {name: list(sets["early_stop"][name]) for name in CLASSES[1:]}
    train = {name: training_part(sets["data_set_5"][name], early[name]) for name in CLASSES[1:]}
    return train, early


def labelled(rows: Mapping[str, Sequence[int]], names: tuple[str, ...] = CLASSES) -> Labelled:
    """Return rows by class as one list with class numbers."""
    classes = [names.index(name) for name, of in rows.items() for _ in of]
    every = [row for of in rows.values() for row in of]
    return Labelled(np.array(every, np.int64), np.array(classes, np.int64))
