"""`lcgan ingest`: a folder of LAMOST FITS, tars too, becomes one packed HDF5 and its catalogue."""

import csv
import math
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import numpy as np
from tqdm import tqdm

from lcgan.errors import UserError
from lcgan.files import replacing
from lcgan.params import Params
from lcgan.spectra import store
from lcgan.spectra.catalogue import COLUMNS
from lcgan.spectra.found import SUFFIXES, batches, below, is_tar, text_of, unpacked
from lcgan.spectra.hdf5 import naming
from lcgan.spectra.packing import Packed, pack_many
from lcgan.spectra.tars import Member
from lcgan.stages.paths import CATALOGUE, RAW, REJECTS, SPECTRA, STELIB
from lcgan.workers import worker_pool

#: Files that a process packs at a time: some 0.1 s of work, 2 MB of results.
CHUNK = 64
#: What the members of tars in a chunk may take together.
CHUNK_BYTES = 16 << 20
#: Reasons named when nothing could be read.
N_REASONS = 3


def run(params: Params, tracker) -> str:
    """Pack `data/raw/<ingest.source>`; returns the closing line.

    Raises
    ------
    UserError
        If the folder is missing, holds no FITS files or none that can be used, or an output
        cannot be written.
    """
    source = RAW / params.ingest.source
    files = find_files(source)
    tracker.inputs(source)
    with ExitStack() as outputs:
        writer = outputs.enter_context(store.writing(SPECTRA))
        catalogue = Lines(outputs, CATALOGUE, list(COLUMNS))
        rejects = Lines(outputs, REJECTS, ["file", "reason"])
        bar = outputs.enter_context(
            tqdm(total=_how_many(files), unit="file", desc="ingest", disable=None)
        )
        seen = Observations()
        reasons: list[str] = []
        n_files = n_rejected = 0
        for chunk, results in outputs.enter_context(closing(_packed_in_order(files, params))):
            kept: list[Packed] = []
            for file, result in zip(map(text_of, chunk), results, strict=True):
                reason = result if isinstance(result, str) else seen.duplicate(file, result)
                if reason is None:
                    catalogue.write(_line(writer.n_rows + len(kept), file, result))
                    kept.append(result)
                else:
                    n_rejected += 1
                    rejects.write([file, reason])
                    if len(reasons) < N_REASONS:
                        reasons.append(f"{file.rpartition('/')[2]}: {reason}")
            _append(writer, kept)
            n_files += len(chunk)
            bar.update(len(chunk))
        n_spectra = writer.n_rows
        if not n_spectra:
            raise UserError(f"{source}: none of {n_files} files is usable: {'; '.join(reasons)}")
        for output in (writer, catalogue, rejects):
            output.flush()
    tracker.metrics({"n_spectra": n_spectra, "n_rejected": n_rejected})
    tracker.artifact(REJECTS)
    return f"{n_spectra:,} spectra in {SPECTRA}, {n_rejected:,} files rejected (see {REJECTS})"


def find_files(source: Path) -> list[str]:
    """Return the FITS files and tars below a folder, see `lcgan.spectra.found.below`.

    Raises
    ------
    UserError
        If the folder is missing or holds none.
    """
    if not source.is_dir():
        mend = "run `lcgan observe`" if source == STELIB else "put your LAMOST files there"
        raise UserError(
            f"{source}: no such folder; {mend}, or name another folder below {RAW} in params.yaml "
            "(ingest.source)"
        )
    files = below(source)
    if not files:
        raise UserError(
            f"{source}: no file ends in {', '.join(SUFFIXES)}; put LAMOST spectra there"
        )
    return files


class Observations:
    """Remembers which observation came from which file.

    Two files are of one observation if their OBSID is the same or, where one of them has none
    (DR1 and DR2), if night, plan, spectrograph and fibre are.
    """

    def __init__(self) -> None:
        self._by_obsid: dict[int, str] = {}
        self._by_fibre: dict[str, str] = {}
        self._without_obsid: dict[str, str] = {}

    def duplicate(self, file: str, packed: Packed) -> str | None:
        """Return why the file is a duplicate, or remember it and return None."""
        obsid, fibre = packed.entry["obsid"], packed.fibre
        if obsid is None:
            first = self._by_fibre.get(fibre)
        else:
            first = self._by_obsid.get(obsid) or self._without_obsid.get(fibre)
        if first:
            return f"duplicate: observation {packed.entry['observation']} is already in {first}"
        self._by_fibre.setdefault(fibre, file)
        if obsid is None:
            self._without_obsid.setdefault(fibre, file)
        else:
            self._by_obsid.setdefault(obsid, file)
        return None


class Lines:
    """A CSV that takes the place of `path` when `outputs` close, written line by line."""

    def __init__(self, outputs: ExitStack, path: Path, columns: Sequence[str]):
        self._path = path
        part = outputs.enter_context(replacing(path))
        self._handle = outputs.enter_context(part.open("w", newline="", encoding="utf-8"))
        self._writer = csv.writer(self._handle, lineterminator="\n")
        self.write(columns)

    def write(self, values: Sequence[object]) -> None:
        """Write a line."""
        with naming(self._path):
            self._writer.writerow(values)

    def flush(self) -> None:
        """Hand what was written to the disk."""
        with naming(self._path):
            self._handle.flush()


def _line(row: int, file: str, packed: Packed) -> list[object]:
    """Return a catalogue line; missing values are empty."""
    entry = packed.entry | {"row": row, "file": file}
    values = [entry[name] for name in COLUMNS]
    return ["" if isinstance(v, float) and math.isnan(v) else v for v in values]


def _append(writer: store.Writer, kept: Sequence[Packed]) -> None:
    if kept:
        spectra = [packed.spectrum for packed in kept]
        writer.append(
            *(np.stack([getattr(s, n) for s in spectra]) for n in ("flux", "ivar", "mask"))
        )


def _how_many(files: Sequence[str]) -> int | None:
    """Return the number of files; None where tars hold nobody knows how many."""
    return None if any(map(is_tar, files)) else len(files)


def _packed_in_order(
    files: Sequence[str], params: Params
) -> Iterator[tuple[Sequence[str | Member], list[Packed | str]]]:
    """Yield chunks of files with their results, in order; few chunks are in memory at a time.

    Tars are read here, and what they hold is handed to the processes.
    """
    limit, workers = params.ingest.max_masked_fraction, params.ingest.workers
    chunks = batches(unpacked(files), CHUNK, CHUNK_BYTES)
    if workers == 1 or (_how_many(files) or CHUNK + 1) <= CHUNK:
        for chunk in chunks:
            yield chunk, pack_many(chunk, limit)
        return
    waiting: deque = deque()
    with worker_pool(workers, "ingest") as pool:
        for chunk in chunks:
            waiting.append((chunk, pool.submit(pack_many, chunk, limit)))
            if len(waiting) > 2 * workers:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()
