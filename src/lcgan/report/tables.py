"""The tables: Table 2 with its controls, Figure 7's points, the recognition table, the sizes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lcgan.params import ARM_OF, Params
from lcgan.report import paper
from lcgan.report.results import (
    FORMS,
    GANS,
    NETWORK_FORMS,
    PROTOCOLS,
    Proportion,
    Results,
    rate,
)

#: Fidelity measures, which noise fails (see lcgan.scores): name → digits after the point.
FIDELITY = ("median_rms", "std_ratio_median", "std_ratio_above_half")
_TABLE_2_SCORES = ("gan_train", "gan_train_leakage_free", "gan_test")
#: Row of Table 2's controls → its columns and the control each holds.
CONTROLS = {
    "white noise": {"gan_train": "gan_train_white_noise", "gan_test": "gan_test_white_noise"},
    "real O, unseen": {"gan_test": "gan_test_unseen_real"},
    "real F": {"gan_test": "gan_test_real_f"},
    "training set duplicated": {
        "gan_train": "gan_train_duplicated",
        "gan_train_leakage_free": "gan_train_duplicated_leakage_free",
    },
}


#: Column of Figure 7's points → its least, greatest and 95 % interval.
FIGURE_7_RANGES = {
    "recall": ("low", "high", "wilson_low", "wilson_high"),
    "recall_leakage_free": (
        "leakage_free_low",
        "leakage_free_high",
        "leakage_free_wilson_low",
        "leakage_free_wilson_high",
    ),
}
#: Column of Figure 7's points → that of the number of spectra behind it.
FIGURE_7_N = {"recall": "n", "recall_leakage_free": "leakage_free_n"}


def table2(results: Results) -> pd.DataFrame:
    """Return Table 2 with its controls, one row per thing scored.

    Returns
    -------
    DataFrame
        `model`, `row` (mean, spread, paper, checkpoint, or a control's name), `iteration` (of a
        checkpoint), then the shares `gan_train`, `gan_train_leakage_free`, `gan_test`, each with
        `_k`, `_n`, `_low`, `_high` where it was counted and not averaged, and the fidelity
        measures. Of the paper only `gan_train` and `gan_test` exist, on other data.
    """
    rows = []
    for model in GANS:
        gan = results.gans[model]
        for name, key in (("mean", "mean"), ("spread", "std")):
            values = {column: gan[key].get(column) for column in (*_TABLE_2_SCORES, *FIDELITY)}
            rows.append({"model": model, "row": name} | values)
        if model in paper.TABLE_2:
            rows.append({"model": model, "row": "paper"} | paper.TABLE_2[model])
        for checkpoint in gan["checkpoints"]:
            row = {"model": model, "row": "checkpoint", "iteration": checkpoint["iteration"]}
            for column in _TABLE_2_SCORES:
                row |= columns(column, checkpoint[column])
            rows.append(row | {column: checkpoint[column] for column in FIDELITY})
        for name, controls in CONTROLS.items():
            row = {"model": model, "row": name}
            for column, control in controls.items():
                row |= columns(column, gan["controls"][control])
            rows.append(row)
    parts = [f"{column}{end}" for column in _TABLE_2_SCORES for end in _ENDS]
    frame = pd.DataFrame(rows, columns=["model", "row", "iteration", *parts, *FIDELITY])
    whole = ["iteration", *(name for name in parts if name.endswith(("_k", "_n")))]
    return frame.astype({name: "Int64" for name in whole})


def figure7(results: Results) -> pd.DataFrame:
    """Return Figure 7's points of every form of training, see `figure7_points`."""
    return figure7_points({name: results.form(name) for name in FORMS})


