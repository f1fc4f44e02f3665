"""`lcgan classify`: the user's own LAMOST files through the registered model, into one table."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from lcgan.errors import UserError
from lcgan.evidence.columns import COLUMNS as EVIDENCE
from lcgan.evidence.purity import PREVALENCE
from lcgan.files import replacing
from lcgan.report.candidates import Gallery
from lcgan.spectra.found import batches, is_tar, unpacked
from lcgan.survey.inputs import find_files
from lcgan.survey.models import client, default_model, first_line
from lcgan.survey.rows import classified, columns_of
from lcgan.survey.threshold import Threshold, decide

#: Files read and sent through the model at a time: 15 MB of spectra.
BATCH = 128
#: Decimals kept in the table: 0.36″ / 100 in position, and well below the network's own noise.
DECIMALS = {"snr": 2, "ra": 6, "dec": 6, "z": 8}
P_DECIMALS, EVIDENCE_DECIMALS = 6, 3
#: Without a threshold, what is called O is a candidate.
CALLED_O = Threshold(None)


@dataclass(frozen=True)
class Outcome:
    """What became of the files."""

    n_files: int
    n_read: int
    n_o: int
    n_outliers: int
    n_candidates: int
    model: str
    said: tuple[str, ...]


def classify(
    paths: Sequence[str],
    out: Path,
    model_uri: str | None = None,
    page: Path | None = None,
    threshold: float | None = None,
    purity: float | None = None,
    prevalence: float = PREVALENCE,
) -> Outcome:
    """Classify LAMOST spectra and write one table, best O candidates first.

    Parameters
    ----------
    paths : sequence of str
        FITS files, tars of them, folders (searched to their depths) and glob patterns.
    out : Path
        ``.csv`` or ``.parquet``. One row per file: path, obsid, status (ok or rejected), reason,
        class, candidate, p_<class>, calibrated_<class>, snr (g band), ra, dec (degrees), z, and
        the columns of `lcgan.evidence.columns`. Spectra unlike the training spectra come after
        the others, rejected files last.
    model_uri : str, optional
        Any MLflow model URI or folder; by default the champion of the project's store, else its
        candidate.
    page : Path, optional
        ``.html``: one panel for each candidate.
    threshold, purity, prevalence : float, optional
        See `lcgan.survey.threshold.decide`; without them a spectrum that is called O is a
        candidate, unless it is an outlier.

    Raises
    ------
    UserError
        If `out` or `page` has another suffix or cannot be written, there are no files, the model
        cannot be loaded, or none of the files could be read (the table is written all the same).
    """
    check_output(out)
    if page is not None:
        check_output(page, "--page", (".html", ".htm"), "the page")
    files = find_files(paths)
    n_known = None if any(map(is_tar, files)) else len(files)
    uri = model_uri or default_model()
    model = load(uri)
    limit = decide(model.held_out, threshold, purity, prevalence)
    gallery = Gallery()
    rows = []
    with tqdm(total=n_known, unit="file", desc="classify", disable=None) as bar:
        for batch in batches(unpacked(files), BATCH):
            keep = None if page is None else _keeper(gallery, limit)
            rows += classified(batch, model.predict, model.columns, None, model.evidence, keep)
            bar.update(len(batch))
    table = ordered(rows, model.columns, limit, model.evidence)
    write(table, out)
    if page is not None:
        gallery.write(page, uri, model.columns, limit.said, len(rows))
    n_read = int((table["status"] == "ok").sum())
    if not n_read:
        raise UserError(
            f"{out}: none of {len(rows):,} file{'s' * (len(rows) != 1)} could be used, for the "
            f"reasons in that table (first: {table['path'][0]}: {table['reason'][0]})"
        )
    outliers = table["outlier"].fillna(False).astype(bool) if "outlier" in table else [False]
    counts = (n_read, int((table["class"] == "O").sum()), int(np.sum(outliers)))
    return Outcome(len(rows), *counts, int(table["candidate"].sum()), uri, limit.said)


def _keeper(gallery: Gallery, limit: Threshold):
    """Return what keeps the candidates' spectra for the page."""

    def keep(row: dict, read) -> None:
        if is_candidate(row, limit):
            gallery.add(row, read)

    return keep


