"""A file's bytes, unzipped, or why it is no FITS file that could be a LAMOST spectrum."""

import os
import zlib
from pathlib import Path

from lcgan.spectra.found import tar_above
from lcgan.spectra.rejected import MAX_BYTES, TOO_LARGE, Rejected
from lcgan.spectra.tar_stream import compressed_by
from lcgan.spectra.tars import TAR_SUFFIXES, Member, members

__all__ = ["MAX_BYTES", "Rejected", "contents"]

#: A gzip file may hold several, one after another; LAMOST's hold one.
MAX_GZIPS = 16
GZIP_MAGIC = b"\x1f\x8b"
FITS_MAGIC = b"SIMPLE  ="
OTHER_KINDS = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x89HDF": "an HDF5 file",
    GZIP_MAGIC: "gzipped twice; unzip it once to have it read",
}


def contents(file: Path | str | Member) -> bytes:
    """Return a FITS file's bytes, unzipped whatever it is called.

    Parameters
    ----------
    file : Path, str or Member
        A file; ``night.tar.gz/its/spectrum.fits`` is looked up in that tar, from its beginning.

    Raises
    ------
    Rejected
        If the file cannot be read, is empty, truncated, too large or not FITS.
    """
    if isinstance(file, Member):
        if file.reason is not None:
            raise Rejected(file.reason)
        data = file.data
    else:
        data = _read(file)
    if not data:
        raise Rejected("empty file (0 bytes)")
    if len(data) > MAX_BYTES:
        raise Rejected(TOO_LARGE)
    if data.startswith(GZIP_MAGIC):
        data = _inflate(data)
    if not data.startswith(FITS_MAGIC):
        raise Rejected(f"not FITS: {_kind(data)}")
    return data


def _read(path: Path | str) -> bytes:
    """Return what a file holds, or enough of it to see that it is too much."""
    try:
        with open(path, "rb") as handle:
            # asked for no more than there is, for room is made for all that is asked for; a pipe
            # has no size
            size = os.fstat(handle.fileno()).st_size or MAX_BYTES
            return handle.read(min(size, MAX_BYTES) + 1)
    except NotADirectoryError as error:
        return _of_tar(Path(path), f"cannot be read ({error.strerror})")
    except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
        raise Rejected(f"cannot be read ({getattr(error, 'strerror', None) or error})") from None


def _of_tar(path: Path, otherwise: str) -> bytes:
    """Return what a member of a tar holds, given as a file in a folder of that name."""
    tar = tar_above(path)
    if tar is None:
        raise Rejected(otherwise)
    for member in members(tar):
        if member.name in (str(path), str(tar)):  # the tar itself: it breaks off before
            return contents(member)
    raise Rejected(f"cannot be read (no such file in {tar})")


def _inflate(data: bytes) -> bytes:
    """Unzip all members of a gzip file."""
    inflated, n_gzips = b"", 0
    while data.startswith(GZIP_MAGIC):
        n_gzips += 1
        if n_gzips > MAX_GZIPS:
            raise Rejected(f"more than {MAX_GZIPS} gzip files in one: no LAMOST spectrum is")
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
    if program := compressed_by(data):
        return f"compressed by {program}, and only gzip is read; `{program} -d` unpacks it"
    if data[257:262] == b"ustar":
        return f"a tar archive; let its name end in {TAR_SUFFIXES[0]} to have it read"
    sample = data[:512]
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in sample):
        return f"text that begins {sample[:24].decode('ascii')!r}"
    return f"it begins with the bytes {data[:8].hex(' ')}"
