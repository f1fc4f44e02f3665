"""The archive's search around a place: what it answers, VOTable or CSV, as lines of a catalogue."""

import io
import math
import warnings
from collections.abc import Iterator

import pandas as pd

from lcgan.archive.answers import Answer, Failure, said
from lcgan.archive.catalogue import Choice, chosen
from lcgan.archive.client import Client
from lcgan.archive.tables import FAULTS, pieces, wanted_columns
from lcgan.archive.token import Token
from lcgan.errors import UserError

#: Bytes of an answer: some 100,000 lines, more than a plate has fibres by far.
LIMIT = 64 << 20
#: Radius at most, degrees: LAMOST's field of view is 5 degrees across.
MAX_RADIUS = 10.0

Place = tuple[float, float, float]


def check_place(place: Place) -> None:
    """See that a place is on the sky: right ascension, declination and radius, degrees (ICRS).

    Raises
    ------
    UserError
        If it is not.
    """
    ra, dec, radius = place
    if not (0 <= ra <= 360 and -90 <= dec <= 90 and 0 < radius <= MAX_RADIUS):
        raise UserError(
            f"--cone {ra:g} {dec:g} {radius:g}: give degrees: RA 0 to 360, DEC -90 to 90, RADIUS "
            f"to {MAX_RADIUS:g}"
        )


def search(client: Client, url: str, place: Place, choice: Choice, token: Token) -> list[int]:
    """Return the OBSIDs around a place, in rising order.

    Raises
    ------
    UserError
        If the archive does not answer with a table, or with none of the lines that are meant.
    Hopeless, Stopped
        As `Client.ask`.
    """
    name = "--cone " + " ".join(f"{value:g}" for value in place)
    try:
        parts = client.ask(url, url, LIMIT, lambda answer: list(_pieces(answer, token)))
    except Failure as failure:
        raise UserError(f"{name}: {failure.reason} ({failure.status})") from None
    return chosen(parts, choice, f"{name}: the archive's answer")


def _pieces(answer: Answer, token: Token) -> Iterator[pd.DataFrame]:
    """Yield the lines of a table."""
    body = answer.body.removeprefix(b"\xef\xbb\xbf").lstrip()
    head = body[:512].lower()
    if b"<html" in head or b"<!doctype html" in head:
        raise Failure("refused", "the archive sent a page, not a table; does it want a token?")
    if body.startswith((b"{", b"[")):
        raise Failure("refused", f"the archive sent no table: {said(body, token) or 'JSON'}")
    try:
        if body.startswith(b"<"):
            yield _votable(body, token)
        else:
            yield from pieces(io.BufferedReader(io.BytesIO(body)))
    except (*FAULTS, IndexError) as error:
        words = " ".join(token.hide(str(error)).split())[:120]
        raise Failure("unusable", f"the archive sent no table that can be read ({words})") from None


def _votable(body: bytes, token: Token) -> pd.DataFrame:
    """Return the needed columns of a VOTable's first table."""
    from astropy.io import votable
    from astropy.io.votable.exceptions import W46

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        document = votable.parse(io.BytesIO(body), verify="warn")
        infos = [*document.infos, *(i for r in document.resources for i in r.infos)]
        for info in infos:
            failed = info.name == "QUERY_STATUS" and str(info.value).upper() == "ERROR"
            if failed or info.name.lower() == "error":
                words = " ".join(token.hide(info.content or str(info.value)).split())[:120]
                raise Failure("failed", f"the archive says {words!r}")
        table = document.get_first_table().to_table(use_names_over_ids=True)
    columns = wanted_columns(table.colnames)
    cut = [old for old in columns if table[old].dtype.kind in "SU"]
    if cut and any(issubclass(warning.category, W46) for warning in caught):
        raise ValueError(f"its texts are cut short, {columns[cut[0]]} perhaps")
    return pd.DataFrame({new: _plain(table[old]) for old, new in columns.items()})


def _plain(column) -> object:
    """Return a column's values, numbers or texts; missing ones become -1 or an empty text."""
    if column.dtype.kind in "iu":
        return column.filled(-1) if hasattr(column, "filled") else column.data
    values = (
        column.filled("") if hasattr(column, "filled") and column.dtype.kind in "SUO" else column
    )
    return ["" if _is_missing(value) else _text(value) for value in values]


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
