"""One MLflow run per stage, below one parent per pipeline execution, and one per training."""

import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lcgan.files import md5_of, write_json
from lcgan.params import Params, flatten
from lcgan.tracking import store
from lcgan.tracking.memory import watched

#: Which experiment a stage's runs are in; every other stage's are in `pipeline`.
EXPERIMENT_OF = {
    "train_gan": "gan",
    "score_gan": "gan",
    "repeat_gan": "gan",
    "train_classifier": "recognition",
}


class NoTracking:
    """Takes what a run takes and keeps nothing."""

    run_id: str | None = None
    parent_id: str | None = None

    def inputs(self, *paths: Path) -> None:
        """Name the files that were read; their md5s become tags and datasets."""

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters."""

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers, at a step where one is given."""

    def curve(self, name: str, steps: Sequence[int], values: Sequence[float]) -> None:
        """Log a whole curve in one batch."""

    def tags(self, values: Mapping[str, object]) -> None:
        """Tag the run."""

    def artifact(self, path: Path) -> None:
        """Log a file, or a folder with all it holds."""

    def pipeline_metrics(self, values: Mapping[str, float]) -> None:
        """Log numbers on the pipeline's parent run as well, so that whole runs compare."""

    @contextmanager
    def child(self, name: str) -> Iterator["NoTracking"]:
        """Open a run below this one."""
        yield NoTracking()


class StageRun(NoTracking):
    """A running MLflow run."""

    def __init__(self, client, run_id: str, parent_id: str | None):
        self._client = client
        self.run_id = run_id
        self.parent_id = parent_id

    def inputs(self, *paths: Path) -> None:
        """Tag the md5 of each file or folder read, and log it as a dataset with that digest."""
        from mlflow.data.filesystem_dataset_source import FileSystemDatasetSource  # noqa: F401
        from mlflow.entities import Dataset, DatasetInput, InputTag

        found = []
        for path in paths:
            digest = md5_of(path)
            self._client.set_tag(self.run_id, f"input.{path}", digest)
            source = f'{{"uri": "{path}"}}'
            dataset = Dataset(str(path), digest, "local", source)
            found.append(DatasetInput(dataset, [InputTag("mlflow.data.context", "input")]))
        with store.alone(os.environ["MLFLOW_TRACKING_URI"]):  # another stage may read the same
            self._client.log_inputs(self.run_id, found)

    def params(self, values: Mapping[str, object]) -> None:
        """Log parameters in batches of 100, which is MLflow's most."""
        from mlflow.entities import Param

        pairs = [Param(key, str(value)) for key, value in values.items()]
        for first in range(0, len(pairs), 100):
            self._client.log_batch(self.run_id, params=pairs[first : first + 100])

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Log numbers in one batch."""
        self._log(self.run_id, [(name, value, step or 0) for name, value in values.items()])

    def curve(self, name: str, steps: Sequence[int], values: Sequence[float]) -> None:
        """Log a whole curve in batches of 1,000 points."""
        points = [(name, value, step) for step, value in zip(steps, values, strict=True)]
        for first in range(0, len(points), 1000):
            self._log(self.run_id, points[first : first + 1000])

    def tags(self, values: Mapping[str, object]) -> None:
        """Tag the run."""
        for key, value in values.items():
            self._client.set_tag(self.run_id, key, str(value))

    def artifact(self, path: Path) -> None:
        """Log a file, or a folder with all it holds."""
        if Path(path).is_dir():
            self._client.log_artifacts(self.run_id, str(path), Path(path).name)
        else:
            self._client.log_artifact(self.run_id, str(path))

    def pipeline_metrics(self, values: Mapping[str, float]) -> None:
        """Log numbers here and on the pipeline's parent run."""
        self.metrics(values)
        if self.parent_id:
            self._log(self.parent_id, [(name, value, 0) for name, value in values.items()])

    @contextmanager
    def child(self, name: str) -> Iterator["StageRun"]:
        """Open a run below this one, in the same experiment."""
        experiment = self._client.get_run(self.run_id).info.experiment_id
        with _open(self._client, experiment, name, self.run_id, {}) as run_id:
            yield StageRun(self._client, run_id, self.parent_id)

    def _log(self, run_id: str, points: Sequence[tuple[str, float, int]]) -> None:
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        metrics = [Metric(name, float(value), now, int(step)) for name, value, step in points]
        self._client.log_batch(run_id, metrics=metrics)


@contextmanager
def stage_run(stage: str, params: Params, variant: str | None = None) -> Iterator[StageRun]:
    """Open the run of a stage below its pipeline's parent, and leave a record beside the outputs.

    Parameters
    ----------
    stage : str
        The stage's name, as in dvc.yaml.
    params : Params
        Logged flattened: the seed, the scale and the stage's own block.
    variant : str, optional
        The model or arm where the stage is a matrix.

    Notes
    -----
    Ends as FINISHED, FAILED (an exception) or KILLED (Ctrl-C, SIGTERM); a run whose process was
    killed outright is marked KILLED by the next stage. ``reports/runs/<stage>[@variant].json``
    names the run that made the outputs, so that results restored from DVC's cache name it too.
    """
    name = f"{stage}@{variant}" if variant else stage
    client = store.client()
    experiment = store.experiment_id(client, EXPERIMENT_OF.get(stage, "pipeline"))
    parent = _pipeline_run(client, params)
    git, started = git_tags(), time.time()
    tags = {"stage": name, **git}
    with (
        orderly_end(),
        watched() as peak,
        _parent_state(client, parent),
        _open(client, experiment, _run_name(name, params), parent, tags) as run_id,
    ):
        run = StageRun(client, run_id, parent)
        run.params(_own_params(stage, variant, params))
        yield run
        seconds = time.time() - started
        run.metrics({"wall_seconds": seconds, "peak_memory_mib": peak.mib})
    record = {
        "stage": name,
        "run_id": run_id,
        "scale": params.scale,
        "wall_seconds": round(time.time() - started, 1),
        "peak_memory_mib": round(peak.mib),
        "started": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(started)),
        "git_commit": git.get("mlflow.source.git.commit"),
        "git_dirty": git.get("git.dirty") == "true",
    }
    write_json(record_of(name), record)


