"""What the stage `train_classifier` leaves of a small project, for the report's tests."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from lcgan.scores.answers import Answers
from lcgan.scores.interval import proportion
from lcgan.seeds import rng_of

FORMS = {
    "none": ("none_as_is", "none_weighted", "none_duplicated"),
    "lcgan": ("lcgan",),
    "sgan": ("sgan",),
    "lcgan_plus": ("lcgan_plus",),
    "baselines": ("equivalent_widths", "templates"),
}
#: Rows of the packed store: O spectra 0 to 322, of which 150 are Data set 1; then the others.
LEAKAGE_FREE = range(150, 323)
UNSEEN = range(231, 323)
NEGATIVES = {"held_out": range(323, 1823), "unseen_stars": range(1823, 2723)}
KINDS = {"B": range(2723, 2743), "other": range(2743, 2763)}
#: Leakage-free O recalled of 173 by each form's repeats; the middle one is the median fit.
RECALLED = {
    "none_as_is": (98, 101, 104),
    "none_weighted": (112, 118, 121),
    "none_duplicated": (139, 145, 150),
    "lcgan": (112, 121, 125),
    "sgan": (60, 70, 85),
    "lcgan_plus": (118, 124, 131),
    "equivalent_widths": (130,),
    "templates": (160,),
}
CHECKPOINTS = {"lcgan": (2000, 4000), "sgan": (3000, 6000), "lcgan_plus": (800, 1600)}
SCORED = {"lcgan": (1000, 2000, 3000, 4000), "sgan": (1500, 3000, 4500, 6000)}
SCORED |= {"lcgan_plus": (400, 800, 1200, 1600)}


def scores(recalled: int, n_o: int, alarms: int, n_each: int, stars: dict) -> dict:
    """Return one protocol's scores: `alarms` F, G, K spectra called O, all of them F."""
    counts = [[recalled, n_o - recalled, 0, 0], [alarms, n_each - alarms, 0, 0]]
    counts += [[0, 0, n_each, 0], [0, 0, 0, n_each]]
    return {
        "recall": proportion(recalled, n_o),
        "fpr_fgk": proportion(alarms, 3 * n_each),
        "fpr_by_class": {
            "F": proportion(alarms, n_each),
            "G": proportion(0, n_each),
            "K": proportion(0, n_each),
        },
        "confusion": counts,
        "macro_f1": 0.8,
        "per_star": stars,
    }


def fit(form: str, iteration: int | None, repeat: int, recalled: int) -> dict:
    """Return one fit that recalls `recalled` of the leakage-free 173 and all 150 trained on."""
    alarms = {"none_duplicated": 45, "lcgan": 30, "sgan": 6}.get(form, 12)
    unseen = {"HD 46223": proportion(recalled // 4, 46), "HD 188209": proportion(10, 46)}
    return {
        "iteration": iteration,
        "repeat": repeat,
        "epochs": 8,
        "seconds": 30.0,
        "selection_macro_f1": 0.9,
        "selection_recall": proportion(100, 120),
        "protocols": {
            "paper": scores(150 + recalled, 323, alarms, 500, {}),
            "leakage_free": scores(recalled, 173, alarms, 500, {}),
            "unseen_stars": scores(10 + recalled // 4, 92, 9, 300, unseen),
        },
        "contaminants": {
            "B": proportion(90, 200),
            "A": proportion(25, 200),
            "M": proportion(0, 200),
            "other": proportion(40, 70),
        },
    }


def write_arm(folder: Path, arm: str, recalled: dict) -> None:
    """Write reports/recognition/<arm>.json and its curves; the last checkpoint is chosen."""
    forms, curves, answers = {}, [], []
    for form in FORMS[arm]:
        checkpoints = CHECKPOINTS.get(arm, (None,))
        fits = []
        for step, iteration in enumerate(checkpoints):
            lag = 20 * (len(checkpoints) - 1 - step)
            for repeat, number in enumerate(recalled[form]):
                fits.append(fit(form, iteration, repeat, max(number - lag, 0)))
                answers.append(answered(form, iteration, repeat, max(number - lag, 0)))
                for epoch in range(1, 9):
                    loss = 1.2 * 0.7**epoch + 0.02 * repeat
                    losses = [loss, loss * 1.1 + 0.003 * epoch**2, 0.9, 0.85]
                    curves.append([form, iteration, repeat, epoch, *losses])
        n_o = 150 if form in ("none_as_is", "none_weighted") else 280
        forms[form] = {
            "n_train": {"O": n_o, "F": 280, "G": 280, "K": 280},
            "n_early_stop": {"O": 45, "F": 120, "G": 120, "K": 120},
            "fits": fits,
            "median_fit": max(0, len(fits) - 2),
            "best_iteration": checkpoints[-1],
            "by_checkpoint": [],
        }
    write_json(folder / f"reports/recognition/{arm}.json", {"arm": arm, "forms": forms})
    rows = np.arange(KINDS["other"].stop)
    Answers.of(rows, answers).write(folder / f"reports/recognition/{arm}_answers.npz")
    header = "form iteration repeat epoch train_loss early_stop_loss train_accuracy"
    write_csv(
        folder / f"reports/recognition/{arm}_curves.csv",
        [*header.split(), "early_stop_accuracy"],
        curves,
    )


def answered(form: str, iteration: int | None, repeat: int, recalled: int) -> SimpleNamespace:
    """Return what one fit said: `recalled` of the leakage-free O called O, drawn by its name."""
    rng = rng_of(1, form, str(iteration), repeat)
    called = np.ones(KINDS["other"].stop, np.int8)
    called[: LEAKAGE_FREE.start] = 0
    called[LEAKAGE_FREE.start + rng.permutation(len(LEAKAGE_FREE))[:recalled]] = 0
    alarms = {"none_duplicated": 45, "lcgan": 30, "sgan": 6}.get(form, 12)
    for rows in NEGATIVES.values():
        called[rows.start + rng.permutation(len(rows))[:alarms]] = 0
    p_o = np.where(called == 0, 0.5, 0.0) + 0.5 * rng.random(len(called))
    job = SimpleNamespace(form=SimpleNamespace(name=form, iteration=iteration), repeat=repeat)
    return SimpleNamespace(job=job, p_o=p_o, called=called)


def write_json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def write_csv(path: Path, header: list, rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as handle:
        csv.writer(handle).writerows([header, *rows])
