"""The two studies beside Figure 7: few O spectra to learn from, and other networks."""

import statistics
from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from lcgan.report import drawing
from lcgan.report.results import LABEL
from lcgan.scores import equal_alarms
from lcgan.scores.benefit import Fitted, Scene
from lcgan.scores.equal_alarms import EQUAL_FPR
from lcgan.trials.comparison import PROTOCOL
from lcgan.trials.drawn import write_drawn
from lcgan.trials.keep import DONE, Kept
from lcgan.trials.plan import Trial

#: Words for the networks.
NETWORK_LABEL = {
    "": "whole",
    "no_attention": "no attention",
    "no_residual": "no shortcuts",
    "blocks_6": "6 of 8 blocks",
    "blocks_4": "4 of 8 blocks",
}
_MARKS = "oDs^vP*X"
_EQUAL = f"Where each fit may call {100 * EQUAL_FPR:g} % of F, G and K O"


def recall_at_equal_alarms(kept: Kept, scene: Scene) -> Callable[[Trial], float | None]:
    """Return what tells a trial's O recall where it may call a share `EQUAL_FPR` of F, G, K O.

    None where there are no O spectra or no others.
    """
    positives, negatives = (list(of[PROTOCOL]) for of in (scene.positives, scene.negatives))

    def recall(trial: Trial) -> float | None:
        if not positives or not negatives:
            return None
        fit = Fitted.of(kept.answers(trial), trial.form, trial.iteration, trial.seed)
        return equal_alarms.recall(fit.told(positives, negatives), EQUAL_FPR)

    return recall


def few(records: Mapping[Trial, Mapping], at_equal_alarms: Callable, n_all: int) -> pd.DataFrame:
    """Return recall against the number of O spectra to learn from, of the forms studied so.

    Parameters
    ----------
    records : dict
        Trial → its record, as `lcgan.trials.keep.record_of` returns it.
    at_equal_alarms : callable
        See `recall_at_equal_alarms`.
    n_all : int
        O spectra of Data set 1.

    Returns
    -------
    DataFrame
        `form`, `iteration` (0 without a GAN), `n_o`, `repeats`, and of the recall on the
        leakage-free set, by the most probable class, the median, least and greatest: `recall`,
        `low`, `high`, with `n` (spectra); `fpr_fgk`, the median. Where each fit may call a share
        `EQUAL_FPR` of F, G and K O, its mean, least and greatest: `recall_at_fpr`, `low_at_fpr`,
        `high_at_fpr`.
    """
    whole = _done(one for one in records.items() if not one[0].network)
    return _table(_grouped(whole, "n_o", n_all), ("form", "iteration", "n_o"), at_equal_alarms)


def networks(records: Mapping[Trial, Mapping], at_equal_alarms: Callable) -> pd.DataFrame:
    """Return recall of the whole network and of those without some of its parts.

    Returns
    -------
    DataFrame
        `form`, `iteration`, `network` (empty: the whole), and the columns that `few` has.
    """
    done = _done(one for one in records.items() if not one[0].n_o)
    return _table(_grouped(done, "network", ""), ("form", "iteration", "network"), at_equal_alarms)


def _done(records) -> dict[Trial, Mapping]:
    """Return the fits of the trials that have ended well."""
    return {trial: record["fit"] for trial, record in records if record["status"] == DONE}


def _grouped(fits: Mapping[Trial, Mapping], by: str, of_whole: int | str) -> dict[tuple, dict]:
    """Return the fits by form, iteration and the trial's `by`, of the forms that vary in it."""
    studied = {(trial.form, trial.iteration) for trial in fits if getattr(trial, by)}
    groups: dict[tuple, dict] = {}
    for trial, fit in fits.items():
        if (trial.form, trial.iteration) in studied:
            key = trial.form, trial.iteration or 0, getattr(trial, by) or of_whole
            groups.setdefault(key, {})[trial] = fit
    return groups


