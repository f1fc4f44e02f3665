"""The paper's Figure 7: O recall over the checkpoints of each GAN."""

import numpy as np
import pandas as pd

from lcgan.report import paper
from lcgan.report.drawing import COLOUR, INK, NONE, PAPER, new_figure
from lcgan.report.results import GANS, LABEL, NONE_FORMS
from lcgan.report.tables import FIGURE_7_N, FIGURE_7_RANGES

#: Figure 7's two rows.
_MEASURES = {"recall": "Data set 2", "recall_leakage_free": "Data set 2 less Data set 1"}


def figure_7(points: pd.DataFrame):
    """Draw O recall over GAN checkpoints (the paper's Figure 7), all of Data set 2 and its part.

    Parameters
    ----------
    points : DataFrame
        As `lcgan.report.tables.figure7` returns it.
    """
    drawn = [model for model in GANS if model in set(points["form"])]
    figure = new_figure(10.5, 7.0)
    axes = figure.subplots(2, max(1, len(drawn)), sharex="col", sharey=True, squeeze=False)
    for column, model in enumerate(drawn or [None]):
        own = points[points["form"] == model]
        for axis, measure in zip(axes[:, column], _MEASURES, strict=True):
            levels = points[points["form"].isin(NONE_FORMS)].set_index("form")[measure]
            _levels(axis, 100 * levels, named=column == axes.shape[1] - 1)
            if model in paper.RECALL and measure == "recall":
                _claim(axis, model)
            n = points[FIGURE_7_N[measure]].max()
            title = f"{_MEASURES[measure]} (N = {n})"
            axis.set_title(f"{LABEL[model]}, {title}" if model else title)
            axis.grid(axis="x", visible=False)
            if model:
                _checkpoints(axis, own, measure, COLOUR[model])
        _iterations(axes[-1, column], own)
    for axis in axes[:, 0]:
        axis.set_ylabel("O recall, %")
        axis.set_ylim(-2, 103)
    return figure


def _levels(axis, levels: pd.Series, named: bool) -> None:
    """Draw the forms without a GAN as level lines, named at the right, names 5 points apart."""
    styles = {"none_as_is": "-", "none_weighted": (0, (5, 2)), "none_duplicated": (0, (1, 1.5))}
    place = -np.inf
    for name, level in levels.sort_values().items():
        axis.axhline(level, color=NONE, lw=1.2, ls=styles[name])
        place = max(level, place + 5)
        if named:
            where = axis.get_yaxis_transform()
            axis.text(1.01, place, LABEL[name], transform=where, va="center", color=NONE)


def _claim(axis, model: str) -> None:
    """Draw the paper's best recall of a model: measured on other data."""
    claim = 100 * paper.RECALL[model]
    axis.axhline(claim, color=PAPER, lw=1.2, ls=(0, (2, 2)))
    axis.annotate(
        f"the paper’s {LABEL[model]}, other data",
        (0, claim),
        xycoords=axis.get_yaxis_transform(),
        xytext=(3, 3),
        textcoords="offset points",
        va="bottom",
        fontsize=8,
        color=PAPER,
    )


def _checkpoints(axis, own: pd.DataFrame, measure: str, colour: str) -> None:
    """Draw the curve: Wilson interval wide and pale, spread of the repeats, median, chosen."""
    low, high, wilson_low, wilson_high = (own[name] for name in FIGURE_7_RANGES[measure])
    x, y = own["iteration"], 100 * own[measure]
    axis.vlines(x, 100 * wilson_low, 100 * wilson_high, color=colour, lw=8, alpha=0.22)
    axis.vlines(x, 100 * low, 100 * high, color=colour, lw=2)
    axis.plot(x, y, "-o", color=colour, ms=7, lw=1.4)
    chosen = own["chosen"]
    axis.plot(x[chosen], y[chosen], "o", ms=14, mfc="none", mec=INK, mew=1)


def _iterations(axis, own: pd.DataFrame) -> None:
    """Mark the checkpoints below a panel, every other one where there are many."""
    iterations = own["iteration"]
    if iterations.empty:
        axis.set_xticks([])
        return
    first, last = iterations.min(), iterations.max()
    span = max(last - first, last / 2)
    axis.set_xlim(first - 0.2 * span, last + 0.2 * span)
    marked = iterations if len(iterations) <= 5 else iterations.iloc[1::2]
    axis.set_xticks(marked, [f"{one:,}" for one in marked])
    few, many = own["repeats"].min(), own["repeats"].max()
    fits = f"{few}" if few == many else f"{few} to {many}"
    axis.set_xlabel(f"GAN iteration, generator steps; {fits} fit{'s' if many > 1 else ''} each")
