"""The survey arm's own figures: stars of every class that no training saw, by S/N."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lcgan.recognition.classes import SURVEY_CLASSES
from lcgan.scores.confusion import confusion, macro_f1
from lcgan.scores.interval import proportion
from lcgan.scores.protocols import Scored

#: Edges of the bins of S/N per pixel in g; the bars hold from 10 on.
SNR_EDGES = (0.0, 10.0, 20.0, 50.0, np.inf)
SNR_BAR = 10.0


class SurveyScored(Scored):
    """What the survey arm's networks are scored on: the other arms' spectra, and its own.

    Parameters
    ----------
    sets, stars, subclasses
        As `Scored` has them.
    table : DataFrame
        The catalogue of the stage `augment`.
    first : int
        Row of the fits' array at which its spectra begin.
    """

    def __init__(
        self,
        sets: Mapping,
        stars: Mapping[int, str],
        subclasses: Mapping[int, str],
        table: pd.DataFrame,
        first: int,
    ):
        super().__init__(sets, stars, subclasses, SURVEY_CLASSES)
        self.own = {part: table[table["set"] == part] for part in ("selection", "unseen")}
        self.first = first
        rows = [first + of["row"].to_numpy() for of in self.own.values()]
        self.rows = np.unique(np.concatenate([self.rows, *rows]))

    def record(self, outcome) -> dict:
        """Return one fit's figures; the selection score is that of the selection stars."""
        figures = {
            part: survey_figures(self._called(outcome, of["row"] + self.first), of, self.classes)
            for part, of in self.own.items()
        }
        found = super().record(outcome)
        return found | {
            "selection_macro_f1": figures["selection"]["macro_f1"],
            "survey": figures["unseen"],
        }


def survey_figures(called: np.ndarray, table: pd.DataFrame, classes: Sequence[str]) -> dict:
    """Return what a network makes of re-observed stars that no training saw.

    Parameters
    ----------
    called : ndarray of int, shape (n,)
        The number of the class called for each spectrum.
    table : DataFrame, n rows
        Columns class, star, library, snr (per pixel in g).
    classes : sequence of str
        In the order of the network's outputs.

    Returns
    -------
    dict
        classes, confusion and macro_f1 (all S/N); called_o_by_class and right_by_class, and
        o_recall_by_star, each from S/N 10 on; o_recall_by_snr.
    """
    true = table["class"].map(list(classes).index).to_numpy()
    counts = confusion(true, called, len(classes))
    is_o, bright = called == classes.index("O"), table["snr"].to_numpy() >= SNR_BAR
    of = {name: (true == i) & bright for i, name in enumerate(classes)}
    o = table["class"].to_numpy() == "O"
    return {
        "classes": list(classes),
        "confusion": counts.tolist(),
        "macro_f1": macro_f1(counts),
        "called_o_by_class": {name: _share(is_o, rows) for name, rows in of.items()},
        "right_by_class": {name: _share(called == true, rows) for name, rows in of.items()},
        "o_recall_by_star": _by_star(table, is_o, o & bright),
        "o_recall_by_snr": _by_snr(table["snr"].to_numpy(), is_o, o),
    }


def _share(hits: np.ndarray, among: np.ndarray) -> dict:
    return proportion(int((hits & among).sum()), int(among.sum()))


def _by_star(table: pd.DataFrame, hits: np.ndarray, among: np.ndarray) -> dict[str, Mapping]:
    """Return the share of hits of each star, named with its library."""
    named = (table["star"] + " (" + table["library"] + ")").to_numpy()
    return {str(star): _share(hits, among & (named == star)) for star in np.unique(named[among])}


def _by_snr(snr: np.ndarray, hits: np.ndarray, among: np.ndarray) -> list[dict]:
    """Return the share of hits in each bin of S/N."""
    return [
        {
            "snr_from": low,
            "snr_to": None if np.isinf(high) else high,
            **_share(hits, among & (snr >= low) & (snr < high)),
        }
        for low, high in zip(SNR_EDGES[:-1], SNR_EDGES[1:], strict=True)
    ]
