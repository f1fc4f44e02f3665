"""The bytes of a tar, gzipped or not, forwards only and within bounds."""

import gzip
import os
import zlib
from typing import BinaryIO

#: A night is below 10 GB; a tar that holds more than this is not read to its end.
MAX_TAR_BYTES = 64 << 30
#: LAMOST's files shrink to a third at best; what unzips to this many times its size is a bomb,
#: once it is past the first bytes.
MAX_RATIO = 100
FREE_BYTES = 64 << 20
#: Read at a time where bytes are only passed over.
PIECE = 1 << 20
#: The end of a tar is filled up with zeros, in the largest blocks of any tape drive.
MAX_FILLING = 1 << 20
GZIP_MAGIC = b"\x1f\x8b"
#: How files begin that another program compressed, and which: its option -dc gives them back.
OTHERS = {b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"\x28\xb5\x2f\xfd": "zstd"}


class BrokenTarError(Exception):
    """A tar that cannot be read on; the message says why."""


def compressed_by(head: bytes) -> str | None:
    """Return which program of `OTHERS` compressed a file that begins so, None if none did."""
    return next((name for magic, name in OTHERS.items() if head.startswith(magic)), None)


class Stream:
    """Reads a tar from its beginning to its end.

    Parameters
    ----------
    raw : binary file
        Open for reading; at its beginning.

    Raises
    ------
    BrokenTarError
        If another program than gzip compressed it.
    """

    def __init__(self, raw: BinaryIO):
        self._raw = raw
        self._size = os.fstat(raw.fileno()).st_size
        head = raw.read(262)
        if (program := compressed_by(head)) and not head.endswith(b"ustar"):
            raise BrokenTarError(
                f"compressed by {program}, and only gzip is read: `{program} -dc OLD | gzip > "
                "NEW.tar.gz` converts it"
            )
        self._zipped = head.startswith(GZIP_MAGIC)
        raw.seek(0)
        self._file = gzip.GzipFile(fileobj=raw) if self._zipped else raw
        self._n_bytes = 0

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer only where the tar ends.

        Raises
        ------
        BrokenTarError
            If it cannot be unzipped, or unzips to more than any night does.
        """
        try:
            data = self._file.read(size)
        except EOFError:
            raise BrokenTarError("truncated tar: its gzip has no end") from None
        except (zlib.error, gzip.BadGzipFile) as error:
            raise BrokenTarError(f"damaged tar: its gzip cannot be read ({error})") from None
        self._n_bytes += len(data)
        self._check_bounds()
        return data

    def exactly(self, size: int) -> bytes:
        """Return the next bytes.

        Raises
        ------
        BrokenTarError
            As `read`, and if the tar ends before.
        """
        data = self.read(size)
        if len(data) < size:
            raise BrokenTarError(f"truncated tar: {len(data):,} of {size:,} bytes are there")
        return data

    def skip(self, size: int) -> None:
        """Pass over bytes.

        Raises
        ------
        BrokenTarError
            As `exactly`.
        """
        if self._zipped:
            while size:
                size -= len(self.exactly(min(size, PIECE)))
            return
        there = self._size - self._n_bytes
        if size > there:
            raise BrokenTarError(f"truncated tar: {max(there, 0):,} of {size:,} bytes are there")
        self._n_bytes += size
        self._check_bounds()
        self._raw.seek(size, os.SEEK_CUR)

    def expect_end(self) -> None:
        """See that nothing but zeros follows, and that the gzip's checksum is right.

        Raises
        ------
        BrokenTarError
            If there is more.
        """
        if self.read(MAX_FILLING).strip(b"\0"):
            raise BrokenTarError("more follows the tar's end, perhaps another tar; split the two")

    def _check_bounds(self) -> None:
        if self._n_bytes > MAX_TAR_BYTES:
            raise BrokenTarError(
                f"holds more than {MAX_TAR_BYTES >> 30} GiB: no LAMOST night does; split it"
            )
        if self._zipped and self._n_bytes > FREE_BYTES + MAX_RATIO * self._raw.tell():
            raise BrokenTarError(
                f"unzips to {MAX_RATIO} times its size: no LAMOST night does, a gzip bomb may"
            )
