"""Stage `train_classifier`: train the recognition network, test it on real spectra (Figure 7)."""

import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.files import read_json, replacing, write_json
from lcgan.params import Params
from lcgan.seeds import seed_of
from lcgan.stages import paths

VARIANTS = ("none", "lcgan", "sgan")


def run(params: Params, tracker, arm: str) -> str:
    """Fit every form, checkpoint and repeat of `arm`; write its models and its report."""
    from tqdm import tqdm

    from lcgan.recognition.worker import run_jobs

    sets = read_json(paths.DATASETS)["sets"]
    tracker.inputs(paths.SPECTRA, paths.DATASETS, *_generated_file(arm))
    scored = Scored(sets)
    with tempfile.TemporaryDirectory(prefix="train_classifier-", dir=_scratch()) as folder:
        forms = _forms(params, arm, sets, Path(folder) / "flux.npy")
        jobs = _jobs(params, arm, forms, scored.rows, Path(folder))
        fits, curves = {}, []
        outcomes = run_jobs(jobs, params.train_classifier.workers)
        for outcome in tqdm(outcomes, total=len(jobs), desc=arm, unit="fit", disable=None):
            fits[outcome.job.model] = _fit_record(outcome, scored)
            curves.append(_curve_table(outcome))
            _log_fit(tracker, outcome, fits[outcome.job.model])
        report = {"arm": arm, "forms": _by_form(jobs, fits)}
        _keep_median_models(paths.CLASSIFIERS / arm, report, jobs)
    write_json(paths.RECOGNITION_REPORTS / f"{arm}.json", report)
    curve_file = paths.RECOGNITION_REPORTS / f"{arm}_curves.csv"
    with replacing(curve_file) as part:
        columns = ["form", "iteration", "repeat", "epoch"]
        pd.concat(curves).sort_values(columns).to_csv(part, index=False, float_format="%.6g")
    _log_arm(tracker, report)
    recalls = {name: form["fits"][form["median_fit"]] for name, form in report["forms"].items()}
    line = ", ".join(
        f"{name} {of['protocols']['leakage_free']['recall']['rate']:.1%}"
        for name, of in recalls.items()
    )
    return f"O recall, leakage-free: {line}: {paths.RECOGNITION_REPORTS / f'{arm}.json'}"


class Scored:
    """The real spectra that every fitted network is scored on: rows, and what they are."""

    def __init__(self, sets: dict):
        stars = pd.read_csv(paths.CATALOGUE, usecols=["row", "star"], dtype={"star": str})
        self.stars = dict(zip(stars["row"], stars["star"], strict=True))
        fgk, unseen = sets["held_out"], sets["unseen_stars"]
        self.protocols = {
            "paper": {"O": sets["data_set_2"]["O"], **fgk},
            "leakage_free": {"O": sets["leakage_free"]["O"], **fgk},
            "unseen_stars": {name: unseen[name] for name in ("O", "F", "G", "K")},
        }
        self.selection = {name: sets["early_stop"][name] for name in ("O", "F", "G", "K")}
        self.contaminants = sets["contaminants"]
        groups = [*self.protocols.values(), self.selection, self.contaminants]
        self.rows = np.unique([row for group in groups for of in group.values() for row in of])

    def called(self, outcome, rows: list[int]) -> np.ndarray:
        """Return the number of the class called for each of some of the scored rows."""
        return outcome.called[np.searchsorted(self.rows, rows)]


def _fit_record(outcome, scored: Scored) -> dict:
    """Return one fit's figures on every protocol, on the selection set and on contaminants."""
    from lcgan.recognition.classes import CLASSES
    from lcgan.scores.interval import proportion
    from lcgan.scores.recognition import recognition

    def score(group: dict) -> dict:
        called = {name: scored.called(outcome, rows) for name, rows in group.items()}
        return recognition(called, CLASSES, [scored.stars[row] for row in group["O"]])

    selection = score(scored.selection)
    contaminants = {
        name: proportion(int((scored.called(outcome, rows) == 0).sum()), len(rows))
        for name, rows in scored.contaminants.items()
    }
    return {
        "iteration": outcome.job.form.iteration,
        "repeat": outcome.job.repeat,
        "epochs": len(outcome.curves["train_loss"]),
        "best_epoch": outcome.best_epoch,
        "seconds": round(outcome.seconds, 1),
        "selection_macro_f1": selection["macro_f1"],
        "selection_recall": selection["recall"],
        "protocols": {name: score(group) for name, group in scored.protocols.items()},
        "contaminants": contaminants,
    }


def _generated_file(arm: str) -> list[Path]:
    """Return the file of the arm's generated spectra, or nothing for the real arm."""
    if arm == "none":
        return []
    path = paths.GENERATED / f"{arm}.h5"
    if not path.exists():
        raise UserError(f"{path}: not there; run the stage `train_gan` first")
    return [path]


def _scratch() -> Path:
    """Return the folder for what workers share."""
    folder = paths.RESUME.parent / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _forms(params: Params, arm: str, sets: dict, flux: Path) -> list:
    """Write all spectra that the arm's fits read to one array, and return what each trains on.

    Real spectra keep their rows; generated ones follow, checkpoint by checkpoint.
    """
    import h5py

    from lcgan.recognition.arms import augmented_form, real_forms

    if arm == "none":
        _share_spectra(flux, sets, [])
        return real_forms(sets, params.seed)
    carried, n = params.train_classifier.checkpoints[arm], params.datasets.data_set_5["O"]
    with h5py.File(_generated_file(arm)[0]) as file:
        there = file["iterations"][:].tolist()
        generated = [file["flux"][there.index(at), :n] for at in carried]
    first = _share_spectra(flux, sets, generated)
    return [
        augmented_form(
            arm,
            iteration,
            list(range(first + number * n, first + (number + 1) * n)),
            sets,
            params.datasets.early_stop_fraction,
        )
        for number, iteration in enumerate(carried)
    ]


