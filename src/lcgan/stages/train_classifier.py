"""Stage `train_classifier`: train the recognition network, test it on real spectra (Figure 7)."""

import shutil
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.files import read_json, replacing, write_json
from lcgan.params import GAN_OF, SURVEY, Params, arm_of
from lcgan.params.names import FORMS_STUDIED, LOOKED_INTO
from lcgan.stages import paths

VARIANTS = (*dict.fromkeys(map(arm_of, FORMS_STUDIED)), SURVEY)
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
    from lcgan.scores.answers import Answers

    sources = sources_of(params)
    if arm == "baselines":
        return _baselines(params, tracker, sources)
    prepare = _survey if arm == "survey" else _paper_arm
    with tempfile.TemporaryDirectory(prefix="train_classifier-", dir=scratch_folder()) as folder:
        forms, scored = prepare(params, tracker, sources, Path(folder) / "flux.npy", arm)
        jobs = _jobs(params, forms, scored.rows, Path(folder))
        fits, curves, kept = {}, [], []
        outcomes = run_jobs(jobs, params.train_classifier.workers)
        for outcome in tqdm(outcomes, total=len(jobs), desc=arm, unit="fit", disable=None):
            fits[outcome.job.model] = scored.record(outcome)
            curves.append(_curve_table(outcome))
            _log_fit(tracker, outcome, fits[outcome.job.model])
            kept.append(outcome)
        report = {"arm": arm, "forms": _by_form(jobs, fits)}
        _keep_median_models(paths.CLASSIFIERS / arm, report, jobs, sources.sets)
    return _conclude(tracker, report, curves, Answers.of(scored.rows, kept))


def _conclude(tracker, report: dict, curves: list[pd.DataFrame], answers) -> str:
    """Write and log what an arm found; return the closing line."""
    arm = report["arm"]
    write_json(paths.RECOGNITION_REPORTS / f"{arm}.json", report)
    answers.write(paths.RECOGNITION_REPORTS / f"{arm}_answers.npz")
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


def _baselines(params: Params, tracker, sources) -> str:
    """Fit both baselines without a network, write what they are and what they found."""
    from lcgan.params import BASELINES
    from lcgan.recognition.baselines import Packed, fit_baselines
    from lcgan.scores.answers import Answers
    from lcgan.spectra.catalogue import read_catalogue

    tracker.inputs(paths.SPECTRA, paths.DATASETS, paths.CATALOGUE)
    scored = _scored(sources)
    packed = Packed(paths.SPECTRA, scored.stars, read_catalogue(paths.CATALOGUE)["z"].to_numpy())
    with replacing(paths.CLASSIFIERS / "baselines") as part:
        part.mkdir()
        outcomes = fit_baselines(sources.sets, packed, scored.rows, part)
    fits = {name: scored.record(one) for name, one in zip(BASELINES, outcomes, strict=True)}
    for outcome in outcomes:
        _log_fit(tracker, outcome, fits[outcome.job.form.name])
    jobs = [replace(one.job, model=one.job.form.name) for one in outcomes]
    report = {"arm": "baselines", "forms": _by_form(jobs, fits)}
    curves = [_curve_table(outcome) for outcome in outcomes]
    return _conclude(tracker, report, curves, Answers.of(scored.rows, outcomes))


def _scored(sources):
    """Return what scores the paper's arms."""
    from lcgan.scores.protocols import Scored
    from lcgan.spectra.catalogue import stars_by_row, subclasses_by_row

    known = stars_by_row(paths.CATALOGUE), subclasses_by_row(paths.CATALOGUE)
    return Scored(sources.sets, *known)


def sources_of(params: Params):
    """Return the `lcgan.recognition.forms.Sources` that the stages before this one left."""
    from lcgan.recognition.forms import Sources, making_of

    return Sources(
        paths.SPECTRA,
        paths.GENERATED,
        read_json(paths.DATASETS)["sets"],
        params.datasets.data_set_5["O"],
        params.datasets.early_stop_fraction,
        params.seed,
        making_of(params.train_classifier.making),
    )


def scratch_folder() -> Path:
    """Return the folder for what workers share."""
    folder = paths.RESUME.parent / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _paper_arm(params: Params, tracker, sources, flux: Path, arm: str) -> tuple[list, object]:
    """Write the spectra of one of the paper's arms; return its forms and what scores them."""
    from lcgan.recognition.cells import Cell, write_forms

    gan = GAN_OF.get(arm)
    generated = [] if gan is None else [sources.generated_file(gan)]
    tracker.inputs(paths.SPECTRA, paths.DATASETS, *generated)
    at = [None] if gan is None else params.train_classifier.checkpoints.get(gan, [])
    if not at:
        raise UserError(f"train_classifier.checkpoints.{gan}: name at least one")
    names = [form for form in FORMS_STUDIED if arm_of(form) == arm]
    cells = [Cell(form, iteration) for form in names for iteration in at]
    forms = write_forms(flux, sources, cells)
    return list(forms.values()), _scored(sources)


def _survey(params: Params, tracker, sources, flux: Path, arm: str) -> tuple[list, object]:
    """Write the survey arm's spectra; return its one form and what scores it."""
    from lcgan.recognition.survey_form import write_survey
    from lcgan.scores.survey import SurveyScored
    from lcgan.spectra.catalogue import read_augmented, stars_by_row, subclasses_by_row

    block = params.train_classifier
    o_spectra, last = O_SPECTRA[Path(block.survey.o_spectra)], block.checkpoints["lcgan"][-1]
    generated = [sources.generated_file("lcgan")] if o_spectra == "lcgan" else []
    tracker.inputs(paths.SPECTRA, paths.DATASETS, paths.AUGMENTED, *generated)
    table = read_augmented(paths.AUGMENTED_CATALOGUE)
    form, first = write_survey(flux, sources, paths.AUGMENTED, table, o_spectra, last)
    known = stars_by_row(paths.CATALOGUE), subclasses_by_row(paths.CATALOGUE)
    return [form], SurveyScored(sources.sets, *known, table, first)


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
            fit_seed(params.seed, repeat),
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


def _keep_median_models(out: Path, report: dict, jobs: list, sets: dict) -> None:
    """Keep the network of each form's median fit as models/classifier/<arm>/<form>.keras.

    Beside it, as <form>_saliency.npz, where it looks, of the forms that the report shows.
    """
    with replacing(out) as part:
        part.mkdir()
        for name, form in report["forms"].items():
            job = [job for job in jobs if job.form.name == name][form["median_fit"]]
            shutil.copy(job.model, part / f"{name}.keras")
            if name in LOOKED_INTO:
                found = _look(job, sets)
                with (part / f"{name}_saliency.npz").open("wb") as file:
                    np.savez(file, **found)


def _look(job, sets: dict) -> dict:
    """Return where a job's network looks, on leakage-free O beside held-out F, G, K spectra."""
    from lcgan.quiet import start_tensorflow

    start_tensorflow(1)
    import keras

    from lcgan.recognition import racnet  # noqa: F401  its layers are known once it is imported
    from lcgan.recognition.saliency import MOST, look

    flux = np.load(job.flux, mmap_mode="r")
    others = [row for of in sets["held_out"].values() for row in of[: -(-MOST // 3)]]
    o = flux[sets["leakage_free"]["O"][:MOST]]
    return look(keras.saving.load_model(job.model), o, flux[others])


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
