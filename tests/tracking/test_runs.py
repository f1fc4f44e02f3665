"""Runs on a real sqlite store in a temporary folder."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from lcgan.errors import UserError
from lcgan.files import md5_of, read_json
from lcgan.params import flatten, load
from lcgan.tracking import runs, store
from lcgan.tracking.runs import NoTracking, StageRun, stage_run

ROOT = Path(__file__).resolve().parent.parent.parent
PARAMS = load(ROOT / "params.yaml")


@pytest.fixture
def client(own_store, monkeypatch, empty_store):
    """The client of a store of the test's own."""
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    (own_store / "mlflow.db").write_bytes(empty_store.read_bytes())
    return store.client()


def _env(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MLFLOW_")}
    return env | {"MLFLOW_DISABLE_TELEMETRY": "true"} | more


def _python(code, **more):
    """Start a process in the current folder that runs `code` with the parameters at hand."""
    head = f"""
    import os, sys, time
    from lcgan.params import load
    from lcgan.tracking.runs import stage_run
    params = load({str(ROOT / "params.yaml")!r})
    """
    program = textwrap.dedent(head) + textwrap.dedent(code)
    words = [sys.executable, "-c", program]
    return subprocess.Popen(words, env=_env(), stdout=subprocess.PIPE, text=True, **more)


def _runs(client):
    ids = [store.experiment_id(client, name) for name in store.EXPERIMENTS]
    return {run.info.run_name.split()[0]: run for run in client.search_runs(ids)}


def test_runs_of_other_parameters_bear_another_name(client):
    names = []
    for overrides in ([], [], ["seed=7"]):
        with stage_run("observe", load(ROOT / "params.yaml", overrides)) as run:
            names.append(client.get_run(run.run_id).info.run_name)
    assert names[0] == names[1] != names[2]
    assert names[2].startswith("observe ")


def test_the_store_is_the_projects_own_by_its_absolute_address(client, tmp_path):
    assert os.environ["MLFLOW_TRACKING_URI"] == f"sqlite:///{tmp_path}/mlflow.db"
    found = {experiment.name for experiment in client.search_experiments()}
    assert found >= {"gan", "recognition", "pipeline"}


def test_a_tracking_address_that_the_user_named_is_respected(client, tmp_path, monkeypatch):
    address = f"sqlite:///{tmp_path}/elsewhere.db"
    (tmp_path / "mlflow.db").rename(tmp_path / "elsewhere.db")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with stage_run("report", PARAMS):
        pass
    assert os.environ["MLFLOW_TRACKING_URI"] == address
    assert not (tmp_path / "mlflow.db").exists()


def test_several_first_users_of_a_store_at_once_all_succeed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = "from lcgan.tracking import store\nprint(store.client().search_experiments()[0].name)"
    processes = [_python(code) for _ in range(3)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    for process in processes:
        process.stdout.close()


@pytest.mark.parametrize(
    "error, status",
    [
        (None, "FINISHED"),
        (ValueError("x"), "FAILED"),
        (UserError("x"), "FAILED"),
        (KeyboardInterrupt(), "KILLED"),
        (SystemExit(143), "KILLED"),
    ],
    ids=str,
)
def test_a_run_ends_with_the_status_it_deserves(client, error, status):
    try:
        with stage_run("report", PARAMS) as run:
            assert client.get_run(run.run_id).info.status == "RUNNING"
            if error:
                raise error
    except BaseException as caught:
        assert caught is error
    assert client.get_run(run.run_id).info.status == status
    record = Path("reports/runs/report.json")
    if error:
        assert not record.exists()
    else:
        content = read_json(record)
        assert content["run_id"] == run.run_id
        assert (content["stage"], content["scale"]) == ("report", "default")
        assert content["peak_memory_mib"] > 50 and content["wall_seconds"] >= 0


def test_sigterm_marks_the_run_killed(client):
    process = _python(
        """
        with stage_run("report", params) as run:
            print(run.run_id, flush=True)
            time.sleep(60)
        """
    )
    with process:
        run_id = process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 128 + signal.SIGTERM
    assert client.get_run(run_id).info.status == "KILLED"


def test_a_run_killed_outright_is_marked_by_the_next_and_a_living_one_is_not(client):
    code = """
    with stage_run("report", params) as run, run.child("fit 1") as child:
        print(run.run_id, child.run_id, flush=True)
        time.sleep(60)
    """
    with _python(code) as dead, _python(code) as living:
        dead_ids, living_ids = (p.stdout.readline().split() for p in (dead, living))
        dead.kill()
        dead.wait()
        assert {client.get_run(i).info.status for i in dead_ids} == {"RUNNING"}
        with stage_run("report", PARAMS):
            pass
        assert {client.get_run(i).info.status for i in dead_ids} == {"KILLED"}
        assert {client.get_run(i).info.status for i in living_ids} == {"RUNNING"}
        living.kill()


def test_a_stages_run_has_its_experiment_its_name_its_parameters_and_the_commit(
    client, monkeypatch
):
    subprocess.run(["git", "init", "-q"], check=True)
    who = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    Path("f").write_text("1")
    subprocess.run(["git", "add", "f"], check=True)
    subprocess.run(["git", *who, "commit", "-qm", "one"], check=True)
    with stage_run("train_gan", PARAMS, "sgan") as run:
        pass
    Path("f").write_text("2")
    with stage_run("train_gan", PARAMS, "lcgan") as other:
        pass
    data = client.get_run(run.run_id).data
    assert run.run_id in {
        found.info.run_id for found in client.search_runs([store.experiment_id(client, "gan")])
    }
    sgan = flatten(PARAMS.train_gan.sgan.model_dump())
    expected = {"seed": PARAMS.seed, "scale": "default"} | sgan
    assert data.params == {key: str(value) for key, value in expected.items()}
    assert data.tags["stage"] == "train_gan@sgan"
    assert re.fullmatch("train_gan@sgan [0-9a-f]{4}", data.tags["mlflow.runName"])
    assert re.fullmatch("[0-9a-f]{40}", data.tags["mlflow.source.git.commit"])
    assert data.tags["git.dirty"] == "false"
    assert client.get_run(other.run_id).data.tags["git.dirty"] == "true"
    assert set(data.metrics) == {"wall_seconds", "peak_memory_mib"}
    assert read_json("reports/runs/train_gan-sgan.json")["run_id"] == run.run_id


def test_children_metrics_curves_inputs_and_artifacts(client, tmp_path):
    (tmp_path / "data").mkdir()
    Path("data/a.csv").write_text("row\n1\n")
    with stage_run("train_classifier", PARAMS, "none") as run:
        run.inputs(Path("data/a.csv"), Path("data"))
        run.metrics({"validation_accuracy": 0.5}, step=1000)
        run.metrics({"validation_accuracy": 0.75}, step=2000)
        run.curve("train_loss", range(2500), [float(i) for i in range(2500)])
        run.artifact(Path("data"))
        run.params({f"key.{i}": i for i in range(205)})
        with run.child("fit 1") as child:
            child.metrics({"validation_accuracy": 0.25})
    assert [
        (m.step, m.value) for m in client.get_metric_history(run.run_id, "validation_accuracy")
    ] == [
        (1000, 0.5),
        (2000, 0.75),
    ]
    assert len(client.get_metric_history(run.run_id, "train_loss")) == 2500
    found = client.get_run(run.run_id)
    assert found.data.tags["input.data/a.csv"] == md5_of("data/a.csv")
    digests = {entry.dataset.name: entry.dataset.digest for entry in found.inputs.dataset_inputs}
    assert digests == {"data/a.csv": md5_of("data/a.csv"), "data": md5_of("data")}
    assert found.data.params["key.204"] == "204"
    assert [entry.path for entry in client.list_artifacts(run.run_id, "data")] == ["data/a.csv"]
    inner = client.get_run(child.run_id)
    assert inner.data.tags["mlflow.parentRunId"] == run.run_id
    assert inner.info.experiment_id == found.info.experiment_id
    assert inner.info.status == "FINISHED"


def test_stages_side_by_side_may_name_the_same_inputs(client, tmp_path):
    """MLflow looks whether it knows a dataset, then adds it: in between another stage may have."""
    files = [tmp_path / f"{number}.h5" for number in range(40)]
    for file in files:
        file.write_text(file.name)
    together = threading.Barrier(4)

    def name_each(run):
        try:
            for file in files:
                together.wait(timeout=60)
                run.inputs(file)
        except BaseException:
            together.abort()
            raise

    experiment = store.experiment_id(client, "gan")
    beside = [client.create_run(experiment).info.run_id for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(name_each, [StageRun(client, run_id, None) for run_id in beside]))
    named = [client.get_run(run_id).inputs.dataset_inputs for run_id in beside]
    assert [len(inputs) for inputs in named] == [40] * 4
    assert len({it.dataset.digest for inputs in named for it in inputs}) == 40


def test_a_failing_child_is_failed_and_its_stage_goes_on_if_it_is_caught(client):
    with (
        stage_run("train_classifier", PARAMS, "none") as run,
        pytest.raises(ValueError, match="no"),
        run.child("fit 1") as child,
    ):
        raise ValueError("no")
    assert client.get_run(child.run_id).info.status == "FAILED"
    assert client.get_run(run.run_id).info.status == "FINISHED"


def test_mlflow_runs_own_run_becomes_the_parent_and_is_dropped(client, monkeypatch):
    outer = client.create_run("0")
    client.log_param(outer.info.run_id, "seed", "as given")
    monkeypatch.setenv("MLFLOW_RUN_ID", outer.info.run_id)
    with stage_run("report", PARAMS) as run:
        assert "MLFLOW_RUN_ID" not in os.environ
        run.pipeline_metrics({"lcgan.recall": 0.5})
    found = client.get_run(run.run_id).data
    assert found.tags["mlflow.parentRunId"] == outer.info.run_id
    outer = client.get_run(outer.info.run_id)
    assert outer.info.status == "RUNNING"  # `mlflow run` ends it
    assert outer.data.metrics == {"lcgan.recall": 0.5}
    assert outer.data.params["seed"] == "as given"
    assert outer.data.params["datasets.data_set_1.O"] == "150"


def test_the_stages_of_one_dvc_repro_share_a_parent_that_ends_as_they_do(client, monkeypatch):
    me = store.this_process()
    monkeypatch.setattr(store, "dvc_process", lambda: me)
    with stage_run("observe", PARAMS) as first:
        parent = client.get_run(first.parent_id)
        assert parent.info.status == "RUNNING"
        first.pipeline_metrics({"n_spectra": 3})
    assert client.get_run(first.parent_id).info.status == "FINISHED"
    with pytest.raises(UserError), stage_run("ingest", PARAMS) as second:
        raise UserError("no")
    assert second.parent_id == first.parent_id
    parent = client.get_run(first.parent_id)
    assert parent.info.status == "FAILED"
    assert parent.data.metrics == {"n_spectra": 3}
    everything = flatten(PARAMS.model_dump(by_alias=True))
    assert parent.data.params == {key: str(value) for key, value in everything.items()}
    assert re.match("pipeline [0-9a-f]{4} ", parent.info.run_name)
    other = f"{me}0"
    monkeypatch.setattr(store, "dvc_process", lambda: other)
    with stage_run("observe", PARAMS) as third:
        assert third.parent_id != first.parent_id


def test_stages_side_by_side_share_a_parent_that_whoever_runs_them_ends(client, monkeypatch):
    me = store.this_process()
    monkeypatch.setenv(store.PIPELINE, me)
    with stage_run("train_gan", PARAMS, "lcgan") as first:
        with stage_run("train_gan", PARAMS, "sgan") as second:
            assert second.parent_id == first.parent_id
        assert client.get_run(first.parent_id).info.status == "RUNNING"
    assert client.get_run(first.parent_id).info.status == "RUNNING"
    runs.end_pipeline(me, "FAILED")
    assert client.get_run(first.parent_id).info.status == "FAILED"
    runs.end_pipeline(f"{me}0", "FINISHED")  # nothing of that process: nothing to end
    assert client.get_run(first.parent_id).info.status == "FAILED"


def test_a_stage_started_by_hand_has_no_parent(client, monkeypatch):
    monkeypatch.setattr(store, "dvc_process", lambda: None)
    with stage_run("report", PARAMS) as run:
        run.pipeline_metrics({"a": 1})
    assert run.parent_id is None
    assert set(_runs(client)) == {"report"}
    assert "mlflow.parentRunId" not in client.get_run(run.run_id).data.tags


def test_a_process_is_named_so_that_no_later_one_bears_its_name():
    name = store.this_process()
    host, pid, started = name.split(":")
    assert (host, int(pid)) == (os.uname().nodename, os.getpid())
    assert float(started) == pytest.approx(psutil.Process().create_time(), abs=0.1)


def test_the_dvc_above_a_process_is_found(tmp_path):
    code = "from lcgan.tracking import store; print(store.dvc_process())"
    script = tmp_path / "dvc"
    script.write_text(
        f"import subprocess, sys, os\nprint(os.getpid(), flush=True)\n"
        f"subprocess.run([sys.executable, '-c', {code!r}], check=True)\n"
    )
    for word, expected in (("repro", True), ("status", False)):
        words = [sys.executable, str(script), word]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        pid, name = done.stdout.split()
        assert (name.split(":")[1:2] == [pid]) is expected, done.stdout


def test_no_tracking_takes_what_a_run_takes():
    run = NoTracking()
    with run.child("x") as child:
        child.metrics({"a": 1.0}, step=3)
    public = {name for name in dir(run) if not name.startswith("_")}
    assert public >= {"inputs", "params", "metrics", "curve", "tags", "artifact", "child"}
