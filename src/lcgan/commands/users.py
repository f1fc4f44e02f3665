"""Commands for one's own spectra."""

from pathlib import Path
from typing import Annotated

import typer

from lcgan.commands.shared import (
    Address,
    Engine,
    Overrides,
    ParamsFile,
    conclude,
    one_line_errors,
)

app = typer.Typer()

USERS = "For your own spectra"


def _number(n: int, of: str) -> str:
    """Return so many of something, in the plural but for one."""
    return f"{n:,} {of}" + ("" if n == 1 else "s")


@app.command("fetch", rich_help_panel=USERS)
def fetch(
    release: Annotated[str, typer.Option("--release", help="LAMOST's data release.")] = "dr10",
    version: Annotated[str, typer.Option("--version", help="Its version.")] = "v2.0",
    obsid_file: Annotated[
        Path | None, typer.Option("--obsid-file", help="A list of OBSIDs, one a line.")
    ] = None,
    catalogue: Annotated[
        Path | None,
        typer.Option("--catalogue", help="A LAMOST catalogue: FITS table or CSV, gzipped or not."),
    ] = None,
    cone: Annotated[
        tuple[float, float, float] | None,
        typer.Option("--cone", metavar="RA DEC RADIUS", help="Around a place, degrees (ICRS)."),
    ] = None,
    subclass: Annotated[
        list[str] | None,
        typer.Option(
            "--subclass", help="Of the table only this class (O) or subclass (B6); repeat."
        ),
    ] = None,
    at_most: Annotated[
        int | None, typer.Option("--max", help="So many of them, drawn by the seed.")
    ] = None,
    out: Annotated[
        Path, typer.Option("--out", help="The folder of files and manifest.csv.")
    ] = Path("data/raw/lamost"),
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            help="A file with your token that only you can read (chmod 600).",
            show_default="the variable LAMOST_TOKEN, else ~/.config/lcgan/lamost-token, else none",
        ),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option("--archive", help="A mirror's address, https.", show_default="fetch.archive"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be fetched.")
    ] = False,
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Fetch low-resolution spectra from LAMOST's archive, politely; resumes if run again."""
    with one_line_errors():
        from lcgan.fetch import Wanted, run
        from lcgan.params import load

        wanted = Wanted(obsid_file, catalogue, cone, tuple(subclass or ()), at_most)
        loaded = load(params, overrides or ())
        found = run(loaded, release, version, wanted, out, token_file, dry_run, archive)
        conclude("fetch", found)


@app.command("classify", rich_help_panel=USERS)
def classify(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...", help="LAMOST FITS files, tars of them, folders and globs."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="The table to write: .csv or .parquet.")],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="MLflow address or folder of a model.",
            show_default="the champion of this project's store, else its candidate",
        ),
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="A page of the candidates to look at: .html.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            help="Least p_O of a candidate.",
            show_default="whatever is called O",
        ),
    ] = None,
    purity: Annotated[
        float | None,
        typer.Option(
            "--purity", help="Choose the threshold for this share of O among the candidates."
        ),
    ] = None,
    prevalence: Annotated[
        float, typer.Option("--prevalence", help="Share of O stars among all spectra, for purity.")
    ] = 1.7e-5,
) -> None:
    """Find O-type stars among LAMOST spectra: one row per file, best candidates first."""
    with one_line_errors():
        from lcgan.classify import classify as run

        done = run(paths, out, model, page, threshold, purity, prevalence)
        for line in done.said:
            typer.echo(f"classify: {line}")
        typer.echo(
            f"classify: {done.n_read:,} of {_number(done.n_files, 'file')} classified by "
            f"{done.model}, "
            f"{done.n_o:,} called O, {done.n_outliers:,} unlike any training spectrum, "
            f"{_number(done.n_candidates, 'candidate')}: {out}" + (f", {page}" if page else "")
        )


@app.command("score", rich_help_panel=USERS)
def score(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH...",
            help="Packed stores (.h5, of `ingest`); LAMOST FITS files, tars, folders and globs.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="The folder of Parquet parts and manifest.json.")
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="MLflow address or folder of an o-star model.",
            show_default="the champion of this project's store, else its candidate",
        ),
    ] = None,
    engine: Engine = "local",
    address: Address = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            help="Processes or actors, one thread and one model each.",
            show_default="all CPUs",
        ),
    ] = None,
    precision: Annotated[
        str, typer.Option("--precision", help="float32, or int8: faster, not quite the same.")
    ] = "float32",
    shard_size: Annotated[int, typer.Option("--shard-size", help="Spectra of a part.")] = 2048,
    evidence: Annotated[
        bool,
        typer.Option("--evidence", help="Outliers and equivalent widths too, as `classify` has."),
    ] = False,
) -> None:
    """Score any number of spectra into Parquet parts, in their order; resumes if run again."""
    with one_line_errors():
        from lcgan.score import run

        found = run(paths, out, model, engine, address, workers, precision, shard_size, evidence)
        conclude("score", found)
