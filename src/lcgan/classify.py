"""`lcgan classify`: the user's own LAMOST files through the registered model, into one table."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from lcgan.errors import UserError
from lcgan.files import replacing
from lcgan.spectra.found import batches, is_tar, unpacked
from lcgan.survey.inputs import find_files
from lcgan.survey.models import client, default_model, first_line
from lcgan.survey.rows import classified, columns_of

#: Files read and sent through the model at a time: 15 MB of spectra.
BATCH = 128
#: Decimals kept in the table: 0.36″ / 100 in position, and well below the network's own noise.
DECIMALS = {"snr": 2, "ra": 6, "dec": 6}
P_DECIMALS = 6


@dataclass(frozen=True)
class Outcome:
    """What became of the files."""

    n_files: int
    n_read: int
    n_o: int
    model: str


def classify(paths: Sequence[str], out: Path, model_uri: str | None = None) -> Outcome:
    """Classify LAMOST spectra and write one table, best O candidates first.

    Parameters
    ----------
    paths : sequence of str
        FITS files, tars of them, folders (searched to their depths) and glob patterns.
    out : Path
        ``.csv`` or ``.parquet``. One row per file: path, obsid, status (ok or rejected), reason,
        class, p_O, p_F, p_G, p_K, snr (g band), ra, dec (degrees). Rejected files come last.
    model_uri : str, optional
        Any MLflow model URI or folder; by default the champion of the project's store, else its
        candidate.

    Raises
    ------
    UserError
        If `out` has another suffix or cannot be written, there are no files, the model cannot be
        loaded, or none of the files could be read (the table is written all the same).
    """
    check_output(out)
    files = find_files(paths)
    n_known = None if any(map(is_tar, files)) else len(files)
    uri = model_uri or default_model()
    predict, columns = load(uri)
    rows = []
    with tqdm(total=n_known, unit="file", desc="classify", disable=None) as bar:
        for batch in batches(unpacked(files), BATCH):
            rows += classified(batch, predict, columns)
            bar.update(len(batch))
    table = ordered(rows, columns)
    write(table, out)
    n_read = int((table["status"] == "ok").sum())
    if not n_read:
        raise UserError(
            f"{out}: none of {len(rows)} files could be used, for the reasons in that table "
            f"(first: {table['path'][0]}: {table['reason'][0]})"
        )
    return Outcome(len(rows), n_read, int((table["class"] == "O").sum()), uri)


def check_output(out: Path) -> None:
    """See before any work that the table can be written.

    Raises
    ------
    UserError
        If the suffix is neither .csv nor .parquet, or the folder cannot be written to.
    """
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise UserError(f"--out {out}: the table can be .csv or .parquet; name it so")
    if out.is_dir():
        raise UserError(f"--out {out}: is a folder; name a file")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror})") from None


def load(uri: str):
    """Load a model; return its function from a table to a table, and its probability columns.

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
    columns = [name for name in outputs.input_names() if name.startswith("p_")] if outputs else []
    if "p_O" not in columns:
        raise UserError(f"--model {uri}: gives no probability p_O; name an `o-star` model")
    try:
        return model.get_raw_model().predict, columns  # MLflow checks arrays number by number
    except NotImplementedError:
        return model.predict, columns


def ordered(rows: Sequence[dict], columns: Sequence[str]) -> pd.DataFrame:
    """Return the table: by falling p_O, then the rejected in the order given."""
    table = pd.DataFrame(list(rows), columns=columns_of(columns))
    table["obsid"] = table["obsid"].astype("Int64")
    numbers = [*columns, *DECIMALS]
    table[numbers] = table[numbers].astype(np.float64)
    table = table.sort_values("p_O", ascending=False, kind="stable", na_position="last")
    table = table.round({**dict.fromkeys(columns, P_DECIMALS), **DECIMALS})
    return table.reset_index(drop=True)


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
