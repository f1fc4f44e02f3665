"""`lcgan score`: stores and folders of any size through the registered model, into shards."""

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from tqdm import tqdm

from lcgan.errors import UserError
from lcgan.finding import Finding
from lcgan.quiet import silenced
from lcgan.survey import models, plan
from lcgan.survey.folder import MODEL, SCRATCH, Manifest, claimed
from lcgan.survey.plan import SHARD_SIZE, Plan, Shard
from lcgan.survey.shard import Line, first_rejected, kept
from lcgan.tracking.served import NETWORKS
from lcgan.trials import engines

#: From shards and a `Scorer`'s makings to what became of each.
Engine = Callable[..., Iterator[Line]]


def run(
    paths: Sequence[str],
    out: Path,
    model_uri: str | None = None,
    engine: str = "local",
    address: str | None = None,
    workers: int | None = None,
    precision: str = "float32",
    shard_size: int = SHARD_SIZE,
    evidence: bool = False,
) -> Finding:
    """Score spectra into ``part-*.parquet`` and ``manifest.json``.

    Parameters
    ----------
    paths : sequence of str
        Packed stores; FITS files, folders and patterns.
    out : Path
        The folder. Parts of the same run that are there are kept; another run is refused.
    model_uri : str, optional
        As `lcgan.classify.classify` has it.
    engine : {"local", "ray"}
    address : str, optional
        A Ray cluster's; without it Ray runs on this machine alone.
    workers : int, optional
        Processes or actors, one thread each; all CPUs without it.
    precision : {"float32", "int8"}
    shard_size : int
        Spectra of a shard.
    evidence : bool
        Whether the columns of `lcgan.evidence.columns` are wanted too.

    Raises
    ------
    UserError
        If an option, an input or the model is of no use, or `out` belongs to another run.
    """
    engines.check(engine, address, workers)
    if precision not in NETWORKS:
        raise UserError(f"--precision {precision}: not known; use one of {', '.join(NETWORKS)}")
    shards = plan.make(paths, shard_size)
    with claimed(out), tempfile.TemporaryDirectory(dir=out, prefix=SCRATCH) as scratch:
        fetched = Path(scratch) / MODEL
        model = models.fetch(model_uri or models.default_model(), fetched)
        manifest = Manifest(out, shards, model, precision, evidence)
        manifest.begin()
        manifest.place(fetched)
        scorer = (out, manifest.digest, precision, shards.folder, evidence)
        with _opened(engine, address, workers) as (score, n_workers):
            lines, failed = _scored(shards, score, n_workers, scorer)
        if changed := shards.changed():
            raise UserError(
                f"{changed}: changed while it was scored; remove {out} and run it again"
            )
        found = manifest.write(lines, failed)
    return _finding(out, found, model)


def _scored(
    shards: Plan, score: Engine, workers: int, scorer: tuple
) -> tuple[list[Line], list[Line]]:
    """Score every shard that is not there yet; return the parts' figures and the failures."""
    out, digest = scorer[:2]
    lines, failed = {}, {}
    with tqdm(total=shards.size, unit="spectrum", desc="score", disable=None) as bar:

        def missing() -> Iterator[Shard]:
            for shard in shards.shards():
                if (line := kept(out / shard.name, digest)) is not None:
                    lines[shard.name] = line
                    bar.update(shard.size)
                else:
                    yield shard

        waiting = missing()
        first = next(waiting, None)
        if first is not None:
            with closing(score(_chained(first, waiting), workers, *scorer)) as done:
                for line in done:
                    (failed if "reason" in line else lines)[line["file"]] = line
                    bar.update(line.get("spectra", 0))
    return _in_order(lines), _in_order(failed)


def _in_order(lines: dict[str, Line]) -> list[Line]:
    """Return the lines by their parts' numbers."""
    return [lines[name] for name in sorted(lines, key=lambda name: (len(name), name))]


def _chained(first: Shard, others: Iterator[Shard]) -> Iterator[Shard]:
    yield first
    yield from others


@contextmanager
def _opened(engine: str, address: str | None, workers: int | None) -> Iterator[tuple[Engine, int]]:
    """Yield an engine and how many workers it has."""
    cores = len(os.sched_getaffinity(0))
    if engine == "local":
        from lcgan.survey import local

        yield local.score, workers or cores
        return
    from lcgan.survey import on_ray
    from lcgan.trials.on_ray import connected

    on_ray.quieten()
    with ExitStack() as open_until_done:
        with silenced():  # Ray's core tells that it was told to be quiet
            cluster = open_until_done.enter_context(connected(address, workers, cores))
        yield on_ray.score, cluster.workers


def _finding(out: Path, found: dict, model: models.Model) -> Finding:
    """Return the closing line, and one line of each failed shard."""
    failures = [f"{line['file']}: {line['reason']}" for line in found["failed"]]
    usable = found["spectra"] - found["rejected"]
    line = (
        f"{usable:,} of {found['spectra']:,} spectra scored by {model.uri}, "
        f"{found['called'].get('O', 0):,} called O: {out}/manifest.json and "
        f"{len(found['shards']):,} part{'' if len(found['shards']) == 1 else 's'}"
    )
    if not usable and not failures:
        path, reason = first_rejected(out / found["shards"][0]["file"])
        failures = [f"no spectrum could be used, {path}: {reason}; the parts have every reason"]
    elif failures:
        line += f"; {len(failures):,} of {found['n_shards']:,} shards failed: run it again"
    return Finding(line, failures)
