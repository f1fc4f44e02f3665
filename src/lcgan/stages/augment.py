"""The stage `augment`: stars of every class re-observed with wide physics, for the survey arm."""

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from lcgan.errors import UserError
from lcgan.files import read_json, replacing
from lcgan.params import Params
from lcgan.seeds import rng_of, seed_of
from lcgan.spectra import store
from lcgan.spectra.resample import resample
from lcgan.stages import paths
from lcgan.stars.instrument import lamost_wavelength
from lcgan.stars.library import CLASSES, Star, load_library
from lcgan.stars.reobserve import reobserve
from lcgan.stars.temperature import atmospheres, class_by_temperature, class_by_type
from lcgan.workers import worker_pool

#: Observations of one star made together.
BATCH = 64
#: Added to the seed's names, so that no observation of `observe` is made a second time.
SEED = "augment"
COLUMNS = (
    *("row", "set", "class", "star", "library", "spectral_type"),
    *("ebv", "radial_velocity", "snr", "v_sin_i", "nebular_h_alpha", "masked_pixels"),
)


@dataclass(frozen=True)
class Task:
    """Observations of one star: which, the set they belong to, and the class they are given."""

    star: Star
    index: np.ndarray
    part: str
    class_: str


def run(params: Params, tracker) -> str:
    """Write data/augmented/: the packed store of re-observations, and its catalogue.

    Raises
    ------
    UserError
        If a class has too few stars, or a file cannot be written; nothing half written is left.
    """
    from tqdm import tqdm

    tracker.inputs(paths.DATASETS)
    stars = load_library(params.augment.libraries)
    tasks = plan(stars, params, read_json(paths.DATASETS)["stars_kept_out"])
    total = sum(len(task.index) for task in tasks)
    counts: dict[tuple[str, str], int] = {}
    with (
        store.writing(paths.AUGMENTED) as writer,
        replacing(paths.AUGMENTED_CATALOGUE) as part,
        part.open("w", newline="") as handle,
        tqdm(total=total, desc="augment", unit=" spectra", disable=None) as bar,
    ):
        table = csv.DictWriter(handle, COLUMNS, lineterminator="\n")
        table.writeheader()
        for task, (spectra, rows) in zip(tasks, _observed(tasks, params), strict=True):
            for number, row in enumerate(rows, start=writer.n_rows):
                table.writerow({"row": number, **row})
            writer.append(*spectra)
            key = (task.part, task.class_)
            counts[key] = counts.get(key, 0) + len(rows)
            bar.update(len(rows))
    tracker.metrics({f"n.{part}.{name}": n for (part, name), n in sorted(counts.items())})
    of = {part: sum(n for (p, _), n in counts.items() if p == part) for part, _ in counts}
    said = ", ".join(f"{n:,} {part}" for part, n in of.items())
    n_stars = len({task.star.name for task in tasks})
    return f"{total:,} spectra of {n_stars} stars ({said}): {paths.AUGMENTED}"


def plan(stars: Sequence[Star], params: Params, kept_out: dict[str, list[str]]) -> list[Task]:
    """Return what is to be observed: whole stars unseen, others for training and selection.

    Parameters
    ----------
    stars : sequence of Star
    params : Params
    kept_out : dict of list of str
        By class, the stars that the stage `datasets` keeps out of every training: unseen here too.

    Raises
    ------
    UserError
        If no star of a class is left to train on.
    """
    block, air = params.augment, atmospheres()
    tasks = []
    for name in CLASSES:
        of_class = [star for star in stars if class_by_type(star) == name]
        unseen = unseen_stars(of_class, name, params, kept_out.get(name, []))
        seen = [star for star in of_class if star.name not in unseen]
        early = _selection_stars(seen, name, params)
        parts = {
            "unseen": ([s for s in of_class if s.name in unseen], block.n_unseen[name]),
            "selection": (
                [s for s in seen if s.name in early] or seen,
                round(block.n_spectra[name] * block.selection_fraction),
            ),
            "train": ([s for s in seen if s.name not in early], block.n_spectra[name]),
        }
        for part, (members, count) in parts.items():
            for star, first, n in _spread(members, count, rng_of(params.seed, SEED, part, name)):
                # selection observations come after the training ones of the same star
                offset = first + (block.n_spectra[name] if part == "selection" else 0)
                temperature, log_g = air.get(star.name, (math.nan, math.nan))
                class_ = class_by_temperature(name, temperature, log_g, block.temperatures)
                tasks.append(Task(star, np.arange(offset, offset + n), part, class_))
    return tasks


