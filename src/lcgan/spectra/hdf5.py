"""Opening HDF5 files so that a full disk or a missing file is told in one line."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from lcgan.errors import UserError
from lcgan.files import replacing


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Turn a failed write into a UserError that names `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written ({reason}); free space or mend it") from error


class Disk(io.RawIOBase):
    """A file for HDF5 to write to, that keeps the first failure to itself.

    HDF5 cannot be closed after a failed write: it complains from its destructors and may crash.
    So it is told that all is well, and whoever writes asks `check`.

    Parameters
    ----------
    part : Path
        Where the bytes go.
    path : Path
        The file to name in an error.
    """

    def __init__(self, part: Path, path: Path | str):
        with naming(path):
            self._raw = part.open("w+b", buffering=0)
        self._path = path
        self._error: OSError | None = None

    def check(self) -> None:
        """Raise a UserError that names the file if any write failed so far."""
        with naming(self._path):
            if self._error:
                raise self._error

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move as files do."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """Return the position."""
        return self._raw.tell()

    def readinto(self, buffer) -> int:
        """Read back; what could not be written reads as zeros."""
        view = memoryview(buffer).cast("B")
        n_read = self._raw.readinto(view) or 0
        view[n_read:] = bytes(len(view) - n_read)
        return len(view)

    def write(self, data) -> int:
        """Write all of `data`, or remember why not."""
        view = memoryview(data).cast("B")
        try:
            written = 0
            while self._error is None and written < len(view):
                written += self._raw.write(view[written:])
        except OSError as error:
            self._error = error
        return len(view)

    def truncate(self, size: int | None = None) -> int:
        """Set the size, or remember why not."""
        try:
            return self._raw.truncate(size)
        except OSError as error:
            self._error = self._error or error
            return size or 0

    def close(self) -> None:
        """Close the file."""
        if not self.closed:
            self._raw.close()
        super().close()


@contextmanager
def creating(path: Path | str) -> Iterator[tuple[h5py.File, Disk]]:
    """Yield a new HDF5 file and its disk; it takes the place of `path` only if all goes well.

    Raises
    ------
    UserError
        If the file cannot be written or the disk is full, at the end or as soon as the disk's
        `check` is called; nothing half written is left.
    """
    with replacing(path) as part, Disk(part, path) as disk:
        with h5py.File(disk, "w") as file:
            yield file, disk
        disk.check()


@contextmanager
def opened(path: Path | str) -> Iterator[h5py.File]:
    """Open an HDF5 file for reading.

    Raises
    ------
    UserError
        If the file is missing or is not HDF5.
    """
    try:
        file = h5py.File(path, "r")
    except FileNotFoundError:
        raise UserError(
            f"{path}: not there; run `dvc repro` up to the stage that writes it"
        ) from None
    except OSError as error:
        raise UserError(
            f"{path}: not readable HDF5 ({error}); remove it and run its stage again"
        ) from None
    with file:
        yield file
