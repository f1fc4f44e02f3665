"""Stage `train_classifier`: train the recognition network, test it on real spectra (Figure 7)."""

import shutil
import statistics
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.files import read_json, replacing, write_json
from lcgan.params import Params
from lcgan.stages import paths

VARIANTS = ("none", "lcgan", "sgan", "survey")
#: By the file that the survey arm's O spectra come from, what they are.
O_SPECTRA = {
    paths.AUGMENTED: "physics",
    paths.SPECTRA: "duplicated",
    paths.GENERATED / "lcgan.h5": "lcgan",
}


def run(params: Params, tracker, arm: str) -> str:
    """Fit every form, checkpoint and repeat of `arm`; write its models and its report."""
    from tqdm import tqdm

    from lcgan.recognition.worker import run_jobs

    sources = sources_of(params)
    prepare = _survey if arm == "survey" else _paper_arm
    with tempfile.TemporaryDirectory(prefix="train_classifier-", dir=scratch_folder()) as folder:
        forms, scored = prepare(params, tracker, sources, Path(folder) / "flux.npy", arm)
        jobs = _jobs(params, forms, scored.rows, Path(folder))
        fits, curves = {}, []
        outcomes = run_jobs(jobs, params.train_classifier.workers)
        for outcome in tqdm(outcomes, total=len(jobs), desc=arm, unit="fit", disable=None):
            fits[outcome.job.model] = scored.record(outcome)
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


def sources_of(params: Params):
    """Return the `lcgan.recognition.forms.Sources` that the stages before this one left."""
    from lcgan.recognition.forms import Sources

    return Sources(
        paths.SPECTRA,
        paths.GENERATED,
        read_json(paths.DATASETS)["sets"],
        params.datasets.data_set_5["O"],
        params.datasets.early_stop_fraction,
        params.seed,
    )


def scratch_folder() -> Path:
    """Return the folder for what workers share."""
    folder = paths.RESUME.parent / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _paper_arm(params: Params, tracker, sources, flux: Path, arm: str) -> tuple[list, object]:
    """Write the spectra of one of the paper's arms; return its forms and what scores them."""
    from lcgan.recognition.forms import write_forms
    from lcgan.scores.protocols import Scored
    from lcgan.spectra.catalogue import stars_by_row

    carried = {} if arm == "none" else {arm: params.train_classifier.checkpoints[arm]}
    generated = [sources.generated_file(gan) for gan in carried]
    tracker.inputs(paths.SPECTRA, paths.DATASETS, *generated)
    forms = write_forms(flux, sources, arm == "none", carried)
    return forms, Scored(sources.sets, stars_by_row(paths.CATALOGUE))


def _survey(params: Params, tracker, sources, flux: Path, arm: str) -> tuple[list, object]:
    """Write the survey arm's spectra; return its one form and what scores it."""
    from lcgan.recognition.survey_form import write_survey
    from lcgan.scores.survey import SurveyScored
    from lcgan.spectra.catalogue import read_augmented, stars_by_row

    block = params.train_classifier
    o_spectra, last = O_SPECTRA[Path(block.survey.o_spectra)], block.checkpoints["lcgan"][-1]
    generated = [sources.generated_file("lcgan")] if o_spectra == "lcgan" else []
    tracker.inputs(paths.SPECTRA, paths.DATASETS, paths.AUGMENTED, *generated)
    table = read_augmented(paths.AUGMENTED_CATALOGUE)
    form, first = write_survey(flux, sources, paths.AUGMENTED, table, o_spectra, last)
    stars = stars_by_row(paths.CATALOGUE)
    return [form], SurveyScored(sources.sets, stars, table, first)


def _jobs(params: Params, forms: list, rows: np.ndarray, folder: Path) -> list:
    """Return one job for each form and repeat."""
    from lcgan.recognition.forms import fit_seed, fit_settings
    from lcgan.recognition.survey_form import FORM, component_settings
    from lcgan.recognition.worker import Job

    block = params.train_classifier
    survey = all(form.name == FORM for form in forms)
    settings = component_settings(block.survey) if survey else fit_settings(block)
    repeats = 1 if survey else block.repeats  # nothing is drawn in the survey arm's fit
    return [
        Job(
            form,
            repeat,
            fit_seed(params.seed, form.name, form.iteration, repeat),
            settings,
            folder / "flux.npy",
            rows,
            folder / f"{form.name}-{form.iteration or 0}-{repeat}.keras",
        )
        for form in forms
        for repeat in range(repeats)
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
    from lcgan.scores.protocols import headline

    form = outcome.job.form
    at = "" if form.iteration is None else f" it{form.iteration}"
    with tracker.child(f"{form.name}{at} r{outcome.job.repeat}") as run:
        run.params({"form": form.name, "iteration": form.iteration, "repeat": outcome.job.repeat})
        epochs = list(range(1, fit["epochs"] + 1))
        for name, values in outcome.curves.items():
            run.curve(name, epochs, values)
        run.metrics(headline(fit))


def _log_arm(tracker, report: dict) -> None:
    """Log the medians over repeats, by checkpoint (P9), on the stage's run."""
    from lcgan.scores.protocols import headline

    for name, form in report["forms"].items():
        prefix = "" if len(report["forms"]) == 1 else f"{name}."
        for of in form["by_checkpoint"]:
            values = {
                f"{prefix}validation_accuracy": of["recall_median"],
                f"{prefix}recall_leakage_free": of["recall_leakage_free_median"],
                f"{prefix}fpr_fgk": of["fpr_fgk_median"],
            }
            tracker.metrics(values, step=of["iteration"] or 0)
        chosen = headline(form["fits"][form["median_fit"]])
        tracker.metrics({f"{prefix}chosen.{key}": value for key, value in chosen.items()})
    tracker.metrics(
        {
            "fit_seconds.median": statistics.median(
                fit["seconds"] for form in report["forms"].values() for fit in form["fits"]
            )
        }
    )
