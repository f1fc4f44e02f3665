"""The stage `report`: the page, its tables and figures, and the flat summary."""

from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.files import read_json, replacing, write_csv, write_json
from lcgan.params import ARM_OF, Params, load
from lcgan.params.names import LOOKED_INTO
from lcgan.report import (
    answer,
    compared,
    figures,
    likeness_figures,
    likeness_section,
    observation_figures,
    page,
    saliency_figures,
    saliency_section,
    summary,
    tables,
    transfer_figures,
    transfer_section,
)
from lcgan.report.results import GANS, Results, Saliency, Spectra
from lcgan.spectra.standardise import standardise
from lcgan.spectra.store import opened, read_rows
from lcgan.stages import paths
from lcgan.tracking.runs import record_of
from lcgan.written_by import not_there

ARMS = tuple(dict.fromkeys(ARM_OF.values()))
RECOGNITION_TABLE = paths.REPORTS / "recognition_table.csv"
#: The stages before this one, in the order of the pipeline.
STAGES = (
    "observe",
    "ingest",
    "validate",
    "datasets",
    *(f"train_gan@{model}" for model in GANS),
    *(f"score_gan@{model}" for model in GANS),
    *(f"repeat_gan@{model}" for model in GANS),
    *(f"train_classifier@{arm}" for arm in ARMS),
    *("register", "transfer"),
)
_GAN_KEYS = ("checkpoints", "mean", "controls", "chosen", "scores", "by_part", "usable")


def inputs() -> list[Path]:
    """Return every file that the page is made of."""
    found = [paths.SPECTRA, paths.DATASETS, paths.VALIDATION, paths.TABLE_1, paths.CATALOGUE]
    for model in GANS:
        found.append(paths.GENERATED / f"{model}.h5")
        ends = ("_losses.csv", ".json", "_curves.json", "_repeats.json")
        found += [paths.GAN_REPORTS / f"{model}{end}" for end in ends]
    for arm in ARMS:
        ends = (".json", "_curves.csv", "_answers.npz")
        found += [paths.RECOGNITION_REPORTS / f"{arm}{end}" for end in ends]
    return [*found, paths.TRANSFER, paths.TRANSFER_SPECTRA, *map(record_of, STAGES)]


def run(params: Params, tracker) -> str:
    """Write the page, its figures and tables, and the summary.

    Returns
    -------
    str
        Where the page is, and its finding.

    Raises
    ------
    UserError
        If an input is missing (naming the stage that writes it), is not what that stage writes,
        or an output cannot be written.
    """
    made_of = inputs()
    for path in made_of:
        if not path.exists():
            raise not_there(path)
    tracker.inputs(*made_of)
    results = read_results(params.seed, params.train_classifier.max_epochs)
    spectra = read_spectra(results)
    points = tables.figure7(results)
    drawn = figures.draw(results, spectra, points, params.report.n_samples)
    scales = (load("params.yaml", [f"scale={scale}"]) for scale in ("default", "paper"))
    sizes = tables.sizes(params, *scales)
    found = _json(paths.TRANSFER, "model", "reobserved", "calibration", "real", "observation")
    with np.load(paths.TRANSFER_SPECTRA) as kept:
        curves = {name: kept[name] for name in kept.files}
    elsewhere = transfer_figures.draw(found, curves.pop("flux")) | observation_figures.draw(curves)
    seen = saliency_figures.draw(results.saliency)
    looks = figures.as_svg(seen, saliency_figures.TITLES)
    titles = transfer_figures.TITLES | observation_figures.TITLES
    section = transfer_section.render(found, figures.as_svg(elsewhere, titles))
    alike = likeness_figures.draw(_likeness_curves())
    as_svg = figures.as_svg(alike, likeness_figures.TITLES)
    likeness = likeness_section.render(results.gans, as_svg)
    looks = saliency_section.render(results.saliency, looks)
    options = (params.seed, params.report.n_samples, section, likeness, looks)
    html = page.render(results, figures.as_svg(drawn), sizes, *options)
    flat = summary.summary(results)
    figures.write(drawn | alike | elsewhere | seen, paths.FIGURES)
    write_csv(paths.TABLE_2, tables.table2(results))
    write_csv(paths.FIGURE_7, points)
    write_csv(RECOGNITION_TABLE, tables.recognition(results))
    write_csv(paths.COMPARISONS, results.differences)
    write_csv(paths.OPERATING_POINTS, results.operating)
    write_csv(paths.REPORTS / "figure7_plot.csv", tables.figure7_plot(points))
    write_csv(paths.REPORTS / "losses_plot.csv", tables.losses_plot(results))
    with replacing(paths.PAGE) as part:
        part.write_text(html, encoding="utf-8")
    write_json(paths.SUMMARY, flat)
    tracker.pipeline_metrics(summary.metrics(flat))
    for path in (paths.PAGE, paths.FIGURES, paths.TABLE_2, paths.FIGURE_7, RECOGNITION_TABLE):
        tracker.artifact(path)
    return f"{paths.PAGE}: {answer.headline(results)}"


