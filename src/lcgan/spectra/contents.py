"""A file's bytes, unzipped, or why it is no FITS file that could be a LAMOST spectrum."""

import os
import zlib
from pathlib import Path

#: A LAMOST low-resolution file is below 0.2 MB; what is larger than this is not read at all.
MAX_BYTES = 16 << 20
GZIP_MAGIC = b"\x1f\x8b"
FITS_MAGIC = b"SIMPLE  ="
OTHER_KINDS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x89HDF": "an HDF5 file",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
}


class Rejected(Exception):  # noqa: N818 (a verdict on a file, not a fault of the program)
    """A file that cannot be used as a LAMOST low-resolution spectrum; the message says why."""

    @property
    def reason(self) -> str:
        """What the file is, or what is wrong with it, in one line."""
        return str(self)


def contents(path: Path | str) -> bytes:
    """Return a FITS file's bytes, unzipped whatever it is called.

    Raises
    ------
    Rejected
        If the file cannot be read, is empty, truncated, too large or not FITS.
    """
    try:
        with open(path, "rb") as handle:
            # asked for no more than there is, for room is made for all that is asked for; a pipe
            # has no size
            size = os.fstat(handle.fileno()).st_size or MAX_BYTES
            data = handle.read(min(size, MAX_BYTES) + 1)
    except OSError as error:
        raise Rejected(f"cannot be read ({error.strerror})") from None
    if not data:
        raise Rejected("empty file (0 bytes)")
    if len(data) > MAX_BYTES:
        raise Rejected(f"larger than {MAX_BYTES >> 20} MiB: no LAMOST low-resolution spectrum is")
    if data.startswith(GZIP_MAGIC):
        data = _inflate(data)
    if not data.startswith(FITS_MAGIC):
        raise Rejected(f"not FITS: {_kind(data)}")
    return data


def _inflate(data: bytes) -> bytes:
    """Unzip all members of a gzip file."""
    inflated = b""
    while data.startswith(GZIP_MAGIC):
        stream = zlib.decompressobj(wbits=31)
        try:
            inflated += stream.decompress(data, MAX_BYTES - len(inflated) + 1)
        except zlib.error as error:
            raise Rejected(f"damaged gzip ({error})") from None
        if len(inflated) > MAX_BYTES:
            raise Rejected(f"unzips to more than {MAX_BYTES >> 20} MiB: no LAMOST spectrum does")
        if not stream.eof:
            raise Rejected(f"truncated gzip: {len(inflated):,} bytes could be unzipped")
        data = stream.unused_data
    return inflated


def _kind(data: bytes) -> str:
    """Say what a file that is not FITS looks like."""
    head = data[:512].lstrip().lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return "an HTML page (an archive's error page?)"
    for magic, kind in OTHER_KINDS.items():
        if data.startswith(magic):
            return kind
    sample = data[:512]
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in sample):
        return f"text that begins {sample[:24].decode('ascii')!r}"
    return f"it begins with the bytes {data[:8].hex(' ')}"