def _table(
    groups: Mapping[tuple, Mapping], names: tuple[str, ...], at_equal_alarms: Callable
) -> pd.DataFrame:
    rows = []
    for key, fits in groups.items():
        of = [fit["protocols"][PROTOCOL] for fit in fits.values()]
        rates = [one["recall"]["rate"] for one in of if one["recall"]["rate"] is not None]
        if not rates:
            continue
        row = dict(zip(names, key, strict=True)) | {"repeats": len(fits)}
        row |= {"recall": statistics.median(rates), "low": min(rates), "high": max(rates)}
        row |= {"n": of[0]["recall"]["n"]}
        row |= {"fpr_fgk": statistics.median(one["fpr_fgk"]["rate"] for one in of)}
        equal = [found for trial in fits if (found := at_equal_alarms(trial)) is not None]
        if equal:
            row |= {"recall_at_fpr": statistics.mean(equal)}
            row |= {"low_at_fpr": min(equal), "high_at_fpr": max(equal)}
        rows.append(row)
    columns = [*names, "repeats", "recall", "low", "high", "n", "fpr_fgk"]
    columns += ["recall_at_fpr", "low_at_fpr", "high_at_fpr"]
    return pd.DataFrame(rows, columns=columns).sort_values(list(names), ignore_index=True)


def write(folder: Path, efficiency: pd.DataFrame, ablation: pd.DataFrame) -> list[Path]:
    """Write few.csv and .png, networks.csv and .png, of what there is; return the paths."""
    tables = {"few": (efficiency, few_figure), "networks": (ablation, networks_figure)}
    return write_drawn(folder, tables)


def few_figure(table: pd.DataFrame):
    """Draw recall at equal alarms, by the most probable class, and false alarms, against n_o."""
    figure = drawing.new_figure(13.5, 4.4)
    equal, by_class, alarms = figure.subplots(1, 3, sharex=True)
    forms = list(dict.fromkeys(table["form"]))
    for step, form in enumerate(forms):
        own, colour = table[table["form"] == form], drawing.COLOUR.get(form, f"C{step}")
        line = {
            "color": colour,
            "marker": _MARKS[step % len(_MARKS)],
            "label": LABEL.get(form, form),
        }
        x = own["n_o"] * 1.02 ** (step - len(forms) / 2)
        for axis, end in ((equal, "_at_fpr"), (by_class, "")):
            axis.vlines(x, 100 * own[f"low{end}"], 100 * own[f"high{end}"], color=colour, lw=1)
            axis.plot(x, 100 * own[f"recall{end}"], "-", **line)
        alarms.plot(x, 100 * own["fpr_fgk"], "-", **line)
    ticks = sorted(table["n_o"].unique())
    for axis in (equal, by_class, alarms):
        axis.set_xscale("log")
        axis.set_xticks(ticks, [str(tick) for tick in ticks])
        axis.minorticks_off()
        axis.set_xlabel("O spectra to learn from")
    by_class.sharey(equal)
    equal.set_ylabel(f"O recall, leakage-free, % (N = {table['n'].max()})")
    equal.set_title(_EQUAL)
    by_class.set_title("By the most probable class")
    alarms.set_title("Held-out F, G, K called O, %")
    alarms.set_ylim(bottom=0)
    handles = equal.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=6, fontsize=8.5)
    return figure


def networks_figure(table: pd.DataFrame):
    """Draw recall of the whole network beside those without some of its parts."""
    names = [name for name in NETWORK_LABEL if name in set(table["network"])][::-1]
    forms = list(dict.fromkeys(table["form"]))
    height = 1.6 + max(0.4, 0.16 * len(forms)) * len(names)
    figure = drawing.new_figure(11.0, height)
    equal, by_class = figure.subplots(1, 2, sharey=True, sharex=True)
    spread = min(0.8, 0.12 * len(forms))
    for step, form in enumerate(forms):
        own, colour = table[table["form"] == form], drawing.COLOUR.get(form, f"C{step}")
        mark = {"marker": _MARKS[step % len(_MARKS)], "label": LABEL.get(form, form)}
        y = own["network"].map(names.index) + spread * ((step + 0.5) / len(forms) - 0.5)
        for axis, end in ((equal, "_at_fpr"), (by_class, "")):
            axis.hlines(y, 100 * own[f"low{end}"], 100 * own[f"high{end}"], color=colour, lw=1.2)
            axis.plot(100 * own[f"recall{end}"], y, color=colour, ls="none", **mark)
    equal.set_yticks(range(len(names)), [NETWORK_LABEL[name] for name in names])
    equal.set_title(_EQUAL)
    by_class.set_title("By the most probable class")
    for axis in (equal, by_class):
        axis.set_xlabel(f"O recall, leakage-free, % (N = {table['n'].max()})")
        axis.grid(axis="y", visible=False)
    handles = equal.get_legend_handles_labels()
    figure.legend(*handles, loc="outside lower center", ncols=6, fontsize=8.5)
    return figure