def unseen_stars(
    stars: Sequence[Star], name: str, params: Params, kept_out: Sequence[str]
) -> set[str]:
    """Return the stars of a class that training never sees.

    Those that `datasets` keeps out, more by seed up to `augment.unseen_stars`, and all of a
    library that `augment.test_only` names.

    Raises
    ------
    UserError
        If that leaves none.
    """
    block = params.augment
    foreign = {s.name for s in stars if name in block.test_only.get(s.library, [])}
    own = sorted(s.name for s in stars if s.name not in foreign)
    chosen = sorted(set(own) & set(kept_out))
    others = [star for star in own if star not in chosen]
    more = max(0, block.unseen_stars[name] - len(chosen))
    if more >= len(others):
        raise UserError(
            f"augment.unseen_stars.{name}: {block.unseen_stars[name]} of {len(own)} stars kept out "
            "leave none to train on; lower it"
        )
    drawn = rng_of(params.seed, SEED, "unseen", name).choice(len(others), more, replace=False)
    return foreign | set(chosen) | {others[i] for i in drawn}


def _selection_stars(seen: Sequence[Star], name: str, params: Params) -> set[str]:
    """Draw whole stars for selection; none where a class has few: then other observations."""
    names = sorted(star.name for star in seen)
    count = round(len(names) * params.augment.selection_fraction)
    if len(names) < 10:
        return set()
    drawn = rng_of(params.seed, SEED, "selection", name).choice(len(names), count, replace=False)
    return {names[i] for i in drawn}


def _spread(
    stars: Sequence[Star], count: int, rng: np.random.Generator
) -> Iterator[tuple[Star, int, int]]:
    """Yield (star, first observation, how many) so that all stars have as many but one."""
    if not stars:
        return
    each, rest = divmod(count, len(stars))
    more = set(rng.permutation(len(stars))[:rest].tolist())
    for rank, star in enumerate(stars):
        total = each + (rank in more)
        for first in range(0, total, BATCH):
            yield star, first, min(BATCH, total - first)


def observe_task(task: Task, priors, seed: int) -> tuple[tuple[np.ndarray, ...], list[dict]]:
    """Observe, put on the packed grid; return (flux, ivar, mask) and the catalogue's rows."""
    seen = reobserve(task.star, task.index, priors, seed)
    wavelength = lamost_wavelength()
    bad = (seen.ivar <= 0) | (seen.flux == 0) | (seen.andmask > 0)
    packed = [resample(wavelength, *one) for one in zip(seen.flux, seen.ivar, bad, strict=True)]
    draws = seen.draws
    rows = [
        {
            "set": task.part,
            "class": task.class_,
            "star": task.star.name,
            "library": task.star.library,
            "spectral_type": task.star.spectral_type,
            "ebv": round(float(draws.ebv[i]), 4),
            "radial_velocity": round(float(draws.radial_velocity[i]), 2),
            "snr": round(float(draws.snr[i]), 2),
            "v_sin_i": round(float(draws.v_sin_i[i]), 1),
            "nebular_h_alpha": round(float(draws.nebula[i]), 3),
            "masked_pixels": int(one.mask.sum()),
        }
        for i, one in enumerate(packed)
    ]
    arrays = tuple(
        np.stack([getattr(one, key) for one in packed]) for key in ("flux", "ivar", "mask")
    )
    return arrays, rows


def _observed(tasks: Sequence[Task], params: Params) -> Iterator:
    """Yield each task's spectra and rows, in order; the result does not depend on the processes."""
    one = partial(observe_task, priors=params.augment_priors(), seed=seed_of(params.seed, SEED))
    if params.augment.workers == 1:
        yield from map(one, tasks)
        return
    with worker_pool(params.augment.workers, "augment") as pool:
        yield from pool.map(one, tasks)
