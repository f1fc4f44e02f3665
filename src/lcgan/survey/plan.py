"""How the inputs are cut into shards: the same inputs, the same shards."""

import glob
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path

import h5py

from lcgan.errors import UserError
from lcgan.spectra.found import is_tar, tar_above, text_of
from lcgan.spectra.grid import grid_hash, wavelength_grid
from lcgan.spectra.hdf5 import opened
from lcgan.survey.catalogue_lines import is_of_ingest, starts
from lcgan.survey.inputs import counted, find_files

#: Spectra of a shard: a second of work, 70 kB of output.
SHARD_SIZE = 2048
#: Beside a store, what it is of.
CATALOGUE = "catalogue.csv"
#: How stores' names end; one that is named outright may end otherwise.
SUFFIXES = (".h5", ".hdf5")


@dataclass(frozen=True)
class Shard:
    """A part of one input: some rows of a store, some files, or some members of a tar.

    Attributes
    ----------
    number : int
        From 0, in the order of the inputs.
    size : int
        Spectra.
    store : str or None
        The packed store, as the user named it.
    first : int
        The first row, or the first member.
    catalogue : int or None
        Where the first row's line begins in the store's catalogue, bytes.
    files : tuple of str
        Without a store or tar: the FITS files.
    tar : str or None
        The tar, as the user named it.
    """

    number: int
    size: int
    store: str | None = None
    first: int = 0
    catalogue: int | None = None
    files: tuple[str, ...] = ()
    tar: str | None = None

    @property
    def name(self) -> str:
        """Return the name of its output."""
        return f"part-{self.number:05}.parquet"


@dataclass(frozen=True)
class Input:
    """A store, a tar, or FITS files that were named one after another.

    Attributes
    ----------
    name : str
        The store or tar; of files, what the user named.
    size : int
        Rows, members or files.
    digest : str
        Of a store and its catalogue, or of a tar, sizes and times of change; of files their names
        too: another digest, another plan.
    files : tuple of str
        Empty for a store or tar.
    catalogue : tuple of int
        Where the first line of each shard begins; empty where there is no catalogue.
    kind : {"store", "tar", "files"}
    """

    name: str
    size: int
    digest: str
    files: tuple[str, ...] = ()
    catalogue: tuple[int, ...] = ()
    kind: str = "store"


