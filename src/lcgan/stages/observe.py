"""The stage `observe`: STELIB's real stars as LAMOST would have seen them, as FITS files."""

import csv
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import closing
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.files import replacing
from lcgan.params import Observe, Params
from lcgan.seeds import rng_of
from lcgan.spectra.lamost_write import write_lamost
from lcgan.stages import paths
from lcgan.stars.header import OBSID_PER_STAR, cards, catalogue_rows
from lcgan.stars.instrument import COEFF0, COEFF1
from lcgan.stars.library import Star, load_library
from lcgan.stars.reobserve import reobserve
from lcgan.workers import worker_pool

#: Observations of one star made together: enough to share its blurring, few enough for memory.
BATCH = 64


def run(params: Params, tracker) -> str:
    """Write `data/raw/stelib/`: one FITS file per re-observation, and `catalogue.csv`.

    Returns
    -------
    str
        Where the files are, and how many.

    Raises
    ------
    UserError
        If the library is missing, a class asks for more than the numbering holds, or the folder
        cannot be written; nothing half written is left.
    """
    start = time.perf_counter()
    stars = load_library()
    tasks = list(plan(stars, params))
    with replacing(paths.STELIB) as folder:
        folder.mkdir()
        rows = _observe_all(tasks, folder, params)
        _write_catalogue(folder / "catalogue.csv", rows)
    seconds = time.perf_counter() - start
    n_classes = len({row["class"] for row in rows})
    tracker.metrics(
        {"n_spectra": len(rows), "n_stars": len({row["star"] for row in rows})}
        | {f"n_spectra_{c}": n for c, n in params.observe.n_spectra.items()}
    )
    return (
        f"{paths.STELIB}: {len(rows)} spectra of {n_classes} classes in {seconds:.0f} s; "
        f"listed in {paths.STELIB / 'catalogue.csv'}"
    )


def plan(stars: list[Star], params: Params) -> Iterator[tuple[Star, np.ndarray]]:
    """Yield (star, indices of its observations) in batches, spread evenly over a class's stars.

    A remainder goes to the first stars of a seeded order, so a greater count adds observations
    and takes none away.
    """
    for class_, count in params.observe.n_spectra.items():
        members = [star for star in stars if star.class_ == class_]
        if not members:
            raise UserError(
                f"params.yaml: observe.n_spectra.{class_}: the library has no such star"
            )
        each, rest = divmod(count, len(members))
        if each >= OBSID_PER_STAR:
            most = OBSID_PER_STAR * len(members)
            raise UserError(f"params.yaml: observe.n_spectra.{class_}: {count} is above {most}")
        order = rng_of(params.seed, "observe", class_).permutation(len(members))
        more = set(order[:rest].tolist())
        for rank, star in enumerate(members):
            total = each + (rank in more)
            for first in range(0, total, BATCH):
                yield star, np.arange(first, min(first + BATCH, total))


def observe_batch(
    star: Star, index: np.ndarray, priors: Observe, seed: int, folder: Path
) -> list[dict]:
    """Re-observe a star, write each observation into `folder`, return its catalogue rows."""
    seen = reobserve(star, index, priors, seed)
    rows = list(catalogue_rows(star, seen))
    for i, row in enumerate(rows):
        bands = {band: snr[i] for band, snr in seen.band_snr.items()}
        write_lamost(
            folder / row["file"],
            cards(star, row, bands),
            *(seen.flux[i], seen.ivar[i], seen.andmask[i], seen.ormask[i]),
            *(COEFF0, COEFF1),
        )
    return rows


def _observe_all(tasks: list, folder: Path, params: Params) -> list[dict]:
    """Run every batch, over processes; the result does not depend on their number."""
    from tqdm import tqdm

    rows: list[dict] = []
    total = sum(len(index) for _, index in tasks)
    fixed = (params.observe, params.seed, folder)
    with tqdm(total=total, desc="observe", unit=" spectra", disable=None) as bar:
        if params.observe.workers == 1:
            for star, index in tasks:
                rows += observe_batch(star, index, *fixed)
                bar.update(len(index))
        else:
            with closing(_over_processes(tasks, fixed, params.observe.workers)) as batches:
                for done in batches:
                    rows += done
                    bar.update(len(done))
    return sorted(rows, key=lambda row: row["file"])


def _over_processes(tasks: list, fixed: tuple, workers: int) -> Iterator[list[dict]]:
    """Yield each batch's rows as they come; on any error, no process is left writing."""
    with worker_pool(workers, "observe") as pool:
        pending = {pool.submit(observe_batch, *task, *fixed) for task in tasks}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()


def _write_catalogue(path: Path, rows: list[dict]) -> None:
    """Write the rows as CSV, sorted by file."""
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
