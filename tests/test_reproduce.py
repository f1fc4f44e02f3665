"""`lcgan reproduce`: DVC's graph, several stages at a time, one pipeline in MLflow."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from lcgan import reproduce
from lcgan.errors import UserError
from lcgan.reproduce import Plan
from lcgan.tracking import store

GRAPH = {
    "observe": set(),
    "ingest": {"observe"},
    "train_gan@lcgan": {"ingest"},
    "train_gan@sgan": {"ingest"},
    "score_gan@lcgan": {"train_gan@lcgan", "ingest"},
    "report": {"score_gan@lcgan", "train_gan@sgan"},
    "register": {"report"},
}


def test_a_chain_ends_where_two_stages_could_run_side_by_side():
    plan = Plan(GRAPH)
    assert plan.next_chain() == ["observe", "ingest"]
    assert plan.next_chain() == []
    plan.done |= {"observe", "ingest"}
    assert plan.next_chain() == ["train_gan@lcgan", "score_gan@lcgan"]
    assert plan.next_chain() == ["train_gan@sgan"]
    assert plan.next_chain() == []
    plan.done |= {"train_gan@lcgan", "score_gan@lcgan"}
    assert plan.next_chain() == []
    plan.done |= {"train_gan@sgan"}
    assert plan.next_chain() == ["report", "register"]
    plan.done |= {"report", "register"}
    assert plan.next_chain() == []


def test_what_depends_on_a_stage_that_is_not_done_never_begins():
    plan = Plan(GRAPH)
    plan.next_chain()
    plan.done |= {"observe", "ingest"}
    plan.next_chain(), plan.next_chain()
    plan.done |= {"train_gan@sgan"}  # the other one failed
    assert plan.next_chain() == []


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A DVC project of four stages: two that wait for one another's start, and one after both."""
    meet = (
        "import pathlib, sys, time\n"
        "own, other = sys.argv[1:]\n"
        "pathlib.Path(own + '.begun').touch()\n"
        "end = time.time() + 60\n"
        "while not pathlib.Path(other + '.begun').exists():\n"
        "    assert time.time() < end, 'the other never began'\n"
        "    time.sleep(0.02)\n"
        "pathlib.Path(own).write_text(own)\n"
    )
    (tmp_path / "meet.py").write_text(meet)
    python = sys.executable
    stages = {
        "first": {"cmd": "cp source first", "deps": ["source"], "outs": ["first"]},
        "a": {"cmd": f"{python} meet.py a b", "deps": ["first"], "outs": ["a"]},
        "b": {"cmd": f"{python} meet.py b a", "deps": ["first"], "outs": ["b"]},
        "last": {"cmd": "cat a b > last", "deps": ["a", "b"], "outs": ["last"]},
    }
    (tmp_path / "dvc.yaml").write_text(yaml.safe_dump({"stages": stages}))
    (tmp_path / "source").write_text("1")
    _git(tmp_path, "init", "--quiet")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path.parent / "dvc"))
    monkeypatch.setenv("DVC_NO_ANALYTICS", "1")
    monkeypatch.setenv("PATH", f"{Path(python).parent}:{os.environ['PATH']}")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    subprocess.run(["dvc", "init", "--quiet"], check=True)
    subprocess.run(["dvc", "config", "core.check_update", "false"], check=True)
    return tmp_path


def _set(project: Path, stage: str, cmd: str) -> None:
    tree = yaml.safe_load((project / "dvc.yaml").read_text())
    tree["stages"][stage]["cmd"] = cmd
    (project / "dvc.yaml").write_text(yaml.safe_dump(tree))


def test_stages_that_do_not_need_one_another_run_at_the_same_time(project):
    said: list[str] = []
    found = reproduce.run(said.append, jobs=2)
    assert found.failures == []
    assert found.line == "4 of 4 stages up to date: reports/report.html"
    assert (project / "last").read_text() == "ab"
    assert "[first] Running stage 'first':" in said
    assert "[b] Running stage 'b':" in said
    assert not any("git add" in line or "autostage" in line for line in said)
    status = subprocess.run(["dvc", "status"], capture_output=True, text=True, check=True)
    assert "up to date" in status.stdout
    said.clear()
    assert reproduce.run(said.append, jobs=2).failures == []
    assert not any("Running" in line for line in said)
    assert sum("didn't change, skipping" in line for line in said) == 4
    assert store.PIPELINE not in os.environ


def test_a_stage_is_counted_by_dvcs_own_lines(project):
    chains = reproduce._Chains(lambda line: None, 3)
    chain = reproduce._Chain(None, ["first", "datasets", "data/raw/lamost.dvc"])
    for line, at in (
        ("KeyError: 'datasets'", 0),
        ("> echo 'datasets'", 0),
        ("Stage 'first' is cached - skipping run, checking out outputs", 0),
        ("Stage 'datasets' didn't change, skipping", 1),
        ("'data/raw/lamost.dvc' didn't change, skipping", 2),
        ("Running stage 'datasets':", 2),
    ):
        chains._pass_on(chain, line)
        assert chain.at == at, line


def test_a_failed_stage_is_named_and_those_that_do_not_need_it_still_run(project):
    _set(project, "a", "echo no luck; exit 3")
    _set(project, "b", "cp first b")
    said: list[str] = []
    found = reproduce.run(said.append, jobs=2)
    assert found.failures == ["a failed; its own lines above say why"]
    assert found.line == "2 of 4 stages up to date, 2 not"
    assert "[a] no luck" in said
    assert (project / "b").exists()
    assert not (project / "last").exists()


def test_a_failed_stage_in_a_chain_is_told_from_those_before_it(project):
    _set(project, "a", "cp first a")
    _set(project, "b", "cp a b")
    tree = yaml.safe_load((project / "dvc.yaml").read_text())
    tree["stages"]["b"]["deps"] = ["a"]
    (project / "dvc.yaml").write_text(yaml.safe_dump(tree))
    _set(project, "last", "exit 1")
    found = reproduce.run(lambda line: None, jobs=2)
    assert found.failures == ["last failed; its own lines above say why"]
    assert found.line == "3 of 4 stages up to date, 1 not"


def test_an_interrupt_reaches_every_stage_and_ends_them_all(project):
    slow = (
        "import pathlib, sys, time\n"
        "pathlib.Path(sys.argv[1] + '.begun').touch()\n"
        "try:\n"
        "    time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        "    pathlib.Path(sys.argv[1] + '.ended').touch()\n"
        "    raise\n"
    )
    (project / "slow.py").write_text(slow)
    for stage in "ab":
        _set(project, stage, f"exec {sys.executable} slow.py {stage}")
    code = "from lcgan import reproduce; reproduce.run(print, 2)"
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
    end = time.time() + 60
    while not all((project / f"{stage}.begun").exists() for stage in "ab"):
        assert time.time() < end and process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert all((project / f"{stage}.ended").exists() for stage in "ab")
    assert not (project / "a").exists()


def test_no_stages_at_a_time_and_no_project_are_told_in_one_line(project, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="--jobs: 0 stages at a time"):
        reproduce.run(print, 0)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("/")
    with pytest.raises(UserError, match="^dvc: "):
        reproduce.run(print, 2)
