"""manifest.csv, and whose turn it is: what is in a folder, and what could not be had."""

import csv
import fcntl
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from lcgan.errors import UserError

MANIFEST = "manifest.csv"
OK = "ok"


@dataclass(frozen=True)
class Row:
    """One line: an observation, where it is from, and what became of it.

    Attributes
    ----------
    obsid : int
    url : str
        Without the token.
    status : {"ok", "missing", "refused", "failed", "unusable"}
    bytes : int
        Of the file; 0 where there is none.
    sha256, file : str
        Of the file, and its name in this folder; empty where there is none.
    reason : str
        Why there is none.
    """

    obsid: int
    url: str
    status: str
    bytes: int = 0
    sha256: str = ""
    file: str = ""
    reason: str = ""


COLUMNS = [field.name for field in fields(Row)]


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Make the folder and keep every other fetch out of it while the block runs.

    The folder itself is locked, so that no file is left that DVC would take for data.

    Raises
    ------
    UserError
        If it cannot be made, or another fetch is at work in it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    except (FileExistsError, NotADirectoryError):
        raise UserError(f"--out {out}: is or lies below a file; name a folder") from None
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror})") from None
    try:
        _lock(folder, out)
        for left in out.glob(".*.part"):  # by a fetch that was killed
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(folder)


def _lock(folder: int, out: Path) -> None:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise UserError(f"--out {out}: another `lcgan fetch` is at work there") from None
    except OSError as error:  # a network's file system
        raise UserError(
            f"--out {out}: cannot be locked ({error.strerror}); name a folder of a local disk"
        ) from None


def read_manifest(out: Path) -> list[Row]:
    """Return the lines of a folder's manifest; none without one.

    A last line that a kill or a full disk cut short says nothing, and is left out.

    Raises
    ------
    UserError
        If it is no manifest of ours.
    """
    path = out / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, ValueError):
        raise UserError(f"{path}: cannot be read; move it away, and fetch again") from None
    lines = list(csv.reader(io.StringIO(text[: text.rfind("\n") + 1], newline="")))
    if not lines:
        return []
    try:
        if lines[0] != COLUMNS:
            raise ValueError
        return [
            Row(int(obsid), url, status, int(n_bytes), *texts)
            for obsid, url, status, n_bytes, *texts in lines[1:]
        ]
    except (ValueError, TypeError):
        raise UserError(
            f"{path}: no manifest of `lcgan fetch`; move it away, or name another --out"
        ) from None


def is_there(out: Path, row: Row, whole: bool) -> bool:
    """Say whether a line's file is as the line says: its size, and its sha256 if `whole`."""
    path = out / row.file
    try:
        if row.status != OK or not row.file or path.stat().st_size != row.bytes:
            return False
        return not whole or hashlib.sha256(path.read_bytes()).hexdigest() == row.sha256
    except OSError:
        return False


def as_csv(rows: Iterable[Row], head: bool = True) -> bytes:
    """Return lines of a manifest, below its head or without."""
    text = io.StringIO()
    lines = [COLUMNS] if head else []
    csv.writer(text, lineterminator="\n").writerows([*lines, *map(astuple, rows)])
    return text.getvalue().encode("utf-8", "backslashreplace")