def figure7_points(forms: Mapping[str, Mapping]) -> pd.DataFrame:
    """Return Figure 7's points: O recall over GAN checkpoints.

    Parameters
    ----------
    forms : dict of dict
        By form of training: `fits`, a record of each, and `best_iteration`, chosen on the
        selection set.

    Returns
    -------
    DataFrame
        `form`, `iteration` (0 where no GAN was used), `repeats`; `recall` on Data set 2, median
        over the repeats, with `low` and `high` (least and greatest repeat), `wilson_low` and
        `wilson_high` (95 % interval of the repeat in the middle) and `n` (spectra);
        `recall_leakage_free` with the same five, each beginning `leakage_free_`; `fpr_fgk`
        (median) and `chosen` (on the selection set).
    """
    rows = []
    for name, form in forms.items():
        for iteration in sorted({fit["iteration"] for fit in form["fits"]}, key=lambda i: i or 0):
            fits = [fit["protocols"] for fit in form["fits"] if fit["iteration"] == iteration]
            row = {"form": name, "iteration": iteration or 0, "repeats": len(fits)}
            for measure, protocol in (("recall", "paper"), ("recall_leakage_free", "leakage_free")):
                shares = sorted((fit[protocol]["recall"] for fit in fits), key=rate)
                middle = shares[(len(shares) - 1) // 2]
                row[measure] = np.median([rate(share) for share in shares])
                values = rate(shares[0]), rate(shares[-1]), middle["low"], middle["high"]
                row |= dict(zip(FIGURE_7_RANGES[measure], values, strict=True))
                row[FIGURE_7_N[measure]] = middle["n"]
            row["fpr_fgk"] = np.median([rate(fit["paper"]["fpr_fgk"]) for fit in fits])
            rows.append(row | {"chosen": iteration == form["best_iteration"]})
    return pd.DataFrame(rows)


def figure7_plot(points: pd.DataFrame) -> pd.DataFrame:
    """Return Figure 7 as `dvc plots` draws it: a row per `iteration`, a column per form."""
    wide = points.pivot(index="iteration", columns="form", values="recall")
    return wide.reindex(columns=list(FORMS)).reset_index()


def losses_plot(results: Results) -> pd.DataFrame:
    """Return early-stopping losses as `dvc plots` draws them: a row per `epoch`, a column per form.

    Each is the median over the repeats, still running at that epoch, at the chosen checkpoint.
    """
    columns = {}
    for name in NETWORK_FORMS:
        curves = results.curves[ARM_OF[name]]
        chosen = results.form(name)["best_iteration"] or 0
        own = curves[(curves["form"] == name) & (curves["iteration"] == chosen)]
        columns[name] = own.groupby("epoch")["early_stop_loss"].median()
    return pd.DataFrame(columns).rename_axis("epoch").reset_index()


def recognition(results: Results) -> pd.DataFrame:
    """Return the recognition table: each form's median fit under the three protocols.

    Returns
    -------
    DataFrame
        `form`, `protocol`, `iteration` (of the GAN, chosen on the selection set), `repeats`; O
        recall and the false-positive rate on F, G, K, each with `_k`, `_n`, `_low`, `_high`
        (Wilson 95 %); `recall_least` and `recall_greatest` over the repeats; `macro_f1`;
        `paper_recall`, the paper's figure, on other data, beside the paper's own protocol.
    """
    rows = []
    for name in FORMS:
        for protocol in PROTOCOLS:
            scores = results.scores(name, protocol)
            fits = results.fits_chosen(name)
            rates = [rate(fit["protocols"][protocol]["recall"]) for fit in fits]
            row = {"form": name, "protocol": protocol}
            row |= {"iteration": results.form(name)["best_iteration"], "repeats": len(fits)}
            row |= columns("recall", scores["recall"])
            row |= {"recall_least": min(rates), "recall_greatest": max(rates)}
            row |= columns("fpr_fgk", scores["fpr_fgk"]) | {"macro_f1": scores["macro_f1"]}
            row["paper_recall"] = paper.RECALL.get(ARM_OF[name]) if protocol == "paper" else None
            rows.append(row)
    return pd.DataFrame(rows).astype({"iteration": "Int64"})


def sizes(this: Params, default: Params, full: Params) -> list[dict[str, str]]:
    """Return the sizes of this run beside both scales' and the paper's.

    Parameters
    ----------
    this, default, full : Params
        What ran, the scale `default`, the scale `paper`.

    Returns
    -------
    list of dict
        `what`, `this`, `default`, `full`, `paper`, as printed.
    """
    scales = {"this": this, "default": default, "full": full}
    rows = []
    for number in range(1, 6):
        name = f"data_set_{number}"
        row = {key: _counts(getattr(one.datasets, name)) for key, one in scales.items()}
        rows.append({"what": f"Data set {number}", **row, "paper": _counts(paper.TABLE_1[name])})
    for name, what in (
        ("held_out", "Held out, negatives"),
        ("unseen_stars", "Whole stars kept out"),
    ):
        row = {key: _counts(getattr(one.datasets, name)) for key, one in scales.items()}
        rows.append({"what": what, **row, "paper": paper.SIZES[name]})
    for name, what, value in _TRAINING:
        row = {key: value(one) for key, one in scales.items()}
        rows.append({"what": what, **row, "paper": paper.SIZES[name]})
    return rows


def _of_gans(read) -> str:
    """Return all GANs' numbers as printed, once where they are the same."""
    numbers = [read(model) for model in GANS]
    return numbers[0] if len(set(numbers)) == 1 else " · ".join(numbers)


#: The GANs as their numbers are ordered.
_NAMES = "LCGAN · SGAN · LCGAN+"
_TRAINING = (
    (
        "iterations",
        f"Generator steps, {_NAMES}",
        lambda one: _of_gans(lambda model: f"{getattr(one.train_gan, model).iterations:,}"),
    ),
    (
        "checkpoints",
        f"Checkpoints scored, {_NAMES}",
        lambda one: _of_gans(lambda model: str(len(getattr(one.train_gan, model).checkpoints))),
    ),
    (
        "n_generated",
        "Spectra generated at each",
        lambda one: _of_gans(lambda model: f"{getattr(one.train_gan, model).n_generated:,}"),
    ),
    (
        "carried",
        f"Checkpoints carried to recognition, {_NAMES}",
        lambda one: _of_gans(lambda model: str(len(one.train_classifier.checkpoints[model]))),
    ),
    ("repeats", "Fits per checkpoint", lambda one: str(one.train_classifier.repeats)),
    ("blocks", "Blocks of the network", lambda one: str(one.train_classifier.blocks)),
    ("max_epochs", "Epochs, at most", lambda one: str(one.train_classifier.max_epochs)),
)
_ENDS = ("", "_k", "_n", "_low", "_high")


def _counts(counts: dict[str, int]) -> str:
    """Return class counts as printed: once with the classes where all are the same."""
    if len(set(counts.values())) == 1:
        number = f"{next(iter(counts.values())):,}"
        return (
            f"{number} {next(iter(counts))}"
            if len(counts) == 1
            else (f"{number} each of {', '.join(counts)}")
        )
    return ", ".join(f"{number:,} {name}" for name, number in counts.items())


def columns(name: str, share: Proportion) -> dict[str, float | int | None]:
    """Return a proportion as five columns of a row."""
    keys = ("rate", "k", "n", "low", "high")
    return {f"{name}{end}": share[key] for end, key in zip(_ENDS, keys, strict=True)}
