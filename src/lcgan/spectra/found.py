"""The files that a folder holds: loose spectra, and tars of them."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from lcgan.spectra.tars import (
    FITS_SUFFIXES,
    OTHER_TAR_SUFFIXES,
    SEARCHED,
    TAR_SUFFIXES,
    Member,
    members,
)

#: What is read of a folder, by the ends of names.
SUFFIXES = FITS_SUFFIXES + TAR_SUFFIXES


def below(folder: Path) -> list[str]:
    """Return the spectra and tars below a folder, sorted part by part; hidden ones are left out.

    Those that another program than gzip compressed are among them, to be named as not read.
    Folders that cannot be opened and links that lead nowhere are among them, to be named as well.
    Texts and not paths: a survey has millions of them, and a path takes three times as much memory.
    """
    return sorted(_below(folder), key=lambda file: file.replace("/", "\0"))


def _below(folder: Path) -> Iterator[str]:
    """Yield what `below` returns, in no order.

    Links to folders are followed, each folder entered once. What cannot be opened is yielded too,
    a folder or a link that leads nowhere, so that the reader says why.
    """
    entered, closed = set(), []
    for place, folders, names in os.walk(
        folder, followlinks=True, onerror=lambda error: closed.append(error.filename)
    ):
        real = os.path.realpath(place)
        if real in entered:
            folders.clear()
            continue
        entered.add(real)
        for name in names:
            if name.lower().endswith(SEARCHED) and not name.startswith("."):
                yield Path(place, name).as_posix()
    yield from (Path(name).as_posix() for name in closed)


def is_tar(path: Path | str) -> bool:
    """Tell by its name whether a file is a tar."""
    return os.fspath(path).lower().endswith(TAR_SUFFIXES + OTHER_TAR_SUFFIXES)


def tar_above(path: Path | str) -> Path | None:
    """Return the tar that a path leads into, as a folder of that name, or None."""
    above = (place for place in Path(path).parents if is_tar(place) and os.path.isfile(place))
    return next(above, None)


def unpacked(files: Iterable[Path | str]) -> Iterator[Path | str | Member]:
    """Yield files in their order, in place of a tar its members."""
    for file in files:
        if is_tar(file):
            yield from members(file)
        else:
            yield file


def batches(
    files: Iterator[Path | str | Member], size: int, n_bytes: int = 64 << 20
) -> Iterator[list[Path | str | Member]]:
    """Yield up to `size` files at a time, fewer where members of tars take more than `n_bytes`."""
    batch, held = [], 0
    for file in files:
        batch.append(file)
        held += len(file.data) if isinstance(file, Member) else 0
        if len(batch) == size or held >= n_bytes:
            yield batch
            batch, held = [], 0
    if batch:
        yield batch


def text_of(file: Path | str | Member) -> str:
    """Return a file's name as text that any table can hold, whatever bytes it is made of."""
    name = file.name if isinstance(file, Member) else file
    return os.fsencode(name).decode("utf-8", "backslashreplace")