def is_candidate(row: dict, limit: Threshold) -> bool:
    """Tell whether a classified spectrum is a candidate: O enough, and like a star at all."""
    enough = row.get("class") == "O" if limit.p_o is None else row["p_O"] >= limit.p_o
    return bool(enough and not row.get("outlier"))


def check_output(
    out: Path,
    option: str = "--out",
    suffixes: Sequence[str] = (".csv", ".parquet"),
    what: str = "the table",
) -> None:
    """See before any work that a file can be written.

    Raises
    ------
    UserError
        If it has none of the suffixes, or the folder cannot be written to.
    """
    if out.suffix.lower() not in suffixes:
        raise UserError(f"{option} {out}: {what} can be {' or '.join(suffixes)}; name it so")
    if os.path.isdir(out):
        raise UserError(f"{option} {out}: is a folder; name a file")
    try:
        with contextlib.suppress(FileNotFoundError):
            out.lstat()  # a name that is too long
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise UserError(f"{option} {out}: cannot be written ({error.strerror})") from None


@dataclass(frozen=True)
class Loaded:
    """A model at work.

    Attributes
    ----------
    predict : callable
        From a table to a table.
    columns : list of str
        The probability columns of its answer.
    evidence : bool
        Whether it can be asked for evidence.
    held_out : dict of str to list of float
        See `lcgan.tracking.served.OStarModel`; empty where the model brings none.
    """

    predict: Callable
    columns: list[str]
    evidence: bool
    held_out: dict[str, list[float]]


def load(uri: str) -> Loaded:
    """Load a model.

    Raises
    ------
    UserError
        If it cannot be loaded or gives no p_O.
    """
    import mlflow

    client()
    try:
        model = mlflow.pyfunc.load_model(uri)
    except Exception as error:  # whatever an artifact store or a foreign model may raise
        raise UserError(f"--model {uri}: cannot be loaded ({first_line(error)})") from error
    outputs = model.metadata.get_output_schema()
    names = outputs.input_names() if outputs else []
    columns = [name for name in names if name.startswith(("p_", "calibrated_"))]
    if "p_O" not in columns:
        raise UserError(f"--model {uri}: gives no probability p_O; name an `o-star` model")
    try:
        raw = model.get_raw_model()  # MLflow checks arrays number by number
        predict = raw.predict
    except (NotImplementedError, AttributeError):
        return Loaded(model.predict, columns, False, {})
    # a model carries its own code; one of old knows nothing of evidence
    return Loaded(predict, columns, hasattr(raw, "likeness"), getattr(raw, "held_out", {}))


def ordered(
    rows: Sequence[dict],
    columns: Sequence[str],
    limit: Threshold = CALLED_O,
    evidence: bool = False,
) -> pd.DataFrame:
    """Return the table: candidates, other stars, outliers, each by falling p_O; then the rejected.

    These come as they were given.
    """
    names = columns_of(columns, evidence)
    names.insert(names.index("class") + 1, "candidate")
    found = [
        row | {"candidate": is_candidate(row, limit) if row["status"] == "ok" else None}
        for row in rows
    ]
    table = pd.DataFrame(found, columns=names)
    table["obsid"] = table["obsid"].astype("Int64")
    table["candidate"] = table["candidate"].astype("boolean")
    numbers = [name for name in (*columns, *DECIMALS) if name in table]
    decimals = {**dict.fromkeys(columns, P_DECIMALS), **DECIMALS}
    last = pd.Series(0, table.index)
    if evidence:
        table["outlier"] = table["outlier"].astype("boolean")
        last = table["outlier"].fillna(False).astype(int)
        numeric = [name for name, kind in EVIDENCE.items() if kind is float]
        numbers += numeric
        decimals |= dict.fromkeys(numeric, EVIDENCE_DECIMALS)
    table[numbers] = table[numbers].astype(np.float64)
    no_candidate = ~table["candidate"].fillna(False).astype(bool)
    by = pd.DataFrame({"rejected": table["p_O"].isna(), "last": last, "other": no_candidate})
    by["p"] = -table["p_O"]
    table = table.loc[by.sort_values(list(by), kind="stable").index]
    return table.round(decimals).reset_index(drop=True)


def write(table: pd.DataFrame, out: Path) -> None:
    """Write the table by its suffix, whole or not at all.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    with replacing(out) as part:
        if out.suffix.lower() == ".csv":
            table.to_csv(part, index=False)
        else:
            table.to_parquet(part, index=False)
