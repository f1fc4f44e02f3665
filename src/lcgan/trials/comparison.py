"""A study's forms of training beside one another: paired differences, and recall at given rates."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.params.names import FORMS_STUDIED
from lcgan.recognition.choice import choose
from lcgan.report import drawing
from lcgan.report.benefit_figures import operating_figure
from lcgan.report.results import LABEL
from lcgan.scores.answers import Answers
from lcgan.scores.benefit import Fitted, Scene, differences, operating_points
from lcgan.scores.equal_alarms import EQUAL_FPR
from lcgan.trials.drawn import write_drawn
from lcgan.trials.keep import DONE, Kept
from lcgan.trials.plan import Trial

#: The protocol of the figures.
PROTOCOL = "leakage_free"


def fitted(records: Mapping[Trial, Mapping], kept: Kept) -> dict[str, Fitted]:
    """Return every form that has been fitted, at the checkpoint chosen on the selection set.

    Parameters
    ----------
    records : dict
        Trial → its record; those of few spectra and of other networks are left aside.
    kept : Kept
        Where their answers lie.

    Returns
    -------
    dict of str to Fitted
        In the order of `lcgan.params.names.FORMS_STUDIED`.
    """
    by_form: dict[str, list[Trial]] = {}
    for trial, record in records.items():
        if trial.of_figure_7 and record["status"] == DONE:
            by_form.setdefault(trial.form, []).append(trial)
    found = {}
    for form in FORMS_STUDIED:
        if form in by_form:
            fits = [records[trial]["fit"] for trial in by_form[form]]
            iteration, median = choose(fits)
            of = [kept.answers(one) for one in by_form[form] if one.iteration == iteration]
            found[form] = Fitted.of(_joined(of), form, iteration, fits[median]["repeat"])
    return found


def _joined(several: list[Answers]) -> Answers:
    """Return the answers of several fits, on the same rows, as one."""
    fits = ("form", "iteration", "repeat", "p_o", "called")
    return Answers(
        several[0].rows, *(np.concatenate([getattr(one, name) for one in several]) for name in fits)
    )


def every_difference(forms: Mapping[str, Fitted], scene: Scene, seed: int) -> pd.DataFrame:
    """Return O recall of every form less that of every later one, under all protocols.

    Returns
    -------
    DataFrame
        As `lcgan.scores.benefit.differences` has it: each pair once.
    """
    names, found = list(forms), []
    for place, ours in enumerate(names):
        rest = {name: forms[name] for name in names[place:]}
        found += [differences(rest, ours, scene, protocol, seed) for protocol in scene.positives]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def write(folder: Path, forms: Mapping[str, Fitted], scene: Scene, seed: int) -> list[Path]:
    """Write differences and operating, .csv and .png, of two forms or more; return the paths."""
    if len(forms) < 2:
        return []
    tables = {
        "differences": (every_difference(forms, scene, seed), differences_figure),
        "operating": (operating_points(forms, scene, seed), operating_figure),
    }
    return write_drawn(folder, tables)


def differences_figure(table: pd.DataFrame):
    """Draw O recall of the form of each row less that of each column, points, leakage-free.

    Every fit may call as many of the negatives O. In colour where the difference is beyond the
    noise: full of spectra, repeats and stars, pale of spectra and repeats alone.
    """
    rows = table[table["protocol"] == PROTOCOL]
    names = list(dict.fromkeys([*rows["ours"], *rows["other"]]))
    figure = drawing.new_figure(3.4 + 0.72 * len(names), 1.9 + 0.4 * len(names))
    axis = figure.subplots()
    for row in rows.to_dict("records"):
        how, difference = row["how_at_fpr"], row.get("difference_at_fpr")
        if how == "unknown":
            continue
        one, other = names.index(row["ours"]), names.index(row["other"])
        _cell(axis, other, one, difference, how)
        _cell(axis, one, other, -difference, how)
    labels = [LABEL[name] for name in names]
    axis.set_xticks(range(len(names)), labels, rotation=40, ha="left", rotation_mode="anchor")
    axis.set_yticks(range(len(names)), labels)
    axis.xaxis.tick_top()
    axis.tick_params(length=0)
    axis.set_xlim(-0.5, len(names) - 0.5)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.grid(visible=False)
    for edge in axis.spines.values():
        edge.set_visible(False)
    n, stars = rows["n"].max(), rows["n_stars"].max()
    axis.set_xlabel(
        f"O recall of the row less that of the column, points (leakage-free, N = {n} of {stars} "
        f"stars), where each fit may call {100 * EQUAL_FPR:g} % of F, G and K O\n"
        "blue: higher, orange: lower, beyond the noise; pale: inside that of so few stars"
    )
    return figure


def _cell(axis, x: int, y: int, difference: float, how: str) -> None:
    """Draw one difference, in the colour of its sign where it is beyond the noise."""
    from matplotlib.patches import Rectangle

    beyond = how != "noise"
    if beyond:
        colour = drawing.LCGAN if difference > 0 else drawing.SGAN
        alpha = 0.3 if how.endswith("_here") else 0.85
        axis.add_patch(Rectangle((x - 0.47, y - 0.45), 0.94, 0.9, color=colour, alpha=alpha, lw=0))
    ink = drawing.SHEET if beyond and not how.endswith("_here") else drawing.INK
    text = f"{100 * difference:+.1f}".replace("-", "\u2212")
    axis.text(x, y, text, ha="center", va="center", fontsize=8, color=ink)
