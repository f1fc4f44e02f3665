"""Runs of trials on a real sqlite store: one each, whatever was killed before."""

import pytest

from lcgan.tracking import store
from lcgan.tracking.trials import STARTED, TRIAL, study_run


@pytest.fixture
def client(own_store, empty_store):
    """The client of a store of the test's own."""
    (own_store / "mlflow.db").write_bytes(empty_store.read_bytes())
    return store.client()


def record(**changes):
    return {
        "trial": "lcgan-it001000-s03-abc",
        "form": "lcgan",
        "iteration": 1000,
        "seed": 3,
        "status": "done",
        "reason": None,
        "started": "2021-05-03T00:00:01.500+00:00",
        "wall_seconds": 20.0,
        "curves": {"train_loss": [3.0, None, 1.0]},
    } | changes


FAILED = record(status="failed", reason="ValueError: no", started="2021-05-02T00:00:00+00:00")
del FAILED["curves"]


def trials(client):
    experiment = store.experiment_id(client, "recognition")
    return client.search_runs([experiment], f"tags.`{TRIAL}` LIKE '%'")


def test_a_trial_has_one_run_however_often_it_is_logged(client):
    for expected in (True, False):
        with study_run("d1", {"max_epochs": 2}) as run:
            assert run.trial(record(), {"recall_leakage_free": 0.25}) is expected
            assert run.trial(record(), {"recall_leakage_free": 0.25}) is False
    (one,) = trials(client)
    assert one.info.run_name == "lcgan it1000 s3"
    assert one.data.params == {"form": "lcgan", "iteration": "1000", "seed": "3"}
    last = {"recall_leakage_free": 0.25, "wall_seconds": 20.0, "train_loss": 1.0}
    assert one.data.metrics == last
    curve = client.get_metric_history(one.info.run_id, "train_loss")
    assert [(point.step, point.value) for point in curve] == [(1, 3.0), (3, 1.0)]
    assert (one.info.start_time, one.info.end_time) == (1620000001500, 1620000021500)
    parent = client.get_run(one.data.tags["mlflow.parentRunId"])
    assert (parent.info.status, parent.data.params) == ("FINISHED", {"max_epochs": "2"})


def test_another_study_has_a_run_of_its_own(client):
    for name in ("d1", "d2"):
        with study_run(name, {}) as run:
            run.trial(record(), {})
    assert len({one.data.tags["mlflow.parentRunId"] for one in trials(client)}) == 2


def test_a_later_attempt_takes_the_place_of_a_failed_one(client):
    with study_run("d1", {}) as run:
        assert run.trial(FAILED, {})
        (one,) = trials(client)
        assert (one.info.status, one.data.tags["reason"]) == ("FAILED", "ValueError: no")
        assert run.trial(record(), {})
    (one,) = trials(client)
    assert one.info.status == "FINISHED"
    assert "reason" not in one.data.tags


def test_a_run_that_was_logged_by_half_is_logged_anew(client):
    with study_run("d1", {}) as run:
        experiment = store.experiment_id(client, "recognition")
        tags = {TRIAL: record()["trial"], STARTED: record()["started"]}
        half = client.create_run(experiment, tags={**tags, "mlflow.parentRunId": run.run_id})
    with study_run("d1", {}) as run:
        assert run.trial(record(), {})
    (one,) = trials(client)
    assert one.info.run_id != half.info.run_id
    assert one.info.status == "FINISHED"


def test_curves_longer_than_a_batch_are_logged_whole(client):
    curves = {name: [0.5] * 700 for name in ("train_loss", "early_stop_loss")}
    with study_run("d1", {}) as run:
        run.trial(record(curves=curves), {})
    (one,) = trials(client)
    for name in curves:
        assert len(client.get_metric_history(one.info.run_id, name)) == 700


@pytest.mark.parametrize(
    "error, status", [(ValueError("x"), "FAILED"), (KeyboardInterrupt(), "KILLED")], ids=str
)
def test_a_study_ends_with_the_status_it_deserves(client, error, status):
    with pytest.raises(type(error)), study_run("d1", {}) as run:
        raise error
    assert client.get_run(run.run_id).info.status == status
