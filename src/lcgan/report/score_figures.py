"""Scores: recall with its intervals, GAN-train and GAN-test, confusion matrices."""

import numpy as np

from lcgan.params import ARM_OF
from lcgan.report import paper
from lcgan.report.drawing import COLOUR, INK, LCGAN, MUTED, NONE, PAPER, SHEET, new_figure
from lcgan.report.results import (
    CLASSES,
    FORMS,
    GANS,
    LABEL,
    NONE_FORMS,
    PROTOCOLS,
    Results,
    rate,
)

#: Points of the forest plot: protocol → vertical shift and marker.
_SHIFT = {"leakage_free": (0.0, "o"), "paper": (0.24, "D"), "unseen_stars": (-0.24, "s")}


def recall_and_alarms(results: Results):
    """Draw O recall under the three protocols beside the false-positive rate, per form."""
    figure = new_figure(10.5, 1.6 + 0.6 * len(FORMS))
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=[5, 3])
    places = {name: len(FORMS) - 1 - step for step, name in enumerate(FORMS)}
    for name, place in places.items():
        for protocol, (shift, marker) in _SHIFT.items():
            filled = protocol == "leakage_free"
            share = results.recall(name, protocol)
            _interval(left, share, place + shift, COLOUR[name], marker, filled)
            if filled:
                share = results.scores(name, protocol)["fpr_fgk"]
                _interval(right, share, place, COLOUR[name], "o", True)
        claim = paper.RECALL.get(ARM_OF[name])
        if claim is not None and name not in NONE_FORMS[1:]:
            left.plot([100 * claim], [place + 0.24], "|", color=PAPER, ms=13, mew=2)
    left.set_yticks(list(places.values()), [LABEL[name] for name in places])
    left.tick_params(axis="y", length=0)
    left.grid(axis="y", visible=False)
    right.grid(axis="y", visible=False)
    left.set_xlim(-2, 102)
    right.set_xlim(left=0)
    left.set_xlabel("O recall, % (Wilson 95 %)")
    right.set_xlabel("held-out F, G, K called O, % (Wilson 95 %)")
    left.set_title("O spectra recalled")
    right.set_title("False alarms")
    _legend(left)
    return figure


def gan_scores(results: Results):
    """Draw GAN-train and GAN-test at every checkpoint, their means and controls."""
    figure = new_figure(10.5, 4.0)
    axes = figure.subplots(1, 2, sharex=True)
    scores = (("gan_train", "GAN-train"), ("gan_test", "GAN-test"))
    for axis, (score, title) in zip(axes, scores, strict=True):
        rows = _score_rows(results, score)
        for place, (_, colour, values, mean, claim) in enumerate(rows[::-1]):
            axis.plot(values, [place] * len(values), "o", color=colour, ms=6, alpha=0.35, mew=0)
            axis.plot([mean], [place], "o", color=colour, ms=8)
            if claim is not None:
                axis.plot([100 * claim], [place], "|", color=PAPER, ms=15, mew=2)
        axis.set_yticks(range(len(rows)), [row[0] for row in rows[::-1]])
        axis.tick_params(axis="y", length=0)
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.grid(axis="y", visible=False)
        axis.axhline(len(rows) - len(GANS) - 0.5, color=MUTED, lw=0.8, ls=(0, (2, 3)))
        axis.set_xlim(-3, 103)
        axis.set_title(title)
        axis.set_xlabel("called O, %")
    return figure


def confusion_matrices(results: Results):
    """Draw each form's confusion matrix, the leakage-free protocol above, unseen stars below."""
    protocols = ("leakage_free", "unseen_stars")
    figure = new_figure(12.5, 5.9)
    axes = figure.subplots(len(protocols), len(FORMS), squeeze=False)
    for row, protocol in zip(axes, protocols, strict=True):
        for axis, name in zip(row, FORMS, strict=True):
            _matrix(axis, np.array(results.scores(name, protocol)["confusion"]), COLOUR[name])
            axis.set_title(LABEL[name], fontsize=9.5)
        row[0].set_ylabel(f"{PROTOCOLS[protocol]}\ntrue class", fontsize=9.5)
    for axis in axes[-1]:
        axis.set_xlabel("called")
    return figure


def _interval(axis, share: dict, place: float, colour: str, marker: str, filled: bool) -> None:
    """Draw a share with its Wilson interval; nothing where there was nothing to count."""
    if not share["n"]:
        return
    low, high = 100 * share["low"], 100 * share["high"]
    axis.plot([low, high], [place, place], color=colour, lw=2.2 if filled else 1.0)
    face = colour if filled else SHEET
    axis.plot(
        [100 * share["rate"]],
        [place],
        marker,
        color=colour,
        mfc=face,
        ms=8 if filled else 5.5,
        mew=1.2,
    )


def _legend(axis) -> None:
    """Name the three protocols and the paper's mark, below the panel."""
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], color=INK, marker=marker, mfc=INK if name == "leakage_free" else SHEET)
        for name, (_, marker) in _SHIFT.items()
    ]
    marks.append(Line2D([], [], color=PAPER, marker="|", ls="", ms=12, mew=2))
    names = [PROTOCOLS[name] for name in _SHIFT] + ["the paper, on other data"]
    axis.figure.legend(marks, names, loc="outside lower center", ncols=4, fontsize=9)


def _score_rows(results: Results, score: str) -> list[tuple]:
    """Return label, colour, values in %, their mean, the paper's: the GANs, then the controls."""
    rows = []
    for model in GANS:
        gan = results.gans[model]
        values = [100 * rate(checkpoint[score]) for checkpoint in gan["checkpoints"]]
        mean = 100 * gan["mean"][score]
        claim = paper.TABLE_2.get(model, {}).get(score)
        rows.append((LABEL[model], COLOUR[model], values, mean, claim))
    controls = {
        "gan_train": {
            "white noise": "gan_train_white_noise",
            "training set\nduplicated": "gan_train_duplicated",
        },
        "gan_test": {
            "white noise": "gan_test_white_noise",
            "real O, unseen": "gan_test_unseen_real",
            "real F": "gan_test_real_f",
        },
    }[score]
    for label, key in controls.items():
        value = 100 * rate(results.gans["lcgan"]["controls"][key])
        rows.append((label, NONE, [], value, None))
    return rows


def _matrix(axis, counts: np.ndarray, colour: str) -> None:
    """Draw one confusion matrix: count in each cell, tint by the share of the true class."""
    from matplotlib.patches import Rectangle

    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.zeros(counts.shape), where=totals > 0)
    tint = colour if colour != NONE else LCGAN
    for (row, column), count in np.ndenumerate(counts):
        alpha = 0.04 + 0.5 * float(shares[row, column])
        axis.add_patch(Rectangle((column, row), 0.96, 0.96, fc=tint, alpha=alpha, lw=0))
        weight = "bold" if row == column else "normal"
        axis.text(
            column + 0.48,
            row + 0.48,
            f"{count}",
            ha="center",
            va="center",
            fontsize=8.5,
            fontweight=weight,
        )
    axis.set_xlim(0, 4)
    axis.set_ylim(4, 0)
    axis.set_aspect("equal")
    axis.set_xticks([0.48, 1.48, 2.48, 3.48], CLASSES)
    axis.set_yticks([0.48, 1.48, 2.48, 3.48], CLASSES)
    axis.tick_params(length=0)
    axis.grid(False)
    for spine in axis.spines.values():
        spine.set_visible(False)
