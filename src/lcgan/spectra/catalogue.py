"""The catalogue: one line per packed spectrum, in the store's order."""

from pathlib import Path

import pandas as pd

from lcgan.errors import UserError
from lcgan.written_by import not_there

#: Column: type. Empty cells are missing values (LAMOST's -9999 too); texts are never missing.
COLUMNS = {
    "row": "int64",
    "file": "str",
    "obsid": "Int64",
    "class": "str",
    "subclass": "str",
    "snr_u": "float64",
    "snr_g": "float64",
    "snr_r": "float64",
    "snr_i": "float64",
    "snr_z": "float64",
    "z": "float64",
    "star": "str",
    "ra": "float64",
    "dec": "float64",
    "masked_pixels": "int64",
    "observation": "str",
}


def read_catalogue(path: Path | str) -> pd.DataFrame:
    """Read catalogue.csv with the types of `COLUMNS`.

    Raises
    ------
    UserError
        If the file is missing, lacks a column or holds what is no number where one belongs.
    """
    texts = {name for name, dtype in COLUMNS.items() if dtype == "str"}
    empty = {name: [""] for name in COLUMNS if name not in texts}
    try:
        table = pd.read_csv(
            path, dtype=COLUMNS, keep_default_na=False, na_values=empty, usecols=list(COLUMNS)
        )
    except FileNotFoundError:
        raise not_there(path) from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}; run `dvc repro ingest` again") from None
    return table[list(COLUMNS)]


def stars_by_row(path: Path | str) -> dict[int, str]:
    """Return the star of every row of the packed store.

    Raises
    ------
    UserError
        As `read_catalogue`.
    """
    table = read_catalogue(path)
    return dict(zip(table["row"].tolist(), table["star"], strict=True))


def subclasses_by_row(path: Path | str) -> dict[int, str]:
    """Return the header's SUBCLASS of every row of the packed store.

    Raises
    ------
    UserError
        As `read_catalogue`.
    """
    table = read_catalogue(path)
    return dict(zip(table["row"].tolist(), table["subclass"], strict=True))


def read_augmented(path: Path | str) -> pd.DataFrame:
    """Return the catalogue of the stage `augment`: row, set, class, star, library, snr ...

    Raises
    ------
    UserError
        If it is not there.
    """
    try:
        return pd.read_csv(path, keep_default_na=False)
    except FileNotFoundError:
        raise not_there(path) from None
