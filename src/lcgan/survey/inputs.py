"""The files that a user names."""

import glob
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from lcgan.errors import UserError

#: What a folder is searched for; a file that is named itself may be called anything.
SUFFIXES = (".fits", ".fit", ".fits.gz", ".fit.gz")


def find_files(paths: Sequence[str], known: set[Path] | None = None) -> list[Path]:
    """Return the files that the user named, each once, folders and patterns in sorted order.

    A name that matches nothing is returned as it is, so that the table says it is not there.

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
            resolved = file.resolve()
            if resolved not in known:
                known.add(resolved)
                found.append(file)
    if not n_named:
        raise UserError(
            f"{', '.join(paths)}: no file ends in {', '.join(SUFFIXES)}; name FITS files or "
            "folders that hold them"
        )
    return found


def _files_at(path: str) -> Iterator[Path]:
    matches = [path] if os.path.lexists(path) else sorted(glob.glob(path, recursive=True))
    for match in map(Path, matches or [path]):
        if match.is_dir():
            yield from sorted(
                file
                for file in match.rglob("*")
                if file.name.lower().endswith(SUFFIXES)
                and not file.name.startswith(".")
                and file.is_file()
            )
        else:
            yield match


def text_of(path: Path | str) -> str:
    """Return a path as text that any table can hold, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
