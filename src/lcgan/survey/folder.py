"""The output folder: parts, the model that made them, and a manifest that says what is there."""

import fcntl
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import lcgan
from lcgan.errors import UserError
from lcgan.files import md5_of, read_json, write_json
from lcgan.survey.models import Model
from lcgan.survey.plan import Plan, digest_of
from lcgan.survey.shard import Line

MANIFEST, MODEL = "manifest.json", "model"
#: Beginning of the folder that a model is fetched to.
SCRATCH = ".model-"
#: What tells one run from another, and how it is said.
TOLD = {
    "inputs": "inputs",
    "shard_size": "--shard-size",
    "model": "model",
    "precision": "--precision",
    "evidence": "--evidence",
}


@contextmanager
def claimed(out: Path) -> Iterator[None]:
    """Make the folder and keep every other run out of it while the block runs.

    Raises
    ------
    UserError
        If it cannot be written to, or another run is at work in it.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        lock = (out / ".lock").open("w")
    except OSError as error:
        raise UserError(f"--out {out}: cannot be written ({error.strerror})") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"--out {out}: another `lcgan score` is at work there") from None
        for left in out.glob(f"{SCRATCH}*"):  # by a run that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield


class Manifest:
    """What a run is, and what it has made so far.

    Parameters
    ----------
    out : Path
    plan : Plan
    model : Model
    precision : str
    evidence : bool

    Attributes
    ----------
    digest : str
        Names inputs, shard size, model, precision and evidence; every part bears it.
    """

    def __init__(self, out: Path, plan: Plan, model: Model, precision: str, evidence: bool = False):
        self._out, self._plan, self._model = out, plan, model
        self._is = plan.described() | {"model": model.digest, "precision": precision}
        self._is["evidence"] = evidence
        self.digest = digest_of(self._is)

    def begin(self) -> None:
        """Claim an empty folder, or go on in one of the same run.

        Raises
        ------
        UserError
            If the folder holds parts of another run, or none can tell of what, or another model.
        """
        path, parts = self._out / MANIFEST, any(self._out.glob("part-*.parquet"))
        if path.exists() and parts:
            found = read_json(path)
            there = {
                key: found.get(key) for key in ("inputs", "shard_size", "precision", "evidence")
            }
            there["model"] = found.get("model", {}).get("digest")
            if other := [word for key, word in TOLD.items() if there[key] != self._is[key]]:
                raise UserError(
                    f"--out {self._out}: holds another run's scores ({', '.join(other)} differ); "
                    "name another folder, or remove it"
                )
        elif parts:
            raise UserError(
                f"--out {self._out}: holds parts but no {MANIFEST}; name another folder"
            )
        model = self._out / MODEL
        if model.exists() and md5_of(model) != self._model.digest:
            raise UserError(f"--out {self._out}: {MODEL} there is not the one asked for; remove it")
        for left in self._out.glob(".part-*.part"):  # by a run that was killed
            left.unlink(missing_ok=True)
        if not parts:
            self.write([], [])

    def write(self, lines: Sequence[Line], failed: Sequence[Line]) -> dict:
        """Write what was made: finished parts in order, shards that failed with their reasons."""
        called = Counter()
        for line in lines:
            called.update(line["called"])
        content = {
            **self._is,
            "model": {
                "uri": self._model.uri,
                "version": self._model.version,
                "digest": self._model.digest,
            },
            "lcgan": lcgan.__version__,
            "complete": len(lines) == len(self._plan),
            "spectra": sum(line["spectra"] for line in lines),
            "rejected": sum(line["rejected"] for line in lines),
            "called": dict(sorted(called.items())),
            "n_shards": len(self._plan),
            "shards": list(lines),
            "failed": list(failed),
        }
        write_json(self._out / MANIFEST, content)
        return content

    def place(self, fetched: Path) -> None:
        """Put the model beside the parts, where every worker finds it."""
        target = self._out / MODEL
        if not target.exists():
            shutil.move(fetched, target)
