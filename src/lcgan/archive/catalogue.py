"""Which observations are asked for: a list of OBSIDs, or lines of one of LAMOST's catalogues."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.archive.tables import LINES, opened, pieces, told
from lcgan.errors import UserError
from lcgan.spectra.subclass import VOCABULARY, class_letter

#: OBSIDs are counted up from 1 and are 32-bit integers so far; LAMOST calls them long.
MAX_OBSID = 2**63 - 1


def read_obsids(path: Path) -> list[int]:
    """Return the OBSIDs of a list, one a line, in its order, each once; # begins a remark.

    Raises
    ------
    UserError
        If it cannot be read, a line is no OBSID, or there is none.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise UserError(f"--obsid-file {path}: cannot be read ({reason})") from None
    found = []
    for number, line in enumerate(lines, start=1):
        if text := line.partition("#")[0].strip():
            if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) <= MAX_OBSID):
                raise UserError(
                    f"--obsid-file {path}: line {number}: {text[:40]!r} is no OBSID; write one a "
                    "line, or name a table by --catalogue"
                )
            found.append(int(text))
    if not found:
        raise UserError(f"--obsid-file {path}: names no OBSID")
    return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Choice:
    """Which lines of a catalogue are meant.

    Attributes
    ----------
    subclasses : sequence of str
        Class letters of `lcgan.spectra.subclass`, or SUBCLASS as LAMOST writes it ("B6"); all
        lines without any.
    """

    subclasses: Sequence[str] = ()

    def mask(self, classes: np.ndarray | None, subclasses: np.ndarray | None) -> np.ndarray:
        """Return which lines are meant, shape (n,), bool, from CLASS and SUBCLASS, shape (n,)."""
        letters = set(self.subclasses) & set(VOCABULARY)
        texts = set(self.subclasses) - letters
        pairs = pd.DataFrame({"class": "" if classes is None else classes, "subclass": subclasses})
        codes, kinds = pd.factorize(pd.MultiIndex.from_frame(pairs))
        meant = np.array(
            [class_letter(*kind) in letters or kind[1].strip() in texts for kind in kinds],
            dtype=bool,
        )
        return meant[codes] if len(kinds) else np.zeros(0, dtype=bool)


def read_catalogue(path: Path, choice: Choice) -> list[int]:
    """Return the OBSIDs of a catalogue's lines that are meant, in rising order, each once.

    Raises
    ------
    UserError
        If it cannot be read, lacks a column, or has no such line.
    """
    name = f"--catalogue {path}"
    with opened(path, name) as handle:
        return chosen(told(pieces(handle), name), choice, name)


def chosen(parts: Iterable[pd.DataFrame], choice: Choice, name: str) -> list[int]:
    """Return the OBSIDs of the lines that are meant, in rising order, each once.

    Parameters
    ----------
    parts : iterable of DataFrame
        Columns obsid, class, subclass as far as there are, texts or numbers.
    choice : Choice
    name : str
        Of the table, for an error.

    Raises
    ------
    UserError
        If a column is missing, an OBSID is none, or no line is meant.
    """
    found, n_lines = [], 0
    for part in parts:
        if "obsid" not in part or (choice.subclasses and "subclass" not in part):
            missing = "obsid" if "obsid" not in part else "subclass"
            raise UserError(f"{name}: has no column {missing}")
        if choice.subclasses:
            classes = _texts(part["class"]) if "class" in part else None
            meant = choice.mask(classes, _texts(part["subclass"]))
        else:
            meant = np.ones(len(part), dtype=bool)
        found.append(_numbers(part["obsid"][meant], n_lines, name))
        n_lines += len(part)
    obsids = np.unique(np.concatenate(found)) if found else np.zeros(0, dtype=np.int64)
    if not len(obsids):
        what = f" of subclass {' or '.join(choice.subclasses)}" if choice.subclasses else ""
        raise UserError(f"{name}: none of {n_lines:,} lines is a spectrum{what}")
    return obsids.tolist()


def _texts(values: pd.Series) -> np.ndarray:
    return values.astype(str).str.strip().str.strip('"').to_numpy(dtype=object)


def _numbers(values: pd.Series, n_before: int, name: str) -> np.ndarray:
    """Return OBSIDs, shape (n,), int64."""
    if pd.api.types.is_integer_dtype(values.dtype):
        numbers = values.to_numpy(dtype=np.int64)
        bad = numbers <= 0
    else:
        texts = pd.Series(_texts(values), dtype=str)
        good = texts.str.fullmatch(r"0*[1-9][0-9]{0,17}(?:\.0+)?").to_numpy(dtype=bool)
        numbers = texts.where(good, "1").str.split(".").str[0].to_numpy().astype(np.int64)
        bad = ~good
    if bad.any():
        at = int(np.flatnonzero(bad)[0])
        row = n_before + int(values.index[at]) % LINES + 1
        text = str(values.iloc[at])[:40]
        raise UserError(f"{name}: row {row:,} below the header: {text!r} is no OBSID")
    return numbers
