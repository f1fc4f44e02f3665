"""The folder of fetched files, and manifest.csv: what is there, and what could not be had."""

import csv
import errno
import fcntl
import hashlib
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from lcgan.errors import UserError
from lcgan.files import replacing

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


class Folder:
    """Takes files in, each with its line.

    A line is written when its file stands whole under its name, so the manifest is true at any
    moment, after a kill too: at worst a file is there that has no line yet, and gets it next time.

    Parameters
    ----------
    out : Path
        Claimed.
    wanted : iterable of str
        Addresses that this fetch is about. Their lines are kept where their files are unchanged;
        lines of other addresses where their files are of the right size.

    Attributes
    ----------
    there : dict of str to Row
        Lines of files that are there, by address.
    n_gone : int
        Lines of files that are not as the line says any more.
    """

    def __init__(self, out: Path, wanted: Iterable[str]):
        self._out = out
        self._wanted = set(wanted)
        rows = {row.url: row for row in read_manifest(out)}
        self.there = {
            url: row for url, row in rows.items() if is_there(out, row, url in self._wanted)
        }
        claimed = [row for url, row in rows.items() if row.status == OK and url not in self.there]
        self.n_gone = len(claimed)
        self._lost = {row.file: row.url for row in claimed}
        self._failed = {
            url: row for url, row in rows.items() if row.status != OK and url not in self._wanted
        }
        self._owner = {row.file: row.url for row in self.there.values()}
        self._write()
        self._handle = open(out / MANIFEST, "ab", buffering=0)  # noqa: SIM115 (closed by close)

    def take(self, obsid: int, url: str, body: bytes, sha256: str, names: Iterable[str]) -> Row:
        """Put a file under the first of `names` that no other file has, and write its line.

        Raises
        ------
        UserError
            If it cannot be written.
        """
        name = next(name for name in names if self._is_free(name, url, sha256))
        with replacing(self._out / name) as part:
            part.write_bytes(body)
        row = Row(obsid, url, OK, len(body), sha256, name)
        self._add(row)
        self.there[url], self._owner[name] = row, url
        return row

    def note(self, row: Row) -> None:
        """Write the line of what could not be had."""
        self._add(row)
        self._failed[row.url] = row

    def close(self) -> None:
        """Write the manifest anew, sorted, so that it depends on what is there alone."""
        self._handle.close()
        self._write()

    def _is_free(self, name: str, url: str, sha256: str) -> bool:
        """Say whether a file may be written there: nobody's, our own, or the very same."""
        if name in self._owner:
            return self._owner[name] == url
        path = self._out / name
        if not os.path.lexists(path) or self._lost.get(name) == url:
            return True
        try:
            return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        except OSError:
            return False

    def _add(self, row: Row) -> None:
        """Append a line, whole or not at all."""
        line = _csv([astuple(row)])
        size = os.fstat(self._handle.fileno()).st_size
        try:
            if self._handle.write(line) != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            os.ftruncate(self._handle.fileno(), size)
            raise UserError(
                f"{self._out / MANIFEST}: cannot be written ({error.strerror}); free space, and "
                "run it again"
            ) from None

    def _write(self) -> None:
        rows = sorted(
            [*self.there.values(), *self._failed.values()], key=lambda row: (row.obsid, row.url)
        )
        with replacing(self._out / MANIFEST) as part:
            part.write_bytes(_csv([COLUMNS, *map(astuple, rows)]))


def _csv(lines: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode("utf-8", "backslashreplace")
