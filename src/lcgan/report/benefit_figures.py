"""What LCGAN's spectra gain, and where each form of training recalls O stars."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lcgan.report import paper
from lcgan.report.answer import OURS, PROTOCOL
from lcgan.report.drawing import COLOUR, INK, MUTED, NONE, PAPER, new_figure
from lcgan.report.results import LABEL, Results

TITLES = {
    "benefit": "O recall with LCGAN less that of every other form, with paired intervals",
    "operating": "O recall of each form at given false-positive rates",
    "recall_against": "O recall of each form against S/N, extinction and subtype",
}
#: Forms of the figure against S/N and so on: at most these, so that it can be read.
SHOWN = ("none_duplicated", "lcgan", "sgan", "lcgan_plus", "equivalent_widths", "templates")
_MARK = {"none_duplicated": "o", "lcgan": "D", "sgan": "s", "lcgan_plus": "P"}
_MARK |= {"equivalent_widths": "^", "templates": "v"}
AXES = {"snr": "S/N per pixel in g", "ebv": "E(B−V), mag", "subtype": "subtype"}


def draw(results: Results) -> dict:
    """Return the figures by name; that against S/N and so on where something is known."""
    figures = {"benefit": benefit(results), "operating": operating_figure(results.operating)}
    if results.against:
        figures["recall_against"] = recall_against(results.against)
    return figures


def benefit(results: Results):
    """Draw LCGAN less each other form, at equal false alarms and by the most probable class."""
    names = [name for name in results.compared(PROTOCOL) if name != OURS]
    found = [results.difference(name, PROTOCOL) for name in names]
    n, stars = found[0]["n"], found[0]["n_stars"]
    figure = new_figure(10.5, 1.3 + 0.42 * len(names))
    axes = figure.subplots(1, 2, sharey=True)
    ways = (
        ("_at_fpr", f"at equal false alarms (N = {n} of {stars} stars)"),
        ("", "by the most probable class"),
    )
    for axis, (at, title) in zip(axes, ways, strict=True):
        for place, (name, row) in enumerate(zip(names[::-1], found[::-1], strict=True)):
            if row[f"how{at}"] == "unknown":
                continue
            colour = COLOUR.get(name, NONE)
            kinds = ("star_low", "star_high", "low", "high", "difference")
            *ends, middle = (100 * row[f"{kind}{at}"] for kind in kinds)
            axis.plot(ends[:2], [place, place], color=colour, lw=1)
            axis.plot(ends[2:], [place, place], color=colour, lw=5, alpha=0.4)
            axis.plot([middle], [place], "o", color=colour, ms=7)
            if not at and name in paper.GAIN:
                axis.plot([100 * paper.GAIN[name]], [place], "|", color=PAPER, ms=15, mew=2)
        axis.axvline(0, color=INK, lw=0.9)
        axis.set_title(title)
        axis.set_xlabel("O recall, LCGAN − the other, points")
        axis.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(names)), [f"against {LABEL[name]}" for name in names[::-1]])
    axes[0].tick_params(axis="y", length=0)
    axes[0].set_ylim(-0.6, len(names) - 0.4)
    return figure


def operating_figure(table: pd.DataFrame):
    """Draw recall at each false-positive rate, leakage-free; hollow where it cannot be bounded.

    Parameters
    ----------
    table : DataFrame
        As `lcgan.scores.benefit.operating_points` returns it.
    """
    rows = table[table["protocol"] == "leakage_free"]
    rates = sorted(rows["fpr"].unique(), reverse=True)
    names = list(dict.fromkeys(rows["form"]))
    figure = new_figure(10.5, 1.3 + 0.36 * len(names))
    axes = figure.subplots(1, len(rates), sharey=True, squeeze=False)[0]
    for axis, rate in zip(axes, rates, strict=True):
        of = rows[rows["fpr"] == rate].set_index("form")
        for place, name in enumerate(names[::-1]):
            row, colour = of.loc[name], COLOUR.get(name, NONE)
            if row["recall"] is None or np.isnan(row["recall"]):
                continue
            axis.plot(
                [100 * row["recall_low"], 100 * row["recall_high"]], [place] * 2, color=colour
            )
            others = [100 * row["recall_least"], 100 * row["recall_greatest"]]
            axis.plot(others, [place] * 2, "|", color=colour, ms=6)
            fill = colour if row["bounded"] else "none"
            axis.plot([100 * row["recall"]], [place], "o", color=colour, mfc=fill, ms=7)
        n = int(of["n_negatives"].iloc[0])
        axis.set_title(f"{100 * rate:g} % of {n:,} F, G, K let through")
        axis.set_xlim(-2, 102)
        axis.set_xlabel("O recall, %")
        axis.grid(axis="y", visible=False)
    axes[0].set_yticks(range(len(names)), [LABEL[name] for name in names[::-1]])
    axes[0].tick_params(axis="y", length=0)
    return figure


def recall_against(against: Mapping[str, list[dict]]):
    """Draw recall in bins of S/N, extinction and subtype.

    Parameters
    ----------
    against : dict of list of dict
        By quantity, bins as `lcgan.scores.conditions.recall_by` returns them: `label`, `n`, and
        `recall`, by form a proportion.
    """
    figure = new_figure(12.5, 4.2)
    axes = figure.subplots(1, len(against), sharey=True, squeeze=False)[0]
    for axis, (quantity, bins) in zip(axes, against.items(), strict=True):
        forms = [name for name in SHOWN if name in bins[0]["recall"]]
        for step, name in enumerate(forms):
            shift = 0.7 * ((step + 0.5) / len(forms) - 0.5)
            x = np.arange(len(bins)) + shift
            shares = [one["recall"][name] for one in bins]
            y = [np.nan if share["rate"] is None else 100 * share["rate"] for share in shares]
            for at, share in zip(x, shares, strict=True):
                if share["n"]:
                    ends = [100 * share["low"], 100 * share["high"]]
                    axis.plot([at, at], ends, color=COLOUR.get(name, NONE), lw=1, alpha=0.7)
            axis.plot(x, y, _MARK[name], color=COLOUR.get(name, NONE), ms=5, label=LABEL[name])
        labels = [f"{one['label']}\nN = {one['n']}" for one in bins]
        axis.set_xticks(range(len(bins)), labels, fontsize=8)
        axis.set_xlabel(AXES[quantity])
        axis.set_ylim(-3, 103)
        for edge in np.arange(len(bins) - 1) + 0.5:
            axis.axvline(edge, color=MUTED, lw=0.5, ls=(0, (1, 3)))
        axis.grid(axis="x", visible=False)
    axes[0].set_ylabel("O recall, %")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=6, fontsize=8.5)
    return figure