def read_results(seed: int, most_epochs: int | None = None) -> Results:
    """Read what the stages before this one found, and compare the forms of training.

    Parameters
    ----------
    seed : int
    most_epochs : int, optional
        See `lcgan.report.results.Results`.

    Raises
    ------
    UserError
        If a file lacks what its stage writes.
    """
    datasets = _json(paths.DATASETS, "source", "sets", "stars_kept_out")
    arms = {arm: _json(paths.RECOGNITION_REPORTS / f"{arm}.json", "arm", "forms") for arm in ARMS}
    keys = "run_id", "scale", "wall_seconds", "peak_memory_mib"
    runs = {stage: _json(record_of(stage), *keys) for stage in STAGES}
    return Results(
        source=datasets["source"],
        scale=runs[STAGES[-1]]["scale"],
        table1=_csv(paths.TABLE_1, "data_set", "class", "n", "n_paper", "kind", "n_stars"),
        gans={model: _gan(model) for model in GANS},
        losses={
            model: _csv(
                paths.GAN_REPORTS / f"{model}_losses.csv",
                *("iteration", "generator_loss", "discriminator_loss"),
            )
            for model in GANS
        },
        arms=arms,
        curves={
            arm: _csv(
                paths.RECOGNITION_REPORTS / f"{arm}_curves.csv",
                *("form", "iteration", "repeat", "epoch", "train_loss", "early_stop_loss"),
            )
            for arm in ARMS
        },
        runs=runs,
        validation=_json(paths.VALIDATION, "success", "n_spectra", "n_expectations"),
        stars_kept_out=datasets["stars_kept_out"],
        saliency=read_saliency(),
        most_epochs=most_epochs,
        **compared.compare(arms, datasets, seed),
    )


def _gan(model: str) -> dict:
    """Read what was found of a GAN, with its other trainings below `repeats`."""
    repeats = _json(paths.GAN_REPORTS / f"{model}_repeats.json", "iteration", "n", "scores")
    return _json(paths.GAN_REPORTS / f"{model}.json", *_GAN_KEYS) | {"repeats": repeats}


def read_saliency() -> dict[str, Saliency]:
    """Read where the networks look that were looked into."""
    found = {}
    for name in LOOKED_INTO:
        path = paths.CLASSIFIERS / ARM_OF.get(name, name) / f"{name}_saliency.npz"
        if name in ARM_OF and path.exists():
            with np.load(path) as kept:
                arrays = [kept[key] for key in ("saliency", "signed", "attention")]
                found[name] = Saliency(*arrays, int(kept["n"]))
    return found


def read_spectra(results: Results) -> Spectra:
    """Read Data set 1 and, per GAN, what it generated at the checkpoint that was chosen."""
    rows = _json(paths.DATASETS, "sets")["sets"]["data_set_1"]["O"]
    generated, iteration = {}, {}
    for model in GANS:
        path = paths.GENERATED / f"{model}.h5"
        chosen = results.form(model)["best_iteration"]
        with opened(path) as file:
            iterations = file["iterations"][:].tolist()
            if chosen not in iterations:
                raise UserError(
                    f"{path}: holds no iteration {chosen}, which recognition chose; run "
                    f"`dvc repro train_classifier@{model}`"
                )
            generated[model] = np.asarray(file["flux"][iterations.index(chosen)])
        iteration[model] = chosen
    real = standardise(read_rows(paths.SPECTRA, rows))
    return Spectra(real=real, generated=generated, iteration=iteration)


def _likeness_curves() -> dict[str, dict]:
    """Read what the figures of likeness show, by GAN."""
    keys = ("widths", "power", "noise_ratio", "bands")
    return {model: _json(paths.GAN_REPORTS / f"{model}_curves.json", *keys) for model in GANS}


def _json(path: Path, *keys: str) -> dict:
    """Read a JSON object that must have `keys`."""
    content = read_json(path)
    for key in keys:
        if key not in content:
            raise UserError(f"{path}: has no {key!r}; remove it and run `dvc repro` again")
    return content


def _csv(path: Path, *columns: str) -> pd.DataFrame:
    """Read a CSV that must have `columns`."""
    try:
        frame = pd.read_csv(path)
    except ValueError as error:
        raise UserError(f"{path}: not CSV ({error}); remove it and run `dvc repro` again") from None
    for column in columns:
        if column not in frame:
            raise UserError(
                f"{path}: has no column {column!r}; remove it and run `dvc repro` again"
            )
    return frame
