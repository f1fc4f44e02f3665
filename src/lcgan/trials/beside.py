"""The two studies beside Figure 7: few O spectra to learn from, and other networks."""

import statistics
from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from lcgan.report import drawing
from lcgan.report.results import LABEL
from lcgan.trials.drawn import write_drawn
from lcgan.trials.keep import DONE

#: Words for the networks.
NETWORK_LABEL = {
    "": "whole",
    "no_attention": "no attention",
    "no_residual": "no shortcuts",
    "blocks_6": "6 of 8 blocks",
    "blocks_4": "4 of 8 blocks",
}
_MARKS = "oDs^vP*X"


def few(records: Iterable[Mapping], n_all: int) -> pd.DataFrame:
    """Return recall against the number of O spectra to learn from, of the forms studied so.

    Parameters
    ----------
    records : iterable of dict
        As `lcgan.trials.keep.record_of` returns them.
    n_all : int
        O spectra of Data set 1.

    Returns
    -------
    DataFrame
        `form`, `iteration` (0 without a GAN), `n_o`, `repeats`, and of the recall on the
        leakage-free set the median, least and greatest: `recall`, `low`, `high`, with `n`
        (spectra); `fpr_fgk`, the median.
    """
    whole = [one for one in records if one["status"] == DONE and not one.get("network")]
    studied = {(one["form"], one["iteration"]) for one in whole if one.get("n_o")}
    groups: dict[tuple, list] = {}
    for one in whole:
        if (one["form"], one["iteration"]) in studied:
            key = one["form"], one["iteration"] or 0, one.get("n_o") or n_all
            groups.setdefault(key, []).append(one["fit"])
    return _table(groups, ("form", "iteration", "n_o"))


def networks(records: Iterable[Mapping]) -> pd.DataFrame:
    """Return recall of the whole network and of those without some of its parts.

    Returns
    -------
    DataFrame
        `form`, `iteration`, `network` (empty: the whole), and the columns that `few` has.
    """
    done = [one for one in records if one["status"] == DONE and not one.get("n_o")]
    studied = {(one["form"], one["iteration"]) for one in done if one.get("network")}
    groups: dict[tuple, list] = {}
    for one in done:
        if (one["form"], one["iteration"]) in studied:
            key = one["form"], one["iteration"] or 0, one.get("network") or ""
            groups.setdefault(key, []).append(one["fit"])
    return _table(groups, ("form", "iteration", "network"))


def _table(groups: Mapping[tuple, list], names: tuple[str, ...]) -> pd.DataFrame:
    rows = []
    for key, fits in groups.items():
        shares = [fit["protocols"]["leakage_free"]["recall"] for fit in fits]
        rates = [share["rate"] for share in shares if share["rate"] is not None]
        if not rates:
            continue
        alarms = [fit["protocols"]["leakage_free"]["fpr_fgk"]["rate"] for fit in fits]
        row = dict(zip(names, key, strict=True)) | {"repeats": len(fits)}
        row |= {"recall": statistics.median(rates), "low": min(rates), "high": max(rates)}
        rows.append(row | {"n": shares[0]["n"], "fpr_fgk": statistics.median(alarms)})
    columns = [*names, "repeats", "recall", "low", "high", "n", "fpr_fgk"]
    return pd.DataFrame(rows, columns=columns).sort_values(list(names), ignore_index=True)


def write(folder: Path, efficiency: pd.DataFrame, ablation: pd.DataFrame) -> list[Path]:
    """Write few.csv and .png, networks.csv and .png, of what there is; return the paths."""
    tables = {"few": (efficiency, few_figure), "networks": (ablation, networks_figure)}
    return write_drawn(folder, tables)


def few_figure(table: pd.DataFrame):
    """Draw recall and false alarms against the number of O spectra to learn from."""
    figure = drawing.new_figure(10.5, 4.2)
    left, right = figure.subplots(1, 2, sharex=True)
    forms = list(dict.fromkeys(table["form"]))
    for step, form in enumerate(forms):
        own, colour = table[table["form"] == form], drawing.COLOUR.get(form, f"C{step}")
        mark = _MARKS[step % len(_MARKS)]
        shift = 1.02 ** (step - len(forms) / 2)
        x = own["n_o"] * shift
        left.vlines(x, 100 * own["low"], 100 * own["high"], color=colour, lw=1)
        left.plot(x, 100 * own["recall"], f"-{mark}", color=colour, label=LABEL.get(form, form))
        right.plot(x, 100 * own["fpr_fgk"], f"-{mark}", color=colour)
    ticks = sorted(table["n_o"].unique())
    for axis in (left, right):
        axis.set_xscale("log")
        axis.set_xticks(ticks, [str(tick) for tick in ticks])
        axis.minorticks_off()
        axis.set_xlabel("O spectra to learn from")
    left.set_ylabel("O recall, %")
    left.set_title(f"Leakage-free (N = {table['n'].max()})")
    right.set_title("Held-out F, G, K called O, %")
    right.set_ylim(bottom=0)
    figure.legend(loc="outside lower center", ncols=4, fontsize=8.5)
    return figure


def networks_figure(table: pd.DataFrame):
    """Draw recall of the whole network beside those without some of its parts."""
    names = [name for name in NETWORK_LABEL if name in set(table["network"])][::-1]
    forms = list(dict.fromkeys(table["form"]))
    figure = drawing.new_figure(8.0, 1.4 + max(0.4, 0.16 * len(forms)) * len(names))
    axis = figure.subplots()
    spread = min(0.8, 0.12 * len(forms))
    for step, form in enumerate(forms):
        own, colour = table[table["form"] == form], drawing.COLOUR.get(form, f"C{step}")
        mark = _MARKS[step % len(_MARKS)]
        y = own["network"].map(names.index) + spread * ((step + 0.5) / len(forms) - 0.5)
        axis.hlines(y, 100 * own["low"], 100 * own["high"], color=colour, lw=1.2)
        axis.plot(100 * own["recall"], y, mark, color=colour, label=LABEL.get(form, form))
    axis.set_yticks(range(len(names)), [NETWORK_LABEL[name] for name in names])
    axis.set_xlabel(f"O recall, leakage-free, % (N = {table['n'].max()}; median, least, greatest)")
    axis.grid(axis="y", visible=False)
    figure.legend(loc="outside lower center", ncols=4, fontsize=8.5)
    return figure
