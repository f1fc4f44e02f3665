"""A whole study: resumed, failed, killed, over one and two workers, and on Ray."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import mlflow
import pandas as pd
import psutil
import pytest
import trial_tasks as tasks
from small_study import PARAMS, SMALL, params_of, write_generated
from typer.testing import CliRunner

from lcgan import study
from lcgan.cli import app
from lcgan.errors import UserError
from lcgan.files import read_json
from lcgan.trials.alone import alone

HERE = Path(__file__).parent


def run(*overrides, task=tasks.drawn, **options):
    """Run a study; return its finding and what it said."""
    said = []
    return study.run(params_of(*overrides), said.append, task=task, **options), said


def records():
    """Return the records of all trials by name, without what no two runs share."""
    found = {}
    for path in Path("reports/study/trials").glob("*.json"):
        record = read_json(path)
        for name in ("started", "wall_seconds"):
            del record[name]
        if "fit" in record:
            del record["fit"]["seconds"]
        found[path.stem] = record
    return found


def runs():
    """Return the names and statuses of MLflow's runs, and how many there are below the parent."""
    client = mlflow.MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}")
    experiment = client.get_experiment_by_name("recognition").experiment_id
    found = client.search_runs([experiment])
    (parent,) = [one for one in found if one.data.tags.get("stage") == "study"]
    below = [one for one in found if one.data.tags.get("mlflow.parentRunId") == parent.info.run_id]
    assert len(below) == len(found) - 1
    return {one.info.run_name: one for one in below}, parent, len(below)


def n_begun(*parts):
    return len([path for path in Path("begun").glob("*") if all(p in path.name for p in parts)])


