"""The files that a user names."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from lcgan.errors import UserError
from lcgan.spectra.found import SUFFIXES, below
from lcgan.spectra.tars import count
from lcgan.workers import worker_pool

#: Gzipped tars have to be unzipped to be counted; above this, processes are worth their start.
MANY_BYTES = 256 << 20


def find_files(paths: Sequence[str], known: set[Path] | None = None) -> list[Path]:
    """Return the files that the user named, each once, folders and patterns in sorted order.

    A folder is searched for FITS files and tars; a FITS file that is named itself may be called
    anything. A name that matches nothing is returned as it is, so that the table says it is not
    there: or it is in a tar, ``night.tar.gz/its/spectrum.fits``.

    Parameters
    ----------
    paths : sequence of str
    known : set of Path, optional
        Resolved files to leave out; those found are added.

    Raises
    ------
    UserError
        If there is not one file, known or not.
    """
    known = set() if known is None else known
    found: list[Path] = []
    n_named = 0
    for path in paths:
        for file in _files_at(path):
            n_named += 1
            resolved = Path(os.path.realpath(file))  # also of what no one may look into
            if resolved not in known:
                known.add(resolved)
                found.append(file)
    if not n_named:
        raise UserError(
            f"{', '.join(paths)}: no file ends in {', '.join(SUFFIXES)}; name FITS files, tars or "
            "folders that hold them"
        )
    return found


def counted(tars: Sequence[str]) -> list[int]:
    """Return how many members each tar has; large ones are gone through side by side.

    A bar tells how much of them is done: of a tar alone as it is gone through, of several tar by
    tar.
    """
    sizes = [os.path.getsize(tar) if os.path.isfile(tar) else 0 for tar in tars]
    workers = min(len(tars), len(os.sched_getaffinity(0)))
    off = True if sum(sizes) < MANY_BYTES else None  # gone through before anyone reads it
    with tqdm(total=sum(sizes), unit="B", unit_scale=True, desc="count", disable=off) as bar:
        if workers < 2 or off:
            return [count(tar, bar.update) for tar in tars]
        counts = []
        with worker_pool(workers, "score") as pool:
            for size, n_members in zip(sizes, pool.map(count, tars), strict=True):
                counts.append(n_members)
                bar.update(size)
        return counts


def _files_at(path: str) -> Iterator[Path]:
    matches = [path] if os.path.lexists(path) else sorted(glob.glob(path, recursive=True))
    for match in map(Path, matches or [path]):
        if os.path.isdir(match):
            yield from map(Path, below(match))
        else:
            yield match
