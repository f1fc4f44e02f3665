"""The folder that fetched files go to, each with its line in the manifest."""

import errno
import hashlib
import io
import os
from collections.abc import Iterable
from pathlib import Path

from lcgan.archive.manifest import MANIFEST, OK, Row, as_csv, is_there, read_manifest
from lcgan.errors import UserError
from lcgan.files import replacing


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
    failed : dict of str to Row
        Lines of what could not be had, by address.
    n_gone : int
        Lines of files that are not as the line says any more.
    """

    def __init__(self, out: Path, wanted: Iterable[str]):
        self._out = out
        wanted = set(wanted)
        rows = {row.url: row for row in read_manifest(out)}
        self.there = {url: row for url, row in rows.items() if is_there(out, row, url in wanted)}
        claimed = [row for url, row in rows.items() if row.status == OK and url not in self.there]
        self.n_gone = len(claimed)
        self._lost = {row.file: row.url for row in claimed}
        self.failed = {url: row for url, row in rows.items() if row.status != OK}
        self._handle: io.FileIO | None = None
        self._owner = {row.file: row.url for row in self.there.values()}
        self._write()

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
        self.there[url], self._owner[name] = row, url
        if self.failed.pop(url, None) is None:
            self._append(row)
        else:
            self._write()
        return row

    def note(self, row: Row) -> None:
        """Write the line of what could not be had."""
        before, self.failed[row.url] = self.failed.get(row.url), row
        if before is None:
            self._append(row)
        elif before != row:
            self._write()

    def close(self) -> None:
        """Write the manifest anew, sorted, so that it depends on what is there alone."""
        self._write()
        self._handle.close()

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

    def _append(self, row: Row) -> None:
        """Write a line to the end, whole or not at all."""
        line = as_csv([row], head=False)
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
        """Write the manifest anew; every address has one line."""
        rows = [*self.there.values(), *self.failed.values()]
        with replacing(self._out / MANIFEST) as part:
            part.write_bytes(as_csv(sorted(rows, key=lambda row: (row.obsid, row.url))))
        if self._handle is not None:
            self._handle.close()
        self._handle = open(self._out / MANIFEST, "ab", buffering=0)  # noqa: SIM115 (see close)