class Plan:
    """The shards of some inputs.

    Parameters
    ----------
    inputs : sequence of Input
    shard_size : int
        Spectra of a shard, the last of each input excepted.
    folder : Path
        What the inputs' relative paths are relative to.
    """

    def __init__(self, inputs: Sequence[Input], shard_size: int, folder: Path):
        self.inputs, self.shard_size, self.folder = tuple(inputs), shard_size, folder
        self.size = sum(each.size for each in inputs)

    def __len__(self) -> int:
        """Return the number of shards."""
        return sum(-(-each.size // self.shard_size) for each in self.inputs)

    def shards(self) -> Iterator[Shard]:
        """Yield the shards, one after another."""
        number = 0
        for each in self.inputs:
            for part, first in enumerate(range(0, each.size, self.shard_size)):
                size = min(self.shard_size, each.size - first)
                if each.kind == "tar":
                    yield Shard(number, size, first=first, tar=each.name)
                elif each.kind == "files":
                    yield Shard(number, size, files=each.files[first : first + size])
                else:
                    line = each.catalogue[part] if each.catalogue else None
                    yield Shard(number, size, each.name, first, line)
                number += 1

    def changed(self) -> str | None:
        """Return the first store or tar that is no longer as it was planned, if there is one."""
        for each in self.inputs:
            digest = {"store": _digest, "tar": _state}.get(each.kind)
            if digest and digest(self.folder / each.name) != each.digest:
                return each.name
        return None

    def described(self) -> dict:
        """Return what makes this plan what it is, for the manifest."""
        inputs = [
            {"name": text_of(each.name), "kind": each.kind, "spectra": each.size}
            | {"digest": each.digest}
            for each in self.inputs
        ]
        return {"inputs": inputs, "shard_size": self.shard_size}


def make(paths: Sequence[str], shard_size: int = SHARD_SIZE) -> Plan:
    """Plan the shards of what the user named, each store and file once.

    Parameters
    ----------
    paths : sequence of str
        Packed stores and patterns of them; FITS files, tars, folders and patterns.
    shard_size : int
        Spectra of a shard.

    Raises
    ------
    UserError
        If there is nothing to score, or no store where one is named.
    """
    if shard_size < 1:
        raise UserError(f"--shard-size {shard_size}: at least one is needed")
    inputs: list[Input] = []
    waiting: list[str] = []
    known: set[Path] = set()
    for path in (each for named in paths for each in _expanded(named)):
        if not _is_store(path):
            waiting.append(path)
        elif (place := Path(os.path.realpath(path))) not in known:
            known.add(place)
            inputs += _files(waiting, known) + [_store(path, shard_size)]
            waiting = []
    inputs += _files(waiting, known)
    if not any(map(_is_there, inputs)):
        raise UserError(f"{', '.join(paths)}: not there; mend the name")
    plan = Plan(inputs, shard_size, Path.cwd())
    if not plan.size:
        raise UserError(f"{', '.join(paths)}: holds no spectra; name a store or a folder that does")
    return plan


def digest_of(described: dict) -> str:
    """Return hex digits that name a choice of inputs, model and precision."""
    text = json.dumps(described, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def encode(shard: Shard) -> str:
    """Return a shard as text, file names of any bytes included."""
    return json.dumps(asdict(shard))


def decode(text: str) -> Shard:
    """Return the shard that `encode` made text of."""
    known = json.loads(text)
    return Shard(**known | {"files": tuple(known["files"])})


def _expanded(path: str) -> list[str]:
    """Return the stores that a pattern stands for; anything else as it is.

    Raises
    ------
    UserError
        If what is called like a store is none.
    """
    stores = [path]
    if path.endswith(SUFFIXES) and not os.path.lexists(path):
        stores = sorted(glob.glob(path, recursive=True))
    if path.endswith(SUFFIXES) and not (stores and all(map(_is_store, stores))):
        raise UserError(f"{path}: no packed store is there; mend the name, or leave it out")
    return stores


def _is_store(path: str) -> bool:
    return os.path.isfile(path) and h5py.is_hdf5(path)


def _is_there(each: Input) -> bool:
    """Tell whether an input, or a tar that it may be in, exists: of loose files any."""
    return any(os.path.lexists(file) or tar_above(file) for file in each.files or (each.name,))


def _store(path: str, shard_size: int) -> Input:
    """Return a store as an input, its catalogue's lines found if there is one beside it."""
    with opened(path) as file:
        if "flux" not in file or file.attrs.get("grid_hash") != grid_hash(wavelength_grid()):
            raise UserError(f"{path}: no packed store of this project's grid; run `lcgan ingest`")
        size = len(file["flux"])
    digest, there = _digest(Path(path)), Path(path).with_name(CATALOGUE)
    lines = starts(there, size, shard_size) if there.is_file() and is_of_ingest(there) else ()
    return Input(path, size, digest, catalogue=tuple(lines))


def _digest(path: Path) -> str:
    """Return the state of a store and of its catalogue."""
    return f"{_state(path)}, {CATALOGUE} {_state(path.with_name(CATALOGUE))}"


def _state(path: Path | str) -> str:
    """Return what changes when a file does: size and time of change; "" where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return ""
    return f"{status.st_size}-{status.st_mtime_ns}"


def _files(paths: Sequence[str], known: set[Path]) -> list[Input]:
    """Return files and tars as inputs, none of those that are known."""
    files = [str(file) for file in find_files(paths, known)] if paths else []
    tars = [file for file in files if is_tar(file)]
    sizes = dict(zip(tars, counted(tars), strict=True))
    inputs: list[Input] = []
    for of_tars, run in groupby(files, key=is_tar):
        if of_tars:
            inputs += [Input(it, sizes[it], _state(it), kind="tar") for it in run]
        else:
            inputs.append(_loose(tuple(run), text_of(" ".join(paths))))
    return inputs


def _loose(files: tuple[str, ...], name: str) -> Input:
    """Return files as an input."""
    digest = hashlib.md5(usedforsecurity=False)
    for file in files:
        digest.update(os.fsencode(file) + f"\0{_state(file)}\0".encode())
    return Input(name, len(files), digest.hexdigest(), files, kind="files")
