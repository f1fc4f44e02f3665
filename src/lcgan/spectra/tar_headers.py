"""The headers of a tar, one by one, with the long names that come in members of their own."""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass

from lcgan.spectra.tar_stream import MAX_TAR_BYTES, BrokenTarError, Stream

BLOCK = tarfile.BLOCKSIZE
#: Types of members that say something of the next one: its long name, its pax records ...
NAME = tarfile.GNUTYPE_LONGNAME
PAX = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE)
#: ... and those that say nothing of use: where a link leads, what is said of all members (a comment
#: or a time; nobody gives all the same name or size).
OF_NO_USE = (tarfile.GNUTYPE_LONGLINK, tarfile.XGLTYPE)
#: Longest of those members, and of a name, which Linux ends at 4,096 bytes.
MAX_EXTENSION, MAX_NAME = 1 << 20, 4096
#: Types of members after which no bytes follow, whatever size they give.
NO_DATA = (
    *(tarfile.LNKTYPE, tarfile.SYMTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE),
    *(tarfile.DIRTYPE, tarfile.FIFOTYPE),
)


@dataclass(frozen=True, slots=True)
class Header:
    """What a tar says of a member.

    Attributes
    ----------
    name : str
        As it stands there; bytes that are no UTF-8 are kept as surrogates.
    type : bytes
        One byte, b"0" for a file.
    size : int
        Bytes that follow the header.
    is_sparse : bool
        Whether holes were left out of them.
    """

    name: str
    type: bytes
    size: int
    is_sparse: bool

    @property
    def is_file(self) -> bool:
        """Whether it is a plain file."""
        return self.type in (tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE)


def headers(stream: Stream) -> Iterator[Header]:
    """Yield the header of every member; the taker reads or skips `size` bytes after each.

    Raises
    ------
    BrokenTarError
        If a header is damaged, or the tar ends without its mark.
    """
    name, pax = None, {}
    while (info := _next(stream)) is not None:
        if info.type in (NAME, *PAX, *OF_NO_USE):
            text = _extension(stream, info.size)
            name = text if info.type == NAME else name
            pax = _records(text) if info.type in PAX else pax
            continue
        header = _header(info, name, pax)
        yield header
        stream.skip(-header.size % BLOCK)
        name, pax = None, {}


def _next(stream: Stream) -> tarfile.TarInfo | None:
    """Return the next header as it stands there; None at the mark of the end."""
    block = stream.read(BLOCK)
    if len(block) < BLOCK:
        raise BrokenTarError("truncated tar: it has no end mark")
    if not block.strip(b"\0"):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError) as error:
        raise BrokenTarError(f"damaged tar: no header where one belongs ({error})") from None
    if info.type == tarfile.GNUTYPE_SPARSE:
        more = block[482]  # where the list of holes goes on in blocks of its own
        while more:
            more = stream.exactly(BLOCK)[504]
    return info


def _header(info: tarfile.TarInfo, name: bytes | None, pax: dict[bytes, bytes]) -> Header:
    """Put together what a header and the members before it say."""
    name = pax.get(b"path", name)
    name = None if name is None else name.partition(b"\0")[0]
    if name and len(name) > MAX_NAME:
        raise BrokenTarError(f"damaged tar: a name of {len(name):,} bytes")
    size = info.size
    if b"size" in pax:
        size = int(pax[b"size"]) if pax[b"size"].isdigit() and len(pax[b"size"]) < 20 else -1
    if info.type in NO_DATA:
        size = 0
    if not 0 <= size <= MAX_TAR_BYTES:
        raise BrokenTarError(f"damaged tar: a member of {size} bytes")
    return Header(
        name=info.name if name is None else name.decode("utf-8", "surrogateescape"),
        type=info.type,
        size=size,
        is_sparse=info.type == tarfile.GNUTYPE_SPARSE
        or any(key.startswith(b"GNU.sparse.") for key in pax),
    )


def _extension(stream: Stream, size: int) -> bytes:
    """Return what a member holds that says something of the next one."""
    if not 0 <= size <= MAX_EXTENSION:
        raise BrokenTarError(f"damaged tar: a header of {size} bytes")
    text = stream.exactly(size)
    stream.skip(-size % BLOCK)
    return text


def _records(text: bytes) -> dict[bytes, bytes]:
    """Return the records of a pax header: each "length key=value", a line."""
    found, at = {}, 0
    while at < len(text):
        digits = text[at : at + 8].partition(b" ")[0]
        end = at + int(digits) if digits.isdigit() else 0
        key, equals, value = text[at + len(digits) + 1 : end].partition(b"=")
        if not (at < end <= len(text)) or not equals or not value.endswith(b"\n"):
            raise BrokenTarError("damaged tar: a pax header that cannot be read")
        found[key] = value[:-1]
        at = end
    return found