def start(*words: str) -> subprocess.Popen:
    """Start the command `lcgan study` on a small study, whose trials are drawn slowly."""
    code = (
        f"import sys; sys.path.insert(0, {str(HERE)!r})\n"
        "import trial_tasks, small_study, lcgan.study\n"
        "run = lcgan.study.run\n"
        "run.__defaults__ = (*run.__defaults__[:-1], trial_tasks.drawn_slowly)\n"
        "from lcgan.cli import app\n"
        "words = ['study', '--params', str(small_study.PARAMS)]\n"
        "words += [word for text in small_study.SMALL for word in ('--set', text)]\n"
        "if __name__ == '__main__':\n"
        f"    app([*words, *{words!r}])\n"
    )
    Path("start.py").write_text(code)
    return subprocess.Popen(
        [sys.executable, "start.py"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for_trials(n: int, process: subprocess.Popen) -> None:
    for _ in range(1200):
        if len(list(Path().glob("reports/study/trials/*.json"))) >= n:
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    pytest.fail("no trial ended in 24 s")


def test_a_second_call_runs_nothing_and_a_larger_study_only_what_is_missing(project):
    first, said = run(task=tasks.drawn_slowly)
    assert first.line == "6 of 6 trials done: reports/study/figure7.png"
    assert first.failures == []
    assert said[0] == (
        "study: 6 trials, 0 done, 6 to run on 2 local workers; how long is known after the first"
    )
    assert said[1].startswith("study: 5 trials left; about ")
    before, (logged, parent, n) = records(), runs()
    assert n_begun() == len(before) == n == 6

    _, said = run(task=tasks.drawn_slowly)
    assert said == ["study: 6 trials, 6 done"]
    assert (n_begun(), records(), runs()[2]) == (6, before, 6)

    _, said = run("study.seeds=3", task=tasks.drawn_slowly)
    assert said[0].startswith("study: 9 trials, 6 done, 3 to run on 2 local workers; about ")
    after, (more, same, n) = records(), runs()
    assert n_begun() == len(after) == n == 9
    assert n_begun("-2-") == 3
    assert {key: after[key] for key in before} == before
    assert same.info.run_id == parent.info.run_id
    assert {more[name].info.run_id for name in logged} == {r.info.run_id for r in logged.values()}

    other, said = run("train_classifier.learning_rate=0.5")
    assert said[0].endswith("(9 more in reports/study/trials are of other settings)")


def test_each_trial_is_one_run_with_its_parameters_figures_and_curves(project):
    run()
    logged, parent, _ = runs()
    assert set(logged) == {
        f"{form} s{seed}"
        for form in ("none_as_is", "lcgan it1000", "lcgan it2000")
        for seed in (0, 1)
    }
    one = logged["lcgan it2000 s1"]
    (record,) = [r for key, r in records().items() if key.startswith("lcgan-it002000-s01-")]
    assert one.data.params == {"form": "lcgan", "iteration": "2000", "seed": "1"}
    recall = record["fit"]["protocols"]["leakage_free"]["recall"]["rate"]
    assert one.data.metrics["recall_leakage_free"] == recall
    assert {"validation_accuracy", "recall_unseen_stars", "fpr_fgk", "macro_f1"} <= set(
        one.data.metrics
    )
    client = mlflow.MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}")
    curve = client.get_metric_history(one.info.run_id, "early_stop_loss")
    assert [point.value for point in curve] == record["curves"]["early_stop_loss"]
    assert [point.step for point in curve] == [1, 2]
    assert (one.info.status, parent.info.status) == ("FINISHED", "FINISHED")
    assert parent.data.metrics == {"trials_done": 6, "trials_failed": 0}
    assert parent.data.params["max_epochs"] == "2"
    names = {entry.path for entry in client.list_artifacts(parent.info.run_id)}
    assert names == {
        f"{name}.{kind}"
        for name in ("figure7", "differences", "operating")
        for kind in ("csv", "png")
    } | {"study.csv"}


def test_baselines_are_fitted_beside_and_all_forms_compared(project):
    found, _ = run("study.forms=[none_as_is, templates, equivalent_widths]")
    assert found.line.startswith("4 of 4 trials done")
    logged, parent, n = runs()
    assert set(logged) == {"none_as_is s0", "none_as_is s1", "templates s0", "equivalent_widths s0"}
    table = pd.read_csv("reports/study/study.csv").set_index("form")
    assert table.loc["templates", "recall_leakage_free_n"] == 4
    pairs = pd.read_csv("reports/study/differences.csv")
    pairs = pairs[pairs["protocol"] == "leakage_free"]
    assert pairs[["ours", "other"]].values.tolist() == [
        ["none_as_is", "equivalent_widths"],
        ["none_as_is", "templates"],
        ["equivalent_widths", "templates"],
    ]
    client = mlflow.MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}")
    names = client.list_artifacts(parent.info.run_id)
    assert {"differences.png", "operating.csv"} <= {entry.path for entry in names}
    before = records()
    assert run("study.forms=[none_as_is, templates, equivalent_widths]")[1] == [
        "study: 4 trials, 4 done"
    ]
    assert records() == before


def test_a_failed_trial_is_told_and_the_others_go_on_and_it_is_tried_again(project):
    Path("broken").touch()
    found, _ = run(task=tasks.one_at_a_time_fails)
    assert found.line.startswith("3 of 6 trials done")
    assert found.failures == [
        "lcgan-it001000-s00: ValueError: no such spectrum",
        "lcgan-it001000-s01: ValueError: no such spectrum",
        "lcgan-it002000-s01: its worker process was killed, perhaps for memory; lower "
        "study.workers",
    ]
    table = pd.read_csv("reports/study/study.csv")
    assert table["status"].value_counts().to_dict() == {"done": 3, "failed": 3}
    logged, _, n = runs()
    assert n == 6
    assert logged["lcgan it1000 s1"].info.status == "FAILED"
    assert logged["lcgan it1000 s1"].data.tags["reason"] == "ValueError: no such spectrum"

    Path("broken").unlink()
    found, said = run(task=tasks.one_at_a_time_fails)
    assert said[0].startswith("study: 6 trials, 3 done, 3 failed and tried again, 3 to run")
    assert (found.failures, n_begun()) == ([], 6)
    logged, _, n = runs()
    assert n == 6
    assert {one.info.status for one in logged.values()} == {"FINISHED"}
    mended = records()
    run_anew()
    assert records() == mended


def run_anew(*overrides, **options):
    """Forget all trials and run them in one go."""
    for path in Path("reports/study/trials").glob("*.json"):
        path.unlink()
    return run(*overrides, **options)


