"""One MLflow run per trial of a study, below one that every call of the same study goes on with."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from lcgan.tracking import store
from lcgan.tracking.runs import StageRun, ending, git_tags, orderly_end

#: Tags: which study a run belongs to, which trial it is, when that was started.
STUDY, TRIAL, STARTED = "lcgan.study", "lcgan.trial", "lcgan.started"
#: How a trial's status is called here.
_STATUS = {"done": "FINISHED", "failed": "FAILED"}
#: Entities in one batch, MLflow's most.
_MOST = 1000


class StudyRun(StageRun):
    """The run of a study, and those of its trials.

    Parameters
    ----------
    client : MlflowClient
    run_id, experiment : str
    runs : dict of str to list of Run
        By trial, what the store has of it.
    """

    def __init__(self, client, run_id: str, experiment: str, runs: dict[str, list]):
        super().__init__(client, run_id, None)
        self._experiment, self._runs = experiment, runs

    def trial(self, record: Mapping, headline: Mapping[str, float]) -> bool:
        """Log a trial as a run of its own, unless the store has it; tell whether it was logged.

        What the store has of an earlier attempt, or half of this one, is deleted: there is one
        run per trial.

        Parameters
        ----------
        record : dict
            As `lcgan.trials.keep.record_of` returns it.
        headline : dict of float
            Its figures by the names that runs are compared by; empty if it failed.
        """
        status = _STATUS[record["status"]]
        runs = self._runs.pop(record["trial"], [])
        same = [run for run in runs if _holds(run, record, status)]
        for run in runs:
            if run not in same[:1]:
                self._client.delete_run(run.info.run_id)
        self._runs[record["trial"]] = same[:1]
        if same:
            return False
        began = datetime.fromisoformat(record["started"]).timestamp()
        run = self._client.create_run(
            self._experiment, start_time=int(1000 * began), tags=self._tags(record)
        )
        self._log_all(run.info.run_id, record, headline)
        ended = int(1000 * (began + record["wall_seconds"]))
        self._client.set_terminated(run.info.run_id, status=status, end_time=ended)
        self._runs[record["trial"]] = [self._client.get_run(run.info.run_id)]
        return True

    def _tags(self, record: Mapping) -> dict[str, str]:
        at = "" if record["iteration"] is None else f" it{record['iteration']}"
        at += f" n{record['n_o']}" if record.get("n_o") else ""
        at += f" {record['network']}" if record.get("network") else ""
        tags = {
            "mlflow.runName": f"{record['form']}{at} s{record['seed']}",
            "mlflow.parentRunId": self.run_id,
            "lcgan.process": store.this_process(),
            TRIAL: record["trial"],
            STARTED: record["started"],
        }
        return tags if record["reason"] is None else tags | {"reason": record["reason"]}

    def _log_all(self, run_id: str, record: Mapping, headline: Mapping[str, float]) -> None:
        """Log parameters, figures and curves in as few batches as MLflow allows."""
        from mlflow.entities import Metric, Param

        now = int(time.time() * 1000)
        more = [name for name in ("n_o", "network", "by") if record.get(name)]
        names = ("form", "iteration", "seed", *more)
        params = [Param(name, str(record[name])) for name in names]
        values = {"wall_seconds": record["wall_seconds"], **headline}
        metrics = [Metric(name, float(value), now, 0) for name, value in values.items()]
        for name, curve in record.get("curves", {}).items():
            metrics += [
                Metric(name, value, now, epoch)
                for epoch, value in enumerate(curve, start=1)
                if value is not None
            ]
        first = _MOST - len(params)
        self._client.log_batch(run_id, metrics=metrics[:first], params=params)
        for begin in range(first, len(metrics), _MOST):
            self._client.log_batch(run_id, metrics=metrics[begin : begin + _MOST])


@contextmanager
def study_run(
    study: str, params: Mapping[str, object], experiment_name: str = "recognition"
) -> Iterator[StudyRun]:
    """Open the run of a study: the one that an earlier call made, or a new one.

    Parameters
    ----------
    study : str
        Digest of what all trials depend on; with other seeds or checkpoints it is the same study.
    params : dict
        What the digest is of, to be logged where the run is new.
    experiment_name : str
        See `lcgan.tracking.store.experiment_id`.

    Notes
    -----
    Ends as FINISHED, FAILED (an exception) or KILLED (Ctrl-C, SIGTERM).
    """
    client = store.client()
    experiment = store.experiment_id(client, experiment_name)
    found = client.search_runs([experiment], f"tags.`{STUDY}` = '{study}'", max_results=1)
    if found:
        run_id = found[0].info.run_id
        client.set_tag(run_id, "lcgan.process", store.this_process())
        client.update_run(run_id, status="RUNNING")
    else:
        tags = {STUDY: study, "mlflow.runName": f"study {study[:4]}", "stage": "study"}
        tags |= {"lcgan.process": store.this_process(), **git_tags()}
        run_id = client.create_run(experiment, tags=tags).info.run_id
    runs: dict[str, list] = {}
    for run in _children(client, experiment, run_id):
        runs.setdefault(run.data.tags.get(TRIAL, ""), []).append(run)
    with orderly_end(), ending(client, run_id):
        tracker = StudyRun(client, run_id, experiment, runs)
        if not found:
            tracker.params(params)
        yield tracker


def _children(client, experiment: str, run_id: str) -> Iterator:
    """Yield every run below a run."""
    token = None
    while True:
        page = client.search_runs(
            [experiment], f"tags.`mlflow.parentRunId` = '{run_id}'", page_token=token
        )
        yield from page
        token = page.token
        if not token:
            return


def _holds(run, record: Mapping, status: str) -> bool:
    """Tell whether a run holds the whole of a record."""
    return run.info.status == status and run.data.tags.get(STARTED) == record["started"]
