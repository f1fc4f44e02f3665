"""What several commands share: options, and how a mistake or a result is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from lcgan.errors import UserError
from lcgan.finding import Finding

ParamsFile = Annotated[Path, typer.Option("--params", help="The parameter file.")]
Overrides = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        help="KEY=VALUE over the parameter file, dotted; repeat it or put semicolons between. "
        "An empty VALUE changes nothing.",
    ),
]
Engine = Annotated[
    str, typer.Option("--engine", help="Where it runs: local (worker processes) or ray.")
]
Address = Annotated[
    str | None,
    typer.Option("--address", help="A Ray cluster's: auto, HOST:6379 or ray://HOST:10001."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers",
        help="Trials at a time, one thread each.",
        show_default="study.workers; on a cluster all its CPUs",
    ),
]
OnlyTables = Annotated[
    bool,
    typer.Option(
        "--tables", help="Run nothing: write the tables of the trials that have finished."
    ),
]


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn the user's mistakes into one line and exit status 1, an interrupt into 130."""
    try:
        yield
    except UserError as error:
        typer.echo(f"lcgan: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("lcgan: interrupted; nothing is half written", err=True)
        raise typer.Exit(130) from None


def conclude(command: str, found: Finding) -> None:
    """Say what failed and where the result is; exit status 1 if anything failed."""
    for failure in found.failures:
        typer.echo(f"lcgan: {command}: {failure}", err=True)
    typer.echo(f"{command}: {found.line}")
    if found.failures:
        raise typer.Exit(1)
