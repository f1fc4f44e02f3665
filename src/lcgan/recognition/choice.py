"""Choosing among repeats and checkpoints on the selection set, never on the reported one."""

import statistics
from collections.abc import Mapping, Sequence

SCORE = "selection_macro_f1"


def choose(fits: Sequence[Mapping]) -> tuple[int | None, int]:
    """Return the checkpoint that does best on the selection set, and its median fit.

    Parameters
    ----------
    fits : sequence of dict
        Each with iteration, repeat and selection_macro_f1. The selection set is the real O of
        Data set 1 and the real F, G, K that fall in the early-stopping part.

    Returns
    -------
    iteration : int or None
        With the highest median score over its repeats; of equals the earliest.
    index : int
        In `fits`, of the repeat whose score is the (lower) median there; of equals the first.
    """
    by_iteration = _by_iteration(fits)
    best = max(
        by_iteration,
        key=lambda at: statistics.median(fits[i][SCORE] for i in by_iteration[at]),
    )
    ranked = sorted(by_iteration[best], key=lambda i: fits[i][SCORE])
    return best, ranked[(len(ranked) - 1) // 2]


def summarise(fits: Sequence[Mapping]) -> list[dict]:
    """Return, checkpoint by checkpoint, the median and the range over repeats (P9; Figure 7)."""
    rows = []
    for iteration, members in _by_iteration(fits).items():
        of = [fits[i]["protocols"] for i in members]
        recall = [one["paper"]["recall"]["rate"] for one in of]
        row = {
            "iteration": iteration,
            "repeats": len(members),
            "recall_median": statistics.median(recall),
            "recall_low": min(recall),
            "recall_high": max(recall),
        }
        for protocol in ("leakage_free", "unseen_stars"):
            rates = [one[protocol]["recall"]["rate"] for one in of]
            rates = [rate for rate in rates if rate is not None]
            row[f"recall_{protocol}_median"] = statistics.median(rates) if rates else None
        row["fpr_fgk_median"] = statistics.median(one["paper"]["fpr_fgk"]["rate"] for one in of)
        row["macro_f1_median"] = statistics.median(one["paper"]["macro_f1"] for one in of)
        rows.append(row)
    return rows


def _by_iteration(fits: Sequence[Mapping]) -> dict[int | None, list[int]]:
    """Return the indices of the fits of each checkpoint, in the order of the checkpoints."""
    found: dict[int | None, list[int]] = {}
    for index, fit in enumerate(fits):
        found.setdefault(fit["iteration"], []).append(index)
    return dict(sorted(found.items(), key=lambda pair: pair[0] or 0))
