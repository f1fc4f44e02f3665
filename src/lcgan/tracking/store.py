"""Where MLflow keeps the runs: the project's own sqlite file, or whatever the user named."""

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from lcgan.errors import UserError

EXPERIMENTS = ("gan", "recognition", "pipeline")
#: Environment variable: the process whose pipeline the stages below it belong to.
PIPELINE = "LCGAN_PIPELINE"


def client():
    """Return an MlflowClient on the project's store, its experiments made and stale runs closed.

    MLFLOW_TRACKING_URI is respected; without it the store is `mlflow.db` in the current folder,
    by its absolute address, so that a run started elsewhere (``dvc exp run --temp``) finds it.
    """
    own = "MLFLOW_TRACKING_URI" not in os.environ
    mlflow, address = _mlflow_at_its_store()
    with alone(address):
        found = mlflow.MlflowClient()
        for name in EXPERIMENTS:
            if found.get_experiment_by_name(name) is None:
                place = Path("mlruns", name).resolve().as_uri() if own else None
                found.create_experiment(name, artifact_location=place)
    close_dead_runs(found)
    return found


def reader():
    """Return an MlflowClient that only asks: the store may be somebody else's.

    Raises
    ------
    UserError
        If the store is not there or of no kind that MLflow knows.
    """
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # of seven, which are minutes
    mlflow, address = _mlflow_at_its_store()
    kind, _, file = address.partition("sqlite:///")
    if not kind and file and not Path(file).is_file():
        raise UserError(f"{file}: no such store; MLFLOW_TRACKING_URI names it")
    try:
        return mlflow.MlflowClient()
    except Exception as error:  # whatever a kind of store may raise
        words = " ".join(str(error).split())[:200]
        raise UserError(f"{address}: cannot be asked ({words}); see MLFLOW_TRACKING_URI") from None


def _mlflow_at_its_store():
    """Return MLflow, set to the store that `client` tells of, and its address."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow

    logging.getLogger("alembic").setLevel(logging.WARNING)
    if "MLFLOW_TRACKING_URI" not in os.environ:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{Path('mlflow.db').resolve()}"
    address = os.environ["MLFLOW_TRACKING_URI"]
    mlflow.set_tracking_uri(address)
    return mlflow, address


@contextmanager
def alone(address: str) -> Iterator[None]:
    """Keep this project's other processes out while a store is changed where two would collide.

    MLflow looks first and writes then: two at once may make a store twice, a pipeline's run
    twice, a dataset twice. The lock is beside a sqlite file, or in this folder for a server.
    """
    kind, _, file = address.partition("sqlite:///")
    if file and not kind:
        lock = Path(f"{file}.lock")
    else:
        lock = Path(".lcgan/mlflow.lock")
        lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def experiment_id(found, name: str) -> str:
    """Return the id of one of EXPERIMENTS."""
    return found.get_experiment_by_name(name).experiment_id


def this_process() -> str:
    """Return a name of this process that no later process on this machine bears."""
    return _name(psutil.Process())


def pipeline_process() -> str | None:
    """Return the name of the process that runs the pipeline: PIPELINE's, else the `dvc` above."""
    return os.environ.get(PIPELINE) or dvc_process()


def dvc_process() -> str | None:
    """Return the name of the `dvc` process that started this one, or None."""
    for parent in psutil.Process().parents():
        try:
            words = [Path(word).name for word in parent.cmdline()]
        except psutil.Error:
            continue
        if "dvc" in words and {"repro", "exp"} & set(words):
            return _name(parent)
    return None


def close_dead_runs(found) -> int:
    """Mark as KILLED every run that a process of this machine left running; return how many."""
    host = os.uname().nodename
    ids = [experiment_id(found, name) for name in EXPERIMENTS]
    closed = 0
    for run in found.search_runs(ids, "attributes.status = 'RUNNING'", max_results=1000):
        process = run.data.tags.get("lcgan.process", "")
        if process.startswith(f"{host}:") and not _alive(process):
            found.set_terminated(run.info.run_id, status="KILLED")
            closed += 1
    return closed


def _name(process: psutil.Process) -> str:
    return f"{os.uname().nodename}:{process.pid}:{process.create_time():.1f}"


def _alive(name: str) -> bool:
    try:
        return _name(psutil.Process(int(name.split(":")[1]))) == name
    except (psutil.Error, ValueError):
        return False