def record_of(stage: str) -> Path:
    """Return the file that names a stage's run, its times and its memory."""
    return Path("reports/runs") / f"{stage.replace('@', '-')}.json"


@contextmanager
def _open(client, experiment: str, name: str, parent: str | None, tags: dict) -> Iterator[str]:
    """Create a run, and end it with the status that its block's end deserves."""
    tags = {**tags, "lcgan.process": store.this_process(), "mlflow.runName": name}
    if parent:
        tags["mlflow.parentRunId"] = parent
    run_id = client.create_run(experiment, tags=tags).info.run_id
    with ending(client, run_id):
        yield run_id


@contextmanager
def ending(client, run_id: str) -> Iterator[None]:
    """End a run with the status that the block's end deserves: KILLED unless it says otherwise."""
    status = "KILLED"
    try:
        yield
        status = "FINISHED"
    except Exception:
        status = "FAILED"
        raise
    finally:
        client.set_terminated(run_id, status=status)


def _pipeline_run(client, params: Params) -> str | None:
    """Return the parent run of this execution: `mlflow run`'s own, or one per pipeline process."""
    outer = os.environ.pop("MLFLOW_RUN_ID", None)
    process = store.pipeline_process()
    if not outer and process is None:
        return None
    with store.alone(os.environ["MLFLOW_TRACKING_URI"]):  # stages may begin at the same time
        if outer:
            _add_params(client, outer, params)
            return outer
        found = _pipeline_of(client, process)
        if found is not None:
            return found
        name = f"{_run_name('pipeline', params)} {time.strftime('%m-%d %H:%M')}"
        tags = {"lcgan.pipeline": process, "lcgan.process": process, "mlflow.runName": name}
        experiment = store.experiment_id(client, "pipeline")
        run_id = client.create_run(experiment, tags=tags | git_tags()).info.run_id
        _add_params(client, run_id, params)
    return run_id


def _pipeline_of(client, process: str) -> str | None:
    """Return the id of the parent run that the stages of a process have, if there is one yet."""
    experiment = store.experiment_id(client, "pipeline")
    found = client.search_runs([experiment], f"tags.`lcgan.pipeline` = '{process}'")
    return found[0].info.run_id if found else None


def end_pipeline(process: str, status: str) -> None:
    """End the parent run that the stages of a process have, if any began."""
    client = store.client()
    run_id = _pipeline_of(client, process)
    if run_id is not None:
        client.set_terminated(run_id, status=status)


def _add_params(client, run_id: str, params: Params) -> None:
    """Give a pipeline's run every parameter that it does not have; MLflow lets none be changed."""
    known = client.get_run(run_id).data.params
    values = flatten(params.model_dump(by_alias=True))
    StageRun(client, run_id, None).params({k: v for k, v in values.items() if k not in known})


@contextmanager
def _parent_state(client, parent: str | None) -> Iterator[None]:
    """Keep the parent running while a stage runs, and end it as the last stage ended.

    Who runs `dvc repro` is not ours to watch; so after every stage the parent is ended, and the
    next stage opens it again. A run that `mlflow run` made is ended by `mlflow run`, that of a
    process named by `store.PIPELINE` by that process.
    """
    own = store.PIPELINE in os.environ
    if parent is None or own or "lcgan.pipeline" not in client.get_run(parent).data.tags:
        yield
        return
    client.update_run(parent, status="RUNNING")
    with ending(client, parent):
        yield


@contextmanager
def orderly_end() -> Iterator[None]:
    """Turn SIGTERM into an orderly end, so that the run is marked."""

    def stop(signum, frame):
        raise SystemExit(128 + signum)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _own_params(stage: str, variant: str | None, params: Params) -> dict[str, object]:
    """Return the seed, the scale and the flattened block of a stage (and of its variant)."""
    tree = params.model_dump(by_alias=True)
    block = tree.get(stage, {})
    if variant and variant in block:
        block = block[variant]
    return {"seed": params.seed, "scale": params.scale} | flatten(block)


def _run_name(name: str, params: Params) -> str:
    """Return the stage's name and four hex digits of all parameters.

    In MLflow's pages a list of runs shows names first: those of one choice of parameters bear
    the same digits, those of another differ.
    """
    digest = hashlib.md5(params.model_dump_json().encode(), usedforsecurity=False).hexdigest()[:4]
    return f"{name} {digest}" if params.scale == "default" else f"{name} {params.scale} {digest}"


def git_tags() -> dict[str, str]:
    """Return the commit checked out, and whether the tree differs from it, where git is used.

    What the pipeline itself writes into the tree, its reports and dvc.lock, does not count.
    """

    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    commit = git("rev-parse", "HEAD")
    if not commit:
        return {}
    made = (":(exclude)reports", ":(exclude)dvc.lock")
    dirty = git("status", "--porcelain", "--untracked-files=no", "--", ".", *made)
    return {"mlflow.source.git.commit": commit, "git.dirty": str(bool(dirty)).lower()}
