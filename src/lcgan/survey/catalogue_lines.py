"""A few lines of a catalogue of any length, without reading the others."""

import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from lcgan.errors import UserError
from lcgan.spectra.catalogue import COLUMNS

#: Columns that the table has, and what they are called there.
WANTED = {"row": "row", "file": "path", "obsid": "obsid", "snr_g": "snr"}
WANTED |= {name: name for name in ("ra", "dec", "z")}


def is_of_ingest(path: Path) -> bool:
    """Tell a catalogue of `ingest`, which names files, from any other, as that of `augment`."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return "file" in lines.readline().rstrip("\r\n").split(",")


def starts(path: Path, n_rows: int, every: int) -> Iterator[int]:
    """Yield where the lines of rows 0, `every`, 2 `every` ... begin, bytes.

    A field that holds a line break in quotes is no end of a line.

    Raises
    ------
    UserError
        If the catalogue has another number of lines than the store has rows.
    """
    row, place, inside = -1, 0, False  # the first line names the columns
    with path.open("rb") as lines:
        for line in lines:
            if not inside:
                if 0 <= row < n_rows and row % every == 0:
                    yield place
                row += 1
            inside ^= line.count(b'"') % 2 == 1
            place += len(line)
    if row != n_rows:
        raise UserError(
            f"{path}: has {max(row, 0):,} lines, the store beside it {n_rows:,} spectra; run "
            "`dvc repro ingest` again, or move it away to score without it"
        )


def read(path: Path, start: int, first: int, n_rows: int) -> pd.DataFrame:
    """Read the lines of rows `first` to `first + n_rows`.

    Parameters
    ----------
    path : Path
        The catalogue.
    start : int
        Where the first of them begins, see `starts`.
    first, n_rows : int

    Returns
    -------
    DataFrame
        Columns path, obsid, snr, ra, dec and z, as in the table.

    Raises
    ------
    UserError
        If the lines are not those rows'.
    """
    with path.open("rb") as lines:
        header = lines.readline()
        lines.seek(start)
        text = io.BytesIO(header + _lines(lines, n_rows))
    texts = {name for name, dtype in COLUMNS.items() if dtype == "str"}
    try:
        table = pd.read_csv(
            text,
            dtype={name: COLUMNS[name] for name in WANTED},
            keep_default_na=False,
            na_values={name: [""] for name in COLUMNS if name not in texts},
            usecols=list(WANTED),
        )
    except ValueError as error:
        raise UserError(f"{path}: {error}; run `dvc repro ingest` again") from None
    if table["row"].tolist() != list(range(first, first + n_rows)):
        raise UserError(f"{path}: its lines are not in the store's order; run `dvc repro ingest`")
    return table.rename(columns=WANTED).drop(columns="row")


def _lines(handle, n_rows: int) -> bytes:
    """Return the next rows' lines; a row with a line break in quotes has more than one."""
    found, inside = [], False
    while n_rows and (line := handle.readline()):
        found.append(line)
        inside ^= line.count(b'"') % 2 == 1
        n_rows -= not inside
    return b"".join(found)
