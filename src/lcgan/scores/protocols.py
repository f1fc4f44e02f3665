"""The protocols that every fitted network is scored under, and one fit's record of them."""

from collections.abc import Mapping

import numpy as np

from lcgan.recognition.classes import CLASSES
from lcgan.scores.benefit import Scene
from lcgan.scores.interval import proportion
from lcgan.scores.recognition import recognition
from lcgan.spectra.subclass import kind_of_other


class Scored:
    """The real spectra that every fitted network is scored on: rows, and what they are.

    Parameters
    ----------
    sets : dict of dict of list of int
        The row lists of the stage `datasets`.
    stars : dict of int to str
        The star of every row.
    subclasses : dict of int to str
        The header's SUBCLASS of every row.
    classes : tuple of str
        In the order of the networks' outputs, "O" first.
    """

    def __init__(
        self,
        sets: Mapping,
        stars: Mapping[int, str],
        subclasses: Mapping[int, str],
        classes: tuple[str, ...] = CLASSES,
    ):
        self.stars, self.classes = stars, classes
        fgk, unseen = sets["held_out"], sets["unseen_stars"]
        self.protocols = {
            "paper": {"O": sets["data_set_2"]["O"], **fgk},
            "leakage_free": {"O": sets["leakage_free"]["O"], **fgk},
            "unseen_stars": {name: unseen[name] for name in CLASSES},
        }
        self.selection = {name: sets["early_stop"][name] for name in CLASSES}
        self.contaminants = contaminants(sets, subclasses)
        groups = [*self.protocols.values(), self.selection, self.contaminants]
        self.rows = np.unique([row for group in groups for of in group.values() for row in of])

    def record(self, outcome) -> dict:
        """Return one fit's figures on every protocol, on the selection set and on contaminants.

        Parameters
        ----------
        outcome : lcgan.recognition.worker.Outcome
            Of a job whose `score_rows` are `rows`.
        """
        selection = self._score(outcome, self.selection)
        contaminants = {
            name: proportion(int((self._called(outcome, rows) == 0).sum()), len(rows))
            for name, rows in self.contaminants.items()
        }
        return {
            "iteration": outcome.job.form.iteration,
            "repeat": outcome.job.repeat,
            "epochs": len(outcome.curves["train_loss"]),
            "best_epoch": outcome.best_epoch,
            "seconds": round(outcome.seconds, 1),
            "selection_macro_f1": selection["macro_f1"],
            "selection_recall": selection["recall"],
            "protocols": {
                name: self._score(outcome, group) for name, group in self.protocols.items()
            },
            "contaminants": contaminants,
        }

    def scene(self) -> Scene:
        """Return the spectra that forms are compared on, protocol by protocol."""
        negatives = {
            name: [row for kind in CLASSES[1:] for row in of[kind]]
            for name, of in self.protocols.items()
        }
        positives = {name: of["O"] for name, of in self.protocols.items()}
        return Scene(positives, negatives, self.contaminants, self.stars)

    def _called(self, outcome, rows: list[int]) -> np.ndarray:
        """Return the number of the class called for each of some of the scored rows."""
        return outcome.called[np.searchsorted(self.rows, rows)]

    def _score(self, outcome, group: Mapping[str, list[int]]) -> dict:
        called = {name: self._called(outcome, rows) for name, rows in group.items()}
        return recognition(called, self.classes, [self.stars[row] for row in group["O"]])


def contaminants(sets: Mapping, subclasses: Mapping[int, str]) -> dict[str, list[int]]:
    """Return the rows of classes that are not taught, by kind: B, A, M, sd, WD, other."""
    found: dict[str, list[int]] = {}
    for name, rows in sets["contaminants"].items():
        for row in rows:
            kind = name if name != "other" else kind_of_other(subclasses[row])
            found.setdefault(kind, []).append(row)
    return found


def headline(fit: Mapping) -> dict[str, float]:
    """Return one fit's headline figures by the names that MLflow's runs are compared by."""
    found = {"selection_macro_f1": fit["selection_macro_f1"], "fit_seconds": fit["seconds"]}
    names = {"paper": "validation_accuracy", "leakage_free": "recall_leakage_free"}
    for protocol, of in fit["protocols"].items():
        found[names.get(protocol, f"recall_{protocol}")] = of["recall"]["rate"]
    found["fpr_fgk"] = fit["protocols"]["paper"]["fpr_fgk"]["rate"]
    found["macro_f1"] = fit["protocols"]["paper"]["macro_f1"]
    return {name: value for name, value in found.items() if value is not None}
