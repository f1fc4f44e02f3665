"""Scoring one shard: its spectra read in batches, sent through the network, written as Parquet."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from lcgan.errors import UserError
from lcgan.evidence.columns import COLUMNS as EVIDENCE
from lcgan.evidence.columns import evidence as evidence_of
from lcgan.files import md5_of, replacing
from lcgan.spectra.found import batches, text_of
from lcgan.spectra.hdf5 import opened
from lcgan.spectra.standardise import standardise
from lcgan.spectra.tars import Member, Tar
from lcgan.survey import catalogue_lines
from lcgan.survey.plan import CATALOGUE, Shard
from lcgan.survey.rows import classified, columns_of, probabilities_of
from lcgan.tracking.served import OStarModel, UnusableError, load

#: Spectra read and scored at a time: 0.5 MB, which stays in a core's cache from step to step.
BATCH = 32
#: Where a part's footer says which plan it belongs to.
PLAN_KEY = b"lcgan.plan"
#: A part's figures, as the manifest has them.
Line = dict[str, object]


class Scorer:
    """Scores shards with one loaded model.

    Parameters
    ----------
    out : Path
        The folder that parts are written to; the model lies in ``out/model``.
    plan : str
        The plan's digest, which every part bears.
    precision : {"float32", "int8"}
        Of the network.
    folder : Path
        What the inputs' relative paths are relative to.
    evidence : bool
        Whether the columns of `lcgan.evidence.columns` are wanted.
    """

    def __init__(self, out: Path, plan: str, precision: str, folder: Path, evidence: bool = False):
        self._out, self._plan, self._folder, self._evidence = out, plan, folder, evidence
        self._model = load(out / "model", precision)
        self._schema = schema_of(self._model.classes, evidence)
        self._tar: Tar | None = None  # the one that the last shard was of

    def score(self, shard: Shard) -> Line:
        """Score a shard, unless its part is there; return the part's figures.

        Raises
        ------
        UserError
            If its store cannot be read or the part cannot be written.
        """
        path = self._out / shard.name
        if (line := kept(path, self._plan)) is not None:
            return line
        tables = self._of_store(shard) if shard.store else self._of_files(shard)
        with threadpool_limits(1):  # the last bits of numpy's products depend on their threads
            table = pa.concat_tables(list(tables)).combine_chunks()
        table = table.replace_schema_metadata({PLAN_KEY: self._plan})
        with replacing(path) as part:
            pq.write_table(table, part, compression="zstd")
        return line_of(path)

    def _of_files(self, shard: Shard) -> Iterator[pa.Table]:
        """Yield the tables of files, batch by batch.

        Raises
        ------
        UserError
            If there are several files of which not one can be read.
        """
        columns, predict = probabilities_of(self._model.classes), self._model.predict
        files = self._members(shard) if shard.tar else map(Path, shard.files)
        readable, reason, n_rows = shard.size == 1, "", 0
        for batch in batches(files, BATCH):
            rows = classified(batch, predict, columns, self._folder, self._evidence)
            reason, n_rows = reason or rows[0]["reason"] or "", n_rows + len(rows)
            readable |= not all((row["reason"] or "").startswith("cannot be read") for row in rows)
            yield pa.Table.from_pylist(_without_nan(rows), schema=self._schema)
        if not readable or n_rows != shard.size:
            named, which = shard.tar or shard.files[0], "members" if shard.tar else "files"
            raise UserError(
                f"{text_of(named)}: {reason or 'it changed'}, nor can any other of this part's "
                f"{shard.size:,} {which}; is their folder there?"
            )

    def _members(self, shard: Shard) -> Iterator[Member]:
        """Yield a shard's members; a tar is read on from where the last shard of it ended."""
        path = self._folder / shard.tar
        if self._tar is None or self._tar.path != path or self._tar.place > shard.first:
            if self._tar is not None:
                self._tar.close()
            self._tar = Tar(path, shard.tar)
        yield from self._tar.run(shard.first, shard.size)

    def _of_store(self, shard: Shard) -> Iterator[pa.Table]:
        """Yield the tables of a store's rows, batch by batch."""
        place = self._folder / shard.store
        known = _known(shard, place)
        try:
            with opened(place) as file:
                for first in range(0, shard.size, BATCH):
                    rows = slice(first, min(first + BATCH, shard.size))
                    of_store = slice(shard.first + rows.start, shard.first + rows.stop)
                    flux, mask = file["flux"][of_store], file["mask"][of_store]
                    of_rows = {name: values[rows] for name, values in known.items()}
                    columns = of_rows | answers(self._model, flux, mask.sum(axis=1))
                    if self._evidence:
                        columns |= self._evidence_of(flux, file["ivar"][of_store], columns)
                    arrays = [
                        pa.array(columns[field.name], field.type, from_pandas=True)
                        for field in self._schema
                    ]
                    yield pa.Table.from_arrays(arrays, schema=self._schema)
        except (KeyError, OSError) as error:
            raise UserError(f"{shard.store}: {error}; run `dvc repro ingest` again") from error

    def _evidence_of(self, flux: np.ndarray, ivar: np.ndarray, columns: dict) -> dict[str, list]:
        """Return the evidence of packed spectra; None where they cannot be used."""
        usable = [i for i, name in enumerate(columns["class"]) if name is not None]
        called = [columns["class"][i] for i in usable]
        z = np.asarray(columns["z"], dtype=np.float64)[usable]
        found = evidence_of(self._model.likeness, flux[usable], ivar[usable], called, z)
        spread = {name: [None] * len(flux) for name in found}
        for name, values in found.items():
            for i, value in zip(usable, values, strict=True):
                spread[name][i] = value
        return spread


