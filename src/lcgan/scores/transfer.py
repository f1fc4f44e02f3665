"""How a model carries over to labelled real spectra: false alarms, accuracy, by class and S/N."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from lcgan.scores.interval import proportion

#: Classes that the figures are taken over.
LATE, COOL, ALL = ("F", "G", "K"), ("F", "G", "K", "M"), ("A", "F", "G", "K", "M")
#: What a subclass at a class's edge may be called as well: half a subclass is no mistake.
NEIGHBOUR = {"F9": "G", "G0": "F", "G9": "K", "K0": "G"}
#: Lower edges of the bins in g-band S/N.
SNR_BINS = (0.0, 10.0, 20.0, 50.0)
#: Spectra that are told one by one.
N_MOST_O_LIKE = 10


def transfer(table: pd.DataFrame, classes: Sequence[str], min_snr: float) -> dict:
    """Score a model on labelled spectra.

    Parameters
    ----------
    table : DataFrame
        Columns true (a letter of `lcgan.spectra.subclass`), subclass, called, snr (g band, NaN
        where missing), outlier (bool; None where nothing is said).
    classes : sequence of str
        What the model can call, in its order.
    min_snr : float
        The figures `bright` are of spectra with at least this S/N.

    Returns
    -------
    dict
        n; by_class: of each true class n, how many are called what, called O with and without
        outliers, outliers; confusion: rows by true class, columns by `classes`; all and bright:
        false-positive rates and accuracies; by_snr: the same by S/N.
    """
    true = _in_order(table["true"])
    return {
        "n": len(table),
        "classes": list(classes),
        "by_class": {name: _of_class(table[table["true"] == name], classes) for name in true},
        "confusion": {
            name: [int(((table["true"] == name) & (table["called"] == it)).sum()) for it in classes]
            for name in true
        },
        "all": rates(table),
        "bright": {"min_snr": min_snr, **rates(table[table["snr"] >= min_snr])},
        "by_snr": _by_snr(table),
    }


def _by_snr(table: pd.DataFrame) -> list[dict]:
    """Return `rates` of each bin of `SNR_BINS`; the last has no upper edge."""
    found = []
    for low, high in zip(SNR_BINS, (*SNR_BINS[1:], None), strict=True):
        inside = (table["snr"] >= low) & (table["snr"] < (np.inf if high is None else high))
        found.append({"low": low, "high": high, **rates(table[inside])})
    return found


def rates(table: pd.DataFrame) -> dict:
    """Return false-positive rates and accuracies of labelled spectra, proportions each.

    Returns
    -------
    dict
        n; called_o: of F, G, K, M, of A and of all that is known to be no O; called_o_kept: the
        same when outliers do not count as O; accuracy, of F, G, K (fgk) and of A to M (a_to_m),
        strict and tolerant of `NEIGHBOUR`.
    """
    groups = {
        "fgkm": table["true"].isin(COOL),
        "a": table["true"] == "A",
        "not_o": ~table["true"].isin(("O", "UNKNOWN")),
    }
    called_o = table["called"] == "O"
    kept = called_o & ~table["outlier"].fillna(False).astype(bool)
    right = table["called"] == table["true"]
    near = right | (table["called"] == table["subclass"].map(_neighbour))
    found = {
        "n": len(table),
        "called_o": {name: _share(called_o, of) for name, of in groups.items()},
        "called_o_kept": {name: _share(kept, of) for name, of in groups.items()},
        "accuracy": {},
    }
    for name, members in (("fgk", LATE), ("a_to_m", ALL)):
        of = table["true"].isin(members)
        found["accuracy"][name] = {"strict": _share(right, of), "tolerant": _share(near, of)}
    return found


def most_o_like(table: pd.DataFrame, n: int = N_MOST_O_LIKE) -> list[int]:
    """Return the places of the n spectra known to be no O that have the greatest p_O, in order."""
    known = table[~table["true"].isin(("O", "UNKNOWN"))].reset_index()
    return known.sort_values("p_O", ascending=False, kind="stable")["index"].head(n).tolist()


def _of_class(table: pd.DataFrame, classes: Sequence[str]) -> dict:
    o = table["called"] == "O"
    outlier = table["outlier"].fillna(False).astype(bool)
    every = pd.Series(True, table.index)
    return {
        "n": len(table),
        "called": {name: int((table["called"] == name).sum()) for name in classes},
        "called_o": _share(o, every),
        "called_o_kept": _share(o & ~outlier, every),
        "outliers": _share(outlier, every),
    }


def _share(hits: pd.Series, of: pd.Series) -> dict:
    return proportion(int((hits & of).sum()), int(of.sum()))


def _neighbour(subclass: str) -> str | None:
    """Return the class that a subclass at an edge may be called as well."""
    found = re.match(r"[dg]?([FGK]\d)(?![\d.])", subclass.strip())
    return NEIGHBOUR.get(found[1]) if found else None


def _in_order(true: pd.Series) -> list[str]:
    """Return the true classes that there are, O to M first."""
    there = set(true)
    stars = [name for name in "OBAFGKM" if name in there]
    return stars + sorted(there - set(stars))
