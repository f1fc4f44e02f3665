"""Nights as LAMOST distributes them: tars, gzipped or not, read in passing, never unpacked to disk.

A tar is read once from its beginning to its end, one member in memory at a time. What it says of
itself is not trusted: sizes, names and the end mark are checked, links and devices are named but
never followed, and what unzips to far more than LAMOST's files do is not read on.

Reference: POSIX.1-2017, `pax`: ustar and pax interchange formats; GNU tar's long names and sparse
files beside them.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lcgan.spectra.rejected import MAX_BYTES, TOO_LARGE
from lcgan.spectra.tar_headers import Header, headers
from lcgan.spectra.tar_stream import BrokenTarError, Stream

#: How the names of tars end.
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz")
#: How the names of spectra end, in a folder and in a tar; other files are passed over.
FITS_SUFFIXES = (".fits", ".fit", ".fits.gz", ".fit.gz")
#: How the names of both end where another program than gzip compressed them: these are not read,
#: but nobody is to miss them unknowingly.
OTHERWISE = (".bz2", ".xz", ".zst")
OTHER_TAR_SUFFIXES = (*(f".tar{end}" for end in OTHERWISE), ".tbz", ".tbz2", ".txz", ".tzst")
_ENDS = (*OTHERWISE, ".fz", ".gz.gz", ".z", ".zip")
OTHER_FITS_SUFFIXES = (*(f"{kind}{end}" for kind in (".fits", ".fit") for end in _ENDS), ".fts")
#: What a folder and a tar are searched for.
SEARCHED = FITS_SUFFIXES + TAR_SUFFIXES + OTHER_FITS_SUFFIXES + OTHER_TAR_SUFFIXES
#: Types of members that hold no bytes of their own, and what they are called.
NOT_FILES = {
    b"1": "a hard link",
    b"2": "a symbolic link",
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
}
FOLDER = b"5"


@dataclass(frozen=True, slots=True)
class Member:
    """A file in a tar, or what is to be said of it or of the tar.

    Attributes
    ----------
    name : str
        The tar's path, a slash, and the name within; the tar's path alone where something is wrong
        with the tar itself.
    data : bytes
        What the file holds; empty where there is a reason.
    reason : str or None
        Why it is not read, None where it is.
    """

    name: str
    data: bytes = b""
    reason: str | None = None


class Tar:
    """A tar whose members are handed out in their order.

    Parameters
    ----------
    path : Path or str
        The tar; whether it is gzipped is told by what it holds. By another compression it is
        named, and what converts it, but not read.
    name : str, optional
        What it is called in the members' names, if not by its path.

    Attributes
    ----------
    place : int
        How many members were handed out or passed over.
    n_bytes : int
        How much of the file was gone through.
    """

    def __init__(self, path: Path | str, name: str | None = None):
        self.path, self.place, self.n_bytes = path, 0, 0
        self._name = str(path) if name is None else name
        self._wanted = 0
        self._walk = self._all()

    def run(self, first: int, size: int | None = None) -> Iterator[Member]:
        """Yield members `first` to `first + size`, or to the end.

        `first` is never below `place`; those in between are passed over, not read.
        """
        self._wanted = first
        for member in self._walk:
            self.place += 1
            if self.place > first:
                yield member
            if size is not None and self.place >= first + size:
                return

    def skim(self) -> Iterator[int]:
        """Pass over all members, reading none; yield `n_bytes` after each."""
        self._wanted = sys.maxsize
        for _ in self._walk:
            self.place += 1
            yield self.n_bytes

    def close(self) -> None:
        """Close the file."""
        self._walk.close()

    def _all(self) -> Iterator[Member]:
        """Yield every member; last of all what is wrong with the tar, if anything is."""
        last, n = None, 0
        try:
            with open(self.path, "rb") as raw:
                stream = Stream(raw)
                for header in headers(stream):
                    member = self._member(header, stream)
                    self.n_bytes = raw.tell()
                    if member is not None:
                        yield member
                        last, n = header.name, n + 1
                stream.expect_end()
                if not n:
                    yield Member(self._name, reason="a tar that holds no FITS file")
        except BrokenTarError as error:
            after = f"; what comes after {last!r} is lost" if last else "; nothing in it was read"
            yield Member(self._name, reason=f"{error}{after}")
        except OSError as error:
            yield Member(self._name, reason=f"cannot be read ({error.strerror or error})")

    def _member(self, header: Header, stream: Stream) -> Member | None:
        """Return a member, None for what a folder is not searched for either."""
        parts = [part for part in header.name.split("/") if part not in ("", ".")]
        last = parts[-1] if parts else ""
        searched = last.lower().endswith(SEARCHED)
        if header.type == FOLDER or last.startswith(".") or (header.is_file and not searched):
            stream.skip(header.size)
            return None
        reason = _reason(header, parts)
        name = "/".join([self._name, *(part for part in parts if part != "..")])
        if reason is None and self.place >= self._wanted:
            return Member(name, stream.exactly(header.size))
        stream.skip(header.size)
        return Member(name, reason=reason)


def members(path: Path | str) -> Iterator[Member]:
    """Yield the files in a tar that are called like FITS, and what else is to be told.

    Parameters
    ----------
    path : Path or str

    Yields
    ------
    Member
        In the tar's order. Links, devices and tars within the tar are named with a reason; so is,
        last of all, the tar itself where it is truncated, damaged, or unzips to too much.
    """
    yield from Tar(path).run(0)


def count(path: Path | str, told: Callable[[int], object] | None = None) -> int:
    """Return how many members `members` yields, without keeping what they hold.

    Parameters
    ----------
    path : Path or str
    told : callable, optional
        Given the number of the file's bytes that each member takes, as it is passed over.
    """
    tar, before = Tar(path), 0
    for n_bytes in tar.skim():
        if told is not None:
            told(n_bytes - before)
        before = n_bytes
    return tar.place


def _reason(header: Header, parts: list[str]) -> str | None:
    """Return why a member is not read, None where it is."""
    if kind := NOT_FILES.get(header.type):
        return f"{kind} in a tar: never followed"
    if header.is_sparse or not header.is_file:
        kind = "sparse" if header.is_sparse else repr(header.type.decode("latin-1"))
        return f"a member of type {kind} in a tar: not read"
    if ".." in parts:
        return f"its name leads out of the tar ({header.name!r}): not read"
    if parts[-1].lower().endswith(TAR_SUFFIXES + OTHER_TAR_SUFFIXES):
        return "a tar within a tar: not read; unpack the outer one"
    return TOO_LARGE if header.size > MAX_BYTES else None