def schema_of(classes: tuple[str, ...], evidence: bool = False) -> pa.Schema:
    """Return the types of the table's columns; probabilities as the network gives them."""
    types = {"obsid": pa.int64(), **dict.fromkeys(("snr", "ra", "dec", "z"), pa.float64())}
    types |= dict.fromkeys(probabilities_of(classes), pa.float32())
    arrow = {bool: pa.bool_(), float: pa.float32(), str: pa.string()}
    types |= {name: arrow[kind] for name, kind in EVIDENCE.items()}
    names = columns_of(probabilities_of(classes), evidence)
    return pa.schema([(name, types.get(name, pa.string())) for name in names])


def answers(model: OStarModel, flux: np.ndarray, masked: np.ndarray) -> dict[str, list]:
    """Return status, reason, class and probabilities of packed spectra.

    Parameters
    ----------
    model : OStarModel
    flux : ndarray, shape (n, 3700)
        As packed.
    masked : ndarray, shape (n,)
        How many pixels of each have no measurement.
    """
    reasons = [_reason(model, *each) for each in zip(flux, masked.tolist(), strict=True)]
    usable = np.array([reason is None for reason in reasons])
    found = np.full((len(flux), len(model.classes)), np.nan, np.float32)
    if usable.any():
        found[usable] = model.network(standardise(flux[usable]))
    called = np.where(usable, np.nan_to_num(found).argmax(axis=1), -1)
    scaled = model.calibrated(found)
    return {
        "status": np.where(usable, "ok", "rejected").tolist(),
        "reason": reasons,
        "class": [model.classes[index] if index >= 0 else None for index in called],
        **{f"p_{name}": found[:, index] for index, name in enumerate(model.classes)},
        **{f"calibrated_{name}": scaled[:, index] for index, name in enumerate(model.classes)},
    }


def kept(path: Path, plan: str) -> Line | None:
    """Return a part's figures; None without one, or where it is damaged or of another plan."""
    try:
        metadata = pq.read_schema(path).metadata
        if (metadata or {}).get(PLAN_KEY) != plan.encode():
            return None
        pq.read_table(path)  # all of it: a disk that was cut off may have lost some
        return line_of(path)
    except (OSError, pa.ArrowInvalid):
        return None


def first_rejected(path: Path) -> tuple[str, str]:
    """Return the name of the first spectrum that a part rejects, and why it does."""
    table = pq.read_table(path, columns=["path", "status", "reason"])
    row = table["status"].to_pylist().index("rejected")
    return table["path"][row].as_py(), table["reason"][row].as_py()


def line_of(path: Path) -> Line:
    """Return a part's figures: spectra, those rejected, those called each class, md5."""
    table = pq.read_table(path, columns=["status", "class"])
    called = [name for name in table["class"].to_pylist() if name is not None]
    return {
        "file": path.name,
        "spectra": table.num_rows,
        "rejected": table["status"].to_pylist().count("rejected"),
        "called": {name: called.count(name) for name in sorted(set(called))},
        "md5": md5_of(path),
    }


def _known(shard: Shard, place: Path) -> dict[str, object]:
    """Return what is known of a store's rows beside their spectra."""
    if shard.catalogue is not None:
        catalogue = place.with_name(CATALOGUE)
        table = catalogue_lines.read(catalogue, shard.catalogue, shard.first, shard.size)
        return {name: table[name] for name in table}
    nothing = [None] * shard.size
    rows = range(shard.first, shard.first + shard.size)
    paths = [f"{text_of(shard.store)}#{row}" for row in rows]
    return {"path": paths, **dict.fromkeys(("obsid", "snr", "ra", "dec", "z"), nothing)}


def _reason(model: OStarModel, flux: np.ndarray, masked: int) -> str | None:
    """Return why a packed spectrum cannot be scored."""
    if not np.isfinite(flux).all():
        return "flux is not finite"
    if not flux.any():
        return "all-zero flux"
    try:
        model.check_masked(masked)
    except UnusableError as unusable:
        return str(unusable)
    return None


def _without_nan(rows: list[dict]) -> list[dict]:
    """Return rows in which what is no number is missing."""
    return [{key: None if it != it else it for key, it in row.items()} for row in rows]