def test_killed_outright_and_called_again_nothing_is_lost_or_doubled(project):
    killed = start("--workers", "2")
    wait_for_trials(3, killed)
    workers = psutil.Process(killed.pid).children(recursive=True)
    killed.kill()
    killed.communicate()
    assert psutil.wait_procs(workers, timeout=10)[1] == []
    n_kept = len(records())
    assert 3 <= n_kept < 6
    (scratch,) = Path(".lcgan/scratch").glob("study-*")

    again = start("--workers", "2")
    output, errors = again.communicate(timeout=60)
    assert again.returncode == 0, errors
    assert f"study: 6 trials, {n_kept} done, {6 - n_kept} to run" in output
    assert not scratch.exists()
    assert n_begun() <= 6 + 2  # what two workers had begun when they were killed
    logged, _, n = runs()
    assert n == 6
    assert {one.info.status for one in logged.values()} == {"FINISHED"}
    resumed = records()
    run_anew()
    assert records() == resumed


def test_tables_alone_are_of_what_has_finished_and_nothing_runs(project):
    with pytest.raises(UserError, match="none of its trials has finished; run it without --tables"):
        run(only_tables=True)
    run("study.seeds=1", task=tasks.drawn_slowly)
    whole = pd.read_csv("reports/study/study.csv")
    found, said = run(only_tables=True, task=tasks.drawn_slowly)
    assert said == ["study: 6 trials, 3 done"]
    assert (found.line, n_begun()) == ("3 of 6 trials done: reports/study/figure7.png", 3)
    table = pd.read_csv("reports/study/study.csv")
    assert table["status"].tolist() == ["done"] * 3 + ["missing"] * 3
    pd.testing.assert_frame_equal(table[:3], whole, check_dtype=False)


def test_ctrl_c_ends_at_once_and_keeps_what_is_finished(project):
    process = start("--workers", "1")
    wait_for_trials(1, process)
    began = time.perf_counter()
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert time.perf_counter() - began < 5
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert errors.splitlines()[-1] == "lcgan: interrupted; nothing is half written"
    assert 1 <= len(records()) < 6
    assert list(Path(".lcgan/scratch").glob("study-*")) == []
    assert runs()[1].info.status == "KILLED"


def test_the_command_says_where_the_result_is_and_by_its_status_whether_a_trial_failed(
    project, monkeypatch
):
    defaults = (*study.run.__defaults__[:-1], tasks.one_at_a_time_fails)
    monkeypatch.setattr(study.run, "__defaults__", defaults)
    words = ["study", "--params", str(PARAMS), "--workers", "2"]
    words += [word for text in SMALL for word in ("--set", text)]
    Path("broken").touch()
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 1
    assert "lcgan: study: lcgan-it001000-s00: ValueError: no such spectrum" in done.stderr
    assert done.stdout.splitlines()[-1] == "study: 3 of 6 trials done: reports/study/figure7.png"
    Path("broken").unlink()
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "study: 6 of 6 trials done: reports/study/figure7.png"


def test_two_studies_do_not_run_in_one_folder(project):
    with alone("study"), pytest.raises(UserError, match="another one runs in this folder"):
        run()


def test_what_mlflow_lost_is_logged_anew_from_the_records(project, empty_store):
    run()
    Path("mlflow.db").write_bytes(empty_store.read_bytes())
    _, said = run()
    assert said == ["study: 6 trials, 6 done"]
    assert runs()[2] == 6


REAL = ("study.seeds=1", "train_classifier.max_epochs=1")


def test_real_fits_are_the_same_over_one_and_two_workers_and_on_ray(project, monkeypatch):
    write_generated(unfit=1000)
    found, _ = run(*REAL, task=tasks.small_fit, workers=2)
    two = records()
    assert found.line.startswith("2 of 3 trials done")
    assert len(found.failures) == 1
    assert found.failures[0].startswith("lcgan-it001000-s00: lcgan: fit 0: no epoch")
    run_anew(*REAL, task=tasks.small_fit, workers=1)
    assert records() == two
    pytest.importorskip("ray")
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")  # without --address none is asked for
    run_anew(*REAL, task=tasks.small_fit, workers=2, engine="ray")
    assert records() == two
