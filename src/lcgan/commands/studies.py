"""Commands beside the stages: the whole pipeline, studies, what is measured for them."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from lcgan.commands.shared import (
    Address,
    Engine,
    OnlyTables,
    Overrides,
    ParamsFile,
    Workers,
    conclude,
    one_line_errors,
)
from lcgan.errors import UserError

app = typer.Typer()

HandOut = Annotated[
    Path | None,
    typer.Option(
        "--hand-out", help="Write the fits to this folder, for a GPU with PyTorch alone; do none."
    ),
]
TakeIn = Annotated[
    Path | None,
    typer.Option("--take-in", help="Take in what `python -m lcgan.torch_fits FOLDER` did."),
]

STUDIES = "Beyond the pipeline"
WHOLE = "The whole pipeline"


@app.command("priors", rich_help_panel=STUDIES)
def priors(
    paths: Annotated[
        list[str], typer.Argument(help="Folders, files, patterns or tars of real LAMOST spectra.")
    ],
    half: Annotated[
        str, typer.Option("--half", help="Which half of the stars: fit, report or none (both).")
    ] = "fit",
    pattern: Annotated[
        Path | None, typer.Option("--pattern", help="Write the red arm's pattern to this CSV.")
    ] = None,
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Measure the numbers of params.yaml's block `observe` on real spectra."""
    with one_line_errors():
        from lcgan.params import load
        from lcgan.priors import run

        block = load(params, overrides or ()).observe
        typer.echo(run(paths, half, pattern, block, partial(typer.echo, err=True)), nl=False)


@app.command("study", rich_help_panel=STUDIES)
def study(
    engine: Engine = "local",
    address: Address = None,
    workers: Workers = None,
    only_tables: OnlyTables = False,
    hand_out: HandOut = None,
    take_in: TakeIn = None,
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Train forms x GAN checkpoints x seeds (Figure 7 at full size); resumes: reports/study."""
    with one_line_errors():
        from lcgan import study
        from lcgan.params import load

        options = engine, address, workers, only_tables
        here = options != ("local", None, None, False)
        if here + (hand_out is not None) + (take_in is not None) > 1:
            raise UserError(
                "study: --hand-out, --take-in: one alone, without --tables and options of an engine"
            )
        loaded = load(params, overrides or ())
        if hand_out is not None:
            found = study.hand_out(loaded, typer.echo, hand_out)
        elif take_in is not None:
            found = study.take_in(loaded, typer.echo, take_in)
        else:
            found = study.run(loaded, typer.echo, *options)
        conclude("study", found)


@app.command("gan_study", rich_help_panel=STUDIES)
def gan_study(
    engine: Engine = "local",
    address: Address = None,
    workers: Workers = None,
    only_tables: OnlyTables = False,
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Train LCGAN but for one thing each, and GANs on few O spectra; resumes: reports/study."""
    with one_line_errors():
        from lcgan.gan_study import run
        from lcgan.params import load

        options = engine, address, workers, only_tables
        found = run(load(params, overrides or ()), typer.echo, *options)
        conclude("gan_study", found)


@app.command("reproduce", rich_help_panel=WHOLE)
def reproduce(
    jobs: Annotated[
        int, typer.Option("--jobs", help="Stages at a time; one takes up to 3 GiB of memory.")
    ] = 2,
) -> None:
    """Do what `dvc repro` does, with stages side by side that do not need one another."""
    with one_line_errors():
        from lcgan.reproduce import run

        found = run(typer.echo, jobs)
        conclude("reproduce", found)


@app.command("scale", rich_help_panel=WHOLE)
def scale(
    name: Annotated[
        str, typer.Argument(help="default, paper or tiny; without it the scale stays as it is.")
    ] = "",
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Choose the sizes of the experiment: sets `scale` in the parameter file."""
    from lcgan.scale import choose

    with one_line_errors():
        typer.echo(f"scale: {choose(name, params)}")
