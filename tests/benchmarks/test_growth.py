import json
from pathlib import Path

import pytest

from benchmarks import growth
from lcgan.files import read_json

ROOT = Path(__file__).resolve().parents[2]


def judged(seconds, peaks):
    return growth.judged({"n": [10, 20, 40], "seconds": seconds, "peak_mib": peaks})


def test_linear_growth_leaves_the_start_out():
    found = judged([6.0, 7.0, 9.0], [100.0, 200.0, 200.0])
    assert found["seconds_each"] == [0.1, 0.1]
    assert found["linear_deviation"] == pytest.approx(0) and found["memory_growth"] == 0
    assert found["met"] is True


@pytest.mark.parametrize(
    ("seconds", "peaks"),
    [
        ([6.0, 7.0, 9.3], [100.0, 200.0, 200.0]),  # 15 % slower each beyond 20
        ([6.0, 7.0, 8.7], [100.0, 200.0, 200.0]),  # 15 % quicker: no line either
        ([6.0, 7.0, 9.0], [100.0, 200.0, 230.0]),  # memory grows on
        ([6.0, 7.0, 9.0], [2100.0, 2100.0, 2100.0]),  # more than 2 GiB
    ],
)
def test_a_broken_promise_is_told(seconds, peaks):
    assert judged(seconds, peaks)["met"] is False


def test_every_size_is_run_as_often_as_asked_and_the_quickest_counts(monkeypatch):
    left = {1: [5.0, 1.0, 2.0], 2: [3.0], 4: [7.0, 8.0]}
    monkeypatch.setattr(growth, "SIZES", {"score": {1: 3, 2: 1, 4: 2}})
    monkeypatch.setattr(
        growth, "in_own_process", lambda run, what, given: (left[given[0]].pop(), 10.0 * given[0])
    )
    found = growth.measure("score", lambda n: (None, (n,)))
    assert found == {"n": [1, 2, 4], "seconds": [1.0, 3.0, 7.0], "peak_mib": [10.0, 20.0, 40.0]}
    assert not any(left.values())


def test_a_run_keeps_what_it_does_not_measure_and_draws_both(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("benchmarks").mkdir()
    old = {f"ingest.{key}": value for key, value in judged([1.0, 2.0, 4.0], [9.0] * 3).items()}
    growth.RESULTS.write_text(json.dumps(old))
    monkeypatch.setattr(
        growth, "measure", lambda *_: {"n": [1, 2, 3], "seconds": [1, 2, 3], "peak_mib": [5] * 3}
    )
    monkeypatch.setattr(growth, "_score_inputs", growth.contextlib.nullcontext)
    assert growth.main(["score"]) == 0
    found = read_json(growth.RESULTS)
    assert found["score.met"] is True and found["ingest.n"] == [10, 20, 40]
    assert growth.FIGURE.read_bytes().startswith(b"\x89PNG")


def test_kept_growth_is_judged_as_it_is():
    kept = ROOT / growth.RESULTS
    found = read_json(kept) if kept.exists() else {}
    for name in growth.SIZES:
        if f"{name}.n" in found:
            given = {key: found[f"{name}.{key}"] for key in ("n", "seconds", "peak_mib")}
            for key, value in growth.judged(given).items():
                assert found[f"{name}.{key}"] == value
