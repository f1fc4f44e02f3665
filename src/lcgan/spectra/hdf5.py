"""Opening HDF5 files so that a full disk or a missing file is told in one line."""

import io
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

from lcgan.errors import UserError
from lcgan.files import replacing
from lcgan.written_by import not_there


@contextmanager
def naming(path: Path | str) -> Iterator[None]:
    """Turn a failed write into a UserError that names `path`."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written ({reason}); free space or mend it") from error


@contextmanager
def interrupts_later() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back while the block runs.

    Only the main thread is ever interrupted, so elsewhere there is nothing to hold back.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {
        number: signal.signal(number, lambda signum, frame: came.append(signum))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)


class Disk(io.RawIOBase):
    """A file for HDF5 to write to, that keeps the first failure to itself.

    HDF5 cannot be closed after a failed write, and crashes if an interrupt is raised inside one.
    So it is told that all is well, and whoever writes does it within `writes`.

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

    @contextmanager
    def writes(self) -> Iterator[None]:
        """Enclose HDF5 calls: an interrupt waits until they are done, then a failure is told.

        Keep no dataset beyond the block: HDF5 writes when it is let go, too.

        Raises
        ------
        UserError
            If any write failed so far.
        """
        with interrupts_later():
            yield
        self.check()

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

    Enclose what writes to the file in ``with disk.writes():``.

    Raises
    ------
    UserError
        If the file cannot be written or the disk is full; nothing half written is left.
    """
    with replacing(path) as part, Disk(part, path) as disk:
        file = None
        try:
            with disk.writes():
                file = h5py.File(disk, "w")
            yield file, disk
            with disk.writes():
                file.close()
        finally:
            with interrupts_later():
                if file is not None:
                    file.close()


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
        raise not_there(path) from None
    except OSError as error:
        raise UserError(
            f"{path}: not readable HDF5 ({error}); remove it and run its stage again"
        ) from None
    with file:
        yield file
