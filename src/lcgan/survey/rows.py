"""From spectra to the table's rows: what `lcgan classify` and `lcgan score` both write."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.spectra import lamost
from lcgan.spectra.contents import Rejected
from lcgan.spectra.found import text_of
from lcgan.spectra.tars import Member


def columns_of(probabilities: Sequence[str]) -> list[str]:
    """Return the table's columns; `probabilities` are those of the model, ``p_O`` and so on."""
    return [
        *("path", "obsid", "status", "reason", "class"),
        *probabilities,
        *("snr", "ra", "dec"),
    ]


def classified(
    files: Sequence[Path | Member], predict, columns: Sequence[str], folder: Path | None = None
) -> list[dict]:
    """Read files and send those that can be read through the model; one row each, in order.

    Parameters
    ----------
    files : sequence of Path or Member
        LAMOST FITS files, loose or out of tars.
    predict : callable
        From a table to a table, as `lcgan.tracking.served.OStarModel.predict`.
    columns : sequence of str
        The probability columns of its answer that are kept.
    folder : Path, optional
        What relative paths are relative to; the current folder. Not for members of tars.
    """
    rows, spectra = [], []
    for file in files:
        row = {"path": text_of(file), "status": "ok", "reason": None, "class": None}
        try:
            read = lamost.read(_place(file, folder))
        except Rejected as rejected:
            rows.append(row | {"status": "rejected", "reason": rejected.reason})
            continue
        snr = dict(zip(lamost.BANDS, read.snr, strict=True))["g"]
        obsid = read.obsid if read.obsid is not None and abs(read.obsid) < 1 << 63 else None
        rows.append(row | {"obsid": obsid, "snr": snr, "ra": read.ra, "dec": read.dec})
        ivar = np.where(read.bad, 0.0, read.ivar)
        spectra.append({"flux": read.flux, "wavelength": read.wavelength, "ivar": ivar})
    if not spectra:
        return rows
    answers = iter(predict(pd.DataFrame(spectra)).to_dict("records"))
    for row in rows:
        if row["status"] == "ok":
            answer = next(answers)
            if answer["reason"]:
                row |= {"status": "rejected", "reason": answer["reason"]}
            else:
                row |= {key: answer[key] for key in ("class", *columns)}
    return rows


def _place(file: Path | Member, folder: Path | None) -> Path | Member:
    return file if folder is None or isinstance(file, Member) else folder / file
