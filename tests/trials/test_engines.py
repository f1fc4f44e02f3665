"""Where jobs run: what ends, fails or is killed takes nothing else with it."""

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest
import trial_tasks as tasks

from lcgan.errors import UserError
from lcgan.trials import engines


@pytest.fixture
def flux(tmp_path):
    np.save(tmp_path / "flux.npy", np.arange(8, dtype=np.float32).reshape(4, 2))
    return tmp_path / "flux.npy"


@pytest.fixture(scope="module", params=["local", "ray"])
def engine(request):
    """Either engine with two workers."""
    if request.param == "ray":
        pytest.importorskip("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(tasks.__file__).parent))
        with engines.opened(request.param, None, None, 2) as opened:
            yield opened


def test_every_job_ends_whatever_the_others_do(engine, flux):
    jobs = {"a": 0, "b": "raise", "c": "kill", "d": 3, "e": 1}
    ended = {one.name: one for one in engine.run(tasks.double, jobs, flux)}
    assert engine.workers == 2
    assert set(ended) == set(jobs)
    assert {name: one.outcome for name, one in ended.items()} == {
        "a": [0, 2],
        "b": None,
        "c": None,
        "d": [12, 14],
        "e": [4, 6],
    }
    assert ended["b"].reason == "ValueError: not this"
    assert "killed" in ended["c"].reason or "WorkerCrashedError" in ended["c"].reason
    assert "\n" not in ended["c"].reason
    assert [name for name in "ade" if ended[name].reason is not None] == []
    assert all(abs(one.started - time.time()) < 60 for one in ended.values())


def test_a_process_is_replaced_when_it_has_done_enough(engine, flux, monkeypatch):
    monkeypatch.setattr(engines, "JOBS_PER_PROCESS", 2)
    monkeypatch.setattr("lcgan.trials.on_ray.JOBS_PER_PROCESS", 2)
    jobs = dict.fromkeys(map(str, range(8)), "process")
    processes = [one.outcome for one in engine.run(tasks.double, jobs, flux)]
    assert max(processes.count(process) for process in processes) <= 2


def test_leaving_ends_what_runs_at_once(flux):
    began = time.perf_counter()
    with engines.opened("local", None, 2, 1) as local:
        endings = local.run(tasks.double, {"a": 0, "b": "wait", "c": "wait"}, flux)
        assert next(endings).outcome == [0, 2]
        endings.close()
    assert time.perf_counter() - began < 20
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    "options, words",
    [
        (("slurm", None, None), "--engine slurm: not known; use one of local, ray"),
        (("local", "auto", None), "--address auto: only --engine ray has one"),
        (("local", None, 0), "--workers 0: at least one"),
    ],
)
def test_options_that_no_engine_can_follow_are_refused(options, words):
    with pytest.raises(UserError, match=words):
        engines.check(*options)


def test_without_ray_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    with pytest.raises(UserError, match="Ray is not installed; `pip install"):
        engines.opened("ray", None, None, 1).__enter__()


def test_a_cluster_that_does_not_answer_is_told_in_one_line():
    pytest.importorskip("ray")
    with (
        pytest.raises(
            UserError, match=r"^--address 127.0.0.1:1: Ray cannot be reached \([^\n]+\)$"
        ),
        engines.opened("ray", "127.0.0.1:1", None, 1),
    ):
        pass