def _share_spectra(path: Path, sets: dict, generated: list[np.ndarray]) -> int:
    """Write the store's spectra, standardised, and after them generated ones; return the split."""
    from lcgan.spectra.standardise import standardise
    from lcgan.spectra.store import blocks

    wanted = 1 + max(row for of in sets.values() for rows in of.values() for row in rows)
    n = wanted + sum(len(flux) for flux in generated)
    shared = None
    for rows, block in blocks(paths.SPECTRA):
        first = rows.start
        if shared is None:
            shared = np.lib.format.open_memmap(path, "w+", np.float32, (n, block.shape[1]))
        block = block[: max(0, wanted - first)]
        if len(block):
            shared[first : first + len(block)] = standardise(block)
    at = wanted
    for flux in generated:
        shared[at : at + len(flux)] = flux
        at += len(flux)
    shared.flush()
    return wanted


def _jobs(params: Params, arm: str, forms: list, rows: np.ndarray, folder: Path) -> list:
    """Return one job for each form and repeat."""
    from lcgan.recognition.fit import FitSettings
    from lcgan.recognition.worker import Job

    block = params.train_classifier
    settings = FitSettings(
        block.batch_size,
        block.max_epochs,
        block.patience,
        block.learning_rate,
        block.batch_norm_momentum,
    )
    return [
        Job(
            form,
            repeat,
            seed_of(params.seed, "train_classifier", arm, form.name, form.iteration or 0, repeat),
            settings,
            folder / "flux.npy",
            rows,
            folder / f"{form.name}-{form.iteration or 0}-{repeat}.keras",
        )
        for form in forms
        for repeat in range(block.repeats)
    ]


def _by_form(jobs: list, fits: dict) -> dict:
    """Gather the fits of each form, in the order of the jobs, and choose among them."""
    from lcgan.recognition.choice import choose, summarise

    forms = {}
    for job in jobs:
        form = forms.setdefault(
            job.form.name,
            {
                "n_train": job.form.counts("train"),
                "n_early_stop": job.form.counts("early_stop"),
                "fits": [],
            },
        )
        form["fits"].append(fits[job.model])
    for form in forms.values():
        form["best_iteration"], form["median_fit"] = choose(form["fits"])
        form["by_checkpoint"] = summarise(form["fits"])
    return forms


def _keep_median_models(out: Path, report: dict, jobs: list) -> None:
    """Keep the network of each form's median fit as models/classifier/<arm>/<form>.keras."""
    with replacing(out) as part:
        part.mkdir()
        for name, form in report["forms"].items():
            job = [job for job in jobs if job.form.name == name][form["median_fit"]]
            shutil.copy(job.model, part / f"{name}.keras")


def _curve_table(outcome) -> pd.DataFrame:
    """Return a fit's curves, one line an epoch."""
    table = pd.DataFrame(outcome.curves)
    table.insert(0, "epoch", np.arange(1, len(table) + 1))
    table.insert(0, "repeat", outcome.job.repeat)
    table.insert(0, "iteration", outcome.job.form.iteration or 0)
    table.insert(0, "form", outcome.job.form.name)
    return table


def _log_fit(tracker, outcome, fit: dict) -> None:
    """Log one fit as a run of its own below the stage's."""
    form = outcome.job.form
    at = "" if form.iteration is None else f" it{form.iteration}"
    with tracker.child(f"{form.name}{at} r{outcome.job.repeat}") as run:
        run.params({"form": form.name, "iteration": form.iteration, "repeat": outcome.job.repeat})
        epochs = list(range(1, fit["epochs"] + 1))
        for name, values in outcome.curves.items():
            run.curve(name, epochs, values)
        run.metrics(_rates(fit))


def _rates(fit: dict) -> dict[str, float]:
    """Return one fit's headline figures by the names that runs are compared by."""
    found = {"selection_macro_f1": fit["selection_macro_f1"], "fit_seconds": fit["seconds"]}
    names = {"paper": "validation_accuracy", "leakage_free": "recall_leakage_free"}
    for protocol, of in fit["protocols"].items():
        found[names.get(protocol, f"recall_{protocol}")] = of["recall"]["rate"]
    found["fpr_fgk"] = fit["protocols"]["paper"]["fpr_fgk"]["rate"]
    found["macro_f1"] = fit["protocols"]["paper"]["macro_f1"]
    return {name: value for name, value in found.items() if value is not None}


def _log_arm(tracker, report: dict) -> None:
    """Log the medians over repeats, by checkpoint (P9), on the stage's run."""
    for name, form in report["forms"].items():
        prefix = "" if len(report["forms"]) == 1 else f"{name}."
        for of in form["by_checkpoint"]:
            values = {
                f"{prefix}validation_accuracy": of["recall_median"],
                f"{prefix}recall_leakage_free": of["recall_leakage_free_median"],
                f"{prefix}fpr_fgk": of["fpr_fgk_median"],
            }
            tracker.metrics(values, step=of["iteration"] or 0)
        chosen = _rates(form["fits"][form["median_fit"]])
        tracker.metrics({f"{prefix}chosen.{key}": value for key, value in chosen.items()})
    tracker.metrics(
        {
            "fit_seconds.median": statistics.median(
                fit["seconds"] for form in report["forms"].values() for fit in form["fits"]
            )
        }
    )
