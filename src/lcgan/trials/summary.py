"""What a study found: one line per trial, and Figure 7 with its points."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from lcgan.files import read_json, replacing, write_csv
from lcgan.params.names import ARM_OF, BASELINES
from lcgan.recognition.choice import choose
from lcgan.report import drawing
from lcgan.report.figure7 import figure_7
from lcgan.report.tables import columns, figure7_points
from lcgan.trials.keep import DONE
from lcgan.trials.plan import Trial

PROTOCOLS = ("paper", "leakage_free", "unseen_stars")


def table(trials: Sequence[Trial], records: Mapping[Trial, Mapping]) -> pd.DataFrame:
    """Return one line per trial, those that have no record too.

    Returns
    -------
    DataFrame
        `form`, `iteration` (of the GAN), `seed`, `n_o` (O spectra to learn from, where not all of
        Data set 1), `network` (what it is without), `status` (done, failed, missing); O recall
        under each protocol and the false-positive rate on held-out F, G, K, each with `_k`, `_n`,
        `_low`, `_high` (Wilson 95 %); `macro_f1` (the paper's protocol), `selection_macro_f1`,
        `epochs`, `best_epoch`, `seconds` (of the fit), `wall_seconds` (of the trial), `reason`.
    """
    return pd.DataFrame([_row(trial, records.get(trial)) for trial in trials]).astype(
        {"iteration": "Int64", "n_o": "Int64", "epochs": "Int64", "best_epoch": "Int64"}
    )


def _row(trial: Trial, record: Mapping | None) -> dict:
    """Return a trial's line; what is not known is empty."""
    record = record or {"status": "missing"}
    fit = record.get("fit")
    nothing = dict.fromkeys(("k", "n", "rate", "low", "high"))
    row = {
        "form": trial.form,
        "iteration": trial.iteration,
        "seed": trial.seed,
        "n_o": trial.n_o,
        "network": trial.network,
        "status": record["status"],
    }
    for protocol in PROTOCOLS:
        share = fit["protocols"][protocol]["recall"] if fit else nothing
        row |= columns(f"recall_{protocol}", share)
    row |= columns("fpr_fgk", fit["protocols"]["paper"]["fpr_fgk"] if fit else nothing)
    row["macro_f1"] = fit["protocols"]["paper"]["macro_f1"] if fit else None
    for name in ("selection_macro_f1", "epochs", "best_epoch", "seconds"):
        row[name] = fit[name] if fit else None
    return row | {"wall_seconds": record.get("wall_seconds"), "reason": record.get("reason")}


def points(records: Iterable[Mapping]) -> pd.DataFrame:
    """Return Figure 7's points of the finished trials, see `lcgan.report.tables.figure7_points`."""
    fits: dict[str, list] = {}
    for record in records:
        if record["status"] == DONE and record["form"] not in BASELINES:
            fits.setdefault(record["form"], []).append(record["fit"])
    return figure7_points(
        {name: {"fits": of, "best_iteration": choose(of)[0]} for name, of in fits.items()}
    )


def write(folder: Path, lines: pd.DataFrame, found: pd.DataFrame) -> list[Path]:
    """Write study.csv, and figure7.csv and .png where a trial has finished; return the paths."""
    paths = [folder / "study.csv"]
    write_csv(paths[0], lines)
    if len(found):
        paths += [folder / "figure7.csv", folder / "figure7.png"]
        write_csv(paths[1], found)
        with drawing.style():
            figure = figure_7(found)
        with replacing(paths[2]) as part:
            drawing.write_png(figure, part)
    return paths


def expected_seconds(
    todo: Sequence[Trial], records: Mapping[Trial, Mapping], workers: int
) -> float | None:
    """Return how long the trials still to run will take together; None if none has finished.

    Each takes as long as the median of the finished ones of its form, or else of all of them;
    baselines, which have no network to fit, take nothing beside the others.
    """
    took: dict[str, list[float]] = {}
    for trial, record in records.items():
        if record["status"] == DONE and trial.form not in BASELINES:
            took.setdefault(trial.form, []).append(record["wall_seconds"])
    if not took:
        return None
    overall = statistics.median(seconds for of in took.values() for seconds in of)
    fits = [trial for trial in todo if trial.form not in BASELINES]
    each = [statistics.median(took.get(trial.form, [overall])) for trial in fits]
    return max([sum(each) / workers, *each]) if each else 0.0


def seconds_by_stage(folder: Path, todo: Sequence[Trial], workers: int) -> float | None:
    """Return how long trials will take as the stage `train_classifier` tells; None if it ran not.

    Parameters
    ----------
    folder : Path
        reports/recognition, with a JSON per arm.
    todo : sequence of Trial
    workers : int

    Notes
    -----
    Each as long as the median fit of the stage's networks. A trial's process, which starts anew
    now and then, adds a few seconds that are not in it.
    """
    took = []
    for arm in sorted(set(ARM_OF.values()) - {ARM_OF[name] for name in BASELINES}):
        path = folder / f"{arm}.json"
        if path.exists():
            forms = read_json(path)["forms"].values()
            took += [fit["seconds"] for form in forms for fit in form["fits"]]
    n_fits = sum(trial.form not in BASELINES for trial in todo)
    return statistics.median(took) * -(-n_fits // workers) if took else None
