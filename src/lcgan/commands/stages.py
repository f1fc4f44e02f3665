"""One command per stage of the pipeline."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from lcgan.commands.shared import Overrides, ParamsFile, one_line_errors
from lcgan.errors import UserError

app = typer.Typer()

STAGES = "Stages of the pipeline (dvc repro runs them in this order)"
ModelName = Annotated[str, typer.Option("--model", help="lcgan, sgan, lcgan_plus or wgan_gp.")]


def _run_stage(
    stage: str, file: Path, overrides: list[str] | None, variant: str | None = None
) -> None:
    """Load the parameters, run a stage below its MLflow run, and print where its result is."""
    import importlib

    from lcgan.params import load
    from lcgan.tracking.runs import stage_run

    with one_line_errors():
        params = load(file, overrides or ())
        module = importlib.import_module(f"lcgan.stages.{stage}")
        if variant is not None and variant not in module.VARIANTS:
            known = ", ".join(module.VARIANTS)
            raise UserError(f"{stage}: {variant!r} is not known; use one of {known}")
        with stage_run(stage, params, variant) as tracker:
            options = () if variant is None else (variant,)
            line = module.run(params, tracker, *options)
        typer.echo(f"{stage}{'@' + variant if variant else ''}: {line}")
        sys.stdout.flush()


@app.command("observe", rich_help_panel=STAGES)
def observe(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Re-observe STELIB's real stars as LAMOST would: data/raw/stelib."""
    _run_stage("observe", params, overrides)


@app.command("ingest", rich_help_panel=STAGES)
def ingest(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Pack a folder of LAMOST FITS, loose or in tars, into data/interim/spectra.h5."""
    _run_stage("ingest", params, overrides)


@app.command("validate", rich_help_panel=STAGES)
def validate(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Check every packed spectrum; a broken expectation stops the pipeline."""
    _run_stage("validate", params, overrides)


@app.command("datasets", rich_help_panel=STAGES)
def datasets(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Draw Data sets 1 to 5 and the splits: data/processed/datasets.json, Table 1."""
    _run_stage("datasets", params, overrides)


@app.command("train_gan", rich_help_panel=STAGES)
def train_gan(
    model: ModelName = "lcgan",
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Train a GAN on Data set 1 and generate O spectra at its checkpoints."""
    _run_stage("train_gan", params, overrides, model)


@app.command("score_gan", rich_help_panel=STAGES)
def score_gan(
    model: ModelName = "lcgan",
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Score a GAN's checkpoints: GAN-train, GAN-test and their controls (Table 2)."""
    _run_stage("score_gan", params, overrides, model)


@app.command("repeat_gan", rich_help_panel=STAGES)
def repeat_gan(
    model: ModelName = "lcgan",
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Train a GAN again from other draws, to tell its scores from their chance."""
    _run_stage("repeat_gan", params, overrides, model)


@app.command("augment", rich_help_panel=STAGES)
def augment(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Re-observe stars of every class with wide physics: data/augmented."""
    _run_stage("augment", params, overrides)


@app.command("train_classifier", rich_help_panel=STAGES)
def train_classifier(
    arm: Annotated[
        str,
        typer.Option(
            "--arm",
            help="How the O class is augmented: none, lcgan, sgan, smote, mixup, physics ...; "
            "survey: all classes.",
        ),
    ] = "lcgan",
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Train the recognition network on Data set 5 and test it on real spectra (Figure 7)."""
    _run_stage("train_classifier", params, overrides, arm)


@app.command("register", rich_help_panel=STAGES)
def register(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Register the chosen arm's median model in MLflow for use elsewhere."""
    _run_stage("register", params, overrides)


@app.command("transfer", rich_help_panel=STAGES)
def transfer(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Try the registered model on unseen and on labelled real spectra: reports/transfer.json."""
    _run_stage("transfer", params, overrides)


@app.command("report", rich_help_panel=STAGES)
def report(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Write reports/report.html, its tables, figures and reports/summary.json."""
    _run_stage("report", params, overrides)
