"""Tables of the archive, piece by piece: FITS or CSV (DR7's has bars for commas), gzipped or not.

A catalogue has ten million lines and more.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.spectra.contents import FITS_MAGIC, GZIP_MAGIC

#: Lines read at a time: 100 MB of a FITS table.
LINES = 200_000
COLUMNS = ("obsid", "class", "subclass")
SEPARATORS = ",|\t"
FITS_BLOCK = 2880
#: Bytes of a header at most; LAMOST's have some 10,000.
MAX_HEADER = 1 << 20
#: What readers raise over a table that is none: gzip, pandas and astropy.
FAULTS = (OSError, EOFError, zlib.error, csv.Error, ValueError, KeyError, TypeError)


@contextmanager
def opened(path: Path, name: str) -> Iterator[BinaryIO]:
    """Yield a table's bytes, unzipped whatever it is called."""
    try:
        raw = open(path, "rb")  # noqa: SIM115 (closed below)
    except OSError as error:
        raise UserError(f"{name}: cannot be read ({error.strerror})") from None
    with raw:
        zipped = raw.peek(2).startswith(GZIP_MAGIC)
        with gzip.open(raw) if zipped else raw as handle:
            yield io.BufferedReader(handle) if zipped else handle


def told(parts: Iterator[pd.DataFrame], name: str) -> Iterator[pd.DataFrame]:
    """Yield what a reader does; turn what it raises about the table into one line."""
    try:
        yield from parts
    except FAULTS as error:
        words = " ".join(str(error).split())[:120]
        raise UserError(
            f"{name}: neither a FITS table nor CSV, or damaged ({words}); take it from the archive "
            "again"
        ) from None


def pieces(handle: BinaryIO) -> Iterator[pd.DataFrame]:
    """Yield a table's lines in order, FITS or CSV, the columns that are needed and no others."""
    yield from (_fits_pieces if handle.peek(9).startswith(FITS_MAGIC) else _csv_pieces)(handle)


def wanted_columns(names: Sequence[str]) -> dict[str, str]:
    """Return which of a table's columns are obsid, class and subclass.

    The archive's searches put the name of their table before: catalogue_obsid, combined_obsid.
    """
    found = {}
    for wanted in COLUMNS:
        plain = [name.strip().strip('"').lower() for name in names]
        exact = [n for n, p in zip(names, plain, strict=True) if p == wanted]
        tables = ("catalogue", "combined")
        long = [
            n for n, p in zip(names, plain, strict=True) if p in {f"{t}_{wanted}" for t in tables}
        ]
        if match := exact or long:
            found[match[0]] = wanted
    return found


def _csv_pieces(handle: BinaryIO) -> Iterator[pd.DataFrame]:
    header = handle.readline().decode("utf-8-sig", "replace")
    separator = max(SEPARATORS, key=header.count)
    # bars are not put in quotes, and a quote in a remark would swallow lines
    quoting = csv.QUOTE_NONE if separator == "|" else csv.QUOTE_MINIMAL
    names = next(csv.reader([header], delimiter=separator, quoting=quoting), [])
    columns = wanted_columns(names)
    yield pd.DataFrame(columns=list(columns.values()), dtype=str)  # for a table without lines
    if columns and handle.peek(1):
        tables = pd.read_csv(
            handle,
            encoding_errors="replace",
            sep=separator,
            quoting=quoting,
            names=range(len(names)),
            usecols=[i for i, name in enumerate(names) if name in columns],
            dtype=str,
            keep_default_na=False,
            chunksize=LINES,
            index_col=False,
        )
        for table in tables:
            table.columns = [columns[names[i]] for i in table.columns]
            yield table


def _fits_pieces(handle: BinaryIO) -> Iterator[pd.DataFrame]:
    """Yield the lines of a FITS file's first table, each piece as a small table of its own."""
    from astropy.io import fits

    primary = _header(handle)
    _skip(handle, fits.PrimaryHDU(header=primary).size if primary.get("NAXIS", 0) else 0)
    header = _header(handle)
    if header.get("XTENSION", "").strip() != "BINTABLE":
        raise ValueError("its first extension is no table")
    names = [header[f"TTYPE{i}"] for i in range(1, header["TFIELDS"] + 1)]
    columns = wanted_columns(names)
    width, left = header["NAXIS1"], header["NAXIS2"]
    header["PCOUNT"] = 0
    while left > 0:
        n_lines = min(left, LINES)
        data = handle.read(n_lines * width)
        if len(data) < n_lines * width:
            raise EOFError(f"truncated: {left:,} lines are missing")
        header["NAXIS2"] = n_lines
        padding = b"\0" * (-len(data) % FITS_BLOCK)
        table = fits.BinTableHDU.fromstring(header.tostring().encode() + data + padding).data
        yield pd.DataFrame({new: _native(table[old]) for old, new in columns.items()})
        left -= n_lines


def _header(handle: BinaryIO):
    """Read the next FITS header."""
    from astropy.io import fits

    text = b""
    while not any(text[i : i + 8] == b"END     " for i in range(0, len(text), 80)):
        block = handle.read(FITS_BLOCK)
        if len(block) < FITS_BLOCK or len(text) > MAX_HEADER:
            raise EOFError("truncated: it ends within a header")
        text += block
    return fits.Header.fromstring(text)


def _native(column: np.ndarray) -> np.ndarray:
    """Return a FITS column as numbers of this machine's byte order, or texts."""
    column = np.asarray(column)
    return column.astype(np.int64 if column.dtype.kind in "iu" else str)


def _skip(handle: BinaryIO, n_bytes: int) -> None:
    """Read over an HDU's data and its padding."""
    handle.read(-(-n_bytes // FITS_BLOCK) * FITS_BLOCK)
