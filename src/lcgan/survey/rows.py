"""From spectra to the table's rows: what `lcgan classify` and `lcgan score` both write."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.evidence.columns import COLUMNS as EVIDENCE
from lcgan.spectra import lamost
from lcgan.spectra.contents import Rejected
from lcgan.spectra.found import text_of
from lcgan.spectra.tars import Member


def columns_of(probabilities: Sequence[str], evidence: bool = False) -> list[str]:
    """Return the table's columns.

    Parameters
    ----------
    probabilities : sequence of str
        Those of the model: ``p_O`` and so on, ``calibrated_O`` and so on.
    evidence : bool
        Whether those of `lcgan.evidence.columns` follow.
    """
    return [
        *("path", "obsid", "status", "reason", "class"),
        *probabilities,
        *("snr", "ra", "dec"),
        *(("z", *EVIDENCE) if evidence else ()),
    ]


def probabilities_of(classes: Sequence[str]) -> list[str]:
    """Return the probability columns of a model of these classes."""
    return [f"{kind}_{name}" for kind in ("p", "calibrated") for name in classes]


def classified(
    files: Sequence[Path | Member],
    predict,
    columns: Sequence[str],
    folder: Path | None = None,
    evidence: bool = False,
    keep=None,
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
    evidence : bool
        Whether the columns of `lcgan.evidence.columns` are asked of the model.
    keep : callable, optional
        Given the row and the `lamost.Spectrum` of each spectrum that the model answered.
    """
    rows, spectra, reads = [], [], []
    for file in files:
        row = {"path": text_of(file), "status": "ok", "reason": None, "class": None}
        try:
            read = lamost.read(_place(file, folder))
        except Rejected as rejected:
            rows.append(row | {"status": "rejected", "reason": rejected.reason})
            continue
        snr = dict(zip(lamost.BANDS, read.snr, strict=True))["g"]
        obsid = read.obsid if read.obsid is not None and abs(read.obsid) < 1 << 63 else None
        row |= {"obsid": obsid, "snr": snr, "ra": read.ra, "dec": read.dec}
        rows.append(row | ({"z": read.z} if evidence else {}))
        reads.append(read)
        ivar = np.where(read.bad, 0.0, read.ivar)
        spectra.append({"flux": read.flux, "wavelength": read.wavelength, "ivar": ivar})
        if evidence:
            spectra[-1]["z"] = read.z
    if not spectra:
        return rows
    asked = ({"evidence": True},) if evidence else ()
    answers = predict(pd.DataFrame(spectra), *asked).to_dict("records")
    were_read = [row for row in rows if row["status"] == "ok"]
    wanted = ("class", *columns, *(EVIDENCE if evidence else ()))
    for row, answer, read in zip(were_read, answers, reads, strict=True):
        if answer["reason"]:
            row |= {"status": "rejected", "reason": answer["reason"]}
            continue
        row |= {key: answer.get(key) for key in wanted}  # models of old say less
        if keep is not None:
            keep(row, read)
    return rows


def _place(file: Path | Member, folder: Path | None) -> Path | Member:
    return file if folder is None or isinstance(file, Member) else folder / file
