"""The command line: one command per stage, and the user's own. No work is done here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from lcgan.errors import UserError
from lcgan.finding import Finding

app = typer.Typer(
    name="lcgan",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hunt O-type stars in LAMOST spectra with a locally connected GAN.",
)

STAGES = "Stages of the pipeline (dvc repro runs them in this order)"
USERS = "For your own spectra"
STUDIES = "Beyond the pipeline"
WHOLE = "The whole pipeline"

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
ModelName = Annotated[str, typer.Option("--model", help="Which GAN: lcgan or sgan.")]


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


def _number(n: int, of: str) -> str:
    """Return so many of something, in the plural but for one."""
    return f"{n:,} {of}" + ("" if n == 1 else "s")


def _conclude(command: str, found: Finding) -> None:
    """Say what failed and where the result is; exit status 1 if anything failed."""
    for failure in found.failures:
        typer.echo(f"lcgan: {command}: {failure}", err=True)
    typer.echo(f"{command}: {found.line}")
    if found.failures:
        raise typer.Exit(1)


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


@app.command("report", rich_help_panel=STAGES)
def report(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Write reports/report.html, its tables, figures and reports/summary.json."""
    _run_stage("report", params, overrides)


@app.command("register", rich_help_panel=STAGES)
def register(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Register the chosen arm's median model in MLflow for use elsewhere."""
    _run_stage("register", params, overrides)


@app.command("transfer", rich_help_panel=STAGES)
def transfer(params: ParamsFile = Path("params.yaml"), overrides: Overrides = None) -> None:
    """Try the registered model on unseen and on labelled real spectra: reports/transfer.json."""
    _run_stage("transfer", params, overrides)


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

        typer.echo(run(paths, half, pattern, load(params, overrides or ()).observe), nl=False)


@app.command("study", rich_help_panel=STUDIES)
def study(
    engine: Engine = "local",
    address: Address = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            help="Trials at a time, one thread each.",
            show_default="study.workers; on a cluster all its CPUs",
        ),
    ] = None,
    params: ParamsFile = Path("params.yaml"),
    overrides: Overrides = None,
) -> None:
    """Train forms x GAN checkpoints x seeds (Figure 7 at full size); resumes: reports/study."""
    with one_line_errors():
        from lcgan.params import load
        from lcgan.study import run

        found = run(load(params, overrides or ()), typer.echo, engine, address, workers)
        _conclude("study", found)


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
        _conclude("reproduce", found)


@app.command("scale", rich_help_panel=WHOLE)
def scale(
    name: Annotated[
        str, typer.Argument(help="default or paper; without it the scale stays as it is.")
    ] = "",
    params: ParamsFile = Path("params.yaml"),
) -> None:
    """Choose the sizes of the experiment: sets `scale` in the parameter file."""
    from lcgan.scale import choose

    with one_line_errors():
        typer.echo(f"scale: {choose(name, params)}")


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
        _conclude("fetch", found)


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
        _conclude("score", found)


if __name__ == "__main__":
    app()
