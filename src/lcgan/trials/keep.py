"""What is kept of each trial: one JSON, so that a study that was ended goes on where it was."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from lcgan.errors import UserError
from lcgan.files import read_json, write_json
from lcgan.scores.answers import Answers
from lcgan.trials.engines import Ended
from lcgan.trials.plan import Trial

DONE, FAILED = "done", "failed"


class Kept:
    """A folder with a JSON and an .npz of answers per trial, named after all that it depends on."""

    def __init__(self, folder: Path):
        self.folder = folder

    def read(self, trial: Trial) -> dict | None:
        """Return a trial's record; None if there is none, or the file is broken."""
        path = self._path(trial)
        if not path.exists():
            return None
        try:
            record = read_json(path)
        except UserError:
            return None
        return record if record.get("trial") == trial.key else None

    def write(self, record: Mapping, answers: Answers | None = None) -> None:
        """Write a record in the place of the one before it, whole or not at all.

        Its answers come first: a trial that is called done has them.
        """
        if answers is not None:
            answers.write(self.folder / f"{record['trial']}.npz")
        write_json(self.folder / f"{record['trial']}.json", record)

    def answers(self, trial: Trial) -> Answers:
        """Return what a finished trial said of every row that it was scored on."""
        return Answers.read(self._path(trial).with_suffix(".npz"))

    def n_of_others(self, trials: list[Trial]) -> int:
        """Return how many records lie here that belong to none of the trials."""
        own = {self._path(trial).name for trial in trials}
        return sum(path.name not in own for path in self.folder.glob("*.json"))

    def _path(self, trial: Trial) -> Path:
        return self.folder / f"{trial.key}.json"


def head_of(key: str, ended: Ended, **what: object) -> dict:
    """Return how a record begins: the trial's key, what it is of, and how it ended.

    Parameters
    ----------
    key : str
    ended : Ended
    what : form, iteration, seed, n_o, network
    """
    return {
        "trial": key,
        **what,
        "status": DONE if ended.reason is None else FAILED,
        "reason": ended.reason,
        "started": datetime.fromtimestamp(ended.started, UTC).isoformat(timespec="milliseconds"),
        "wall_seconds": round(ended.seconds, 2),
    }


def record_of(trial: Trial, ended: Ended, fit: Mapping | None) -> dict:
    """Return what is kept of a trial.

    Parameters
    ----------
    trial : Trial
    ended : Ended
    fit : dict, optional
        The figures, as `lcgan.scores.protocols.Scored.record` returns them; None of a failed one.

    Returns
    -------
    dict
        trial (its key), form, iteration, seed, n_o, network, status, reason, started (UTC),
        wall_seconds; of a finished one also n_train, n_early_stop, fit, and curves, in which what
        was not finite is null; and `by`, where another than TensorFlow did it.
    """
    names = ("form", "iteration", "seed", "n_o", "network")
    record = head_of(trial.key, ended, **{name: getattr(trial, name) for name in names})
    if fit is None:
        return record
    form = ended.outcome.job.form
    curves = {
        name: [value if math.isfinite(value) else None for value in values]
        for name, values in ended.outcome.curves.items()
    }
    by = {} if ended.by is None else {"by": ended.by}
    sizes = {"n_train": form.counts("train"), "n_early_stop": form.counts("early_stop")}
    return record | by | sizes | {"fit": dict(fit), "curves": curves}
