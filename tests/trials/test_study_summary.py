"""Tables and expected time of a study that is not whole."""

import json
import math

import pytest

from lcgan.trials import keep, summary
from lcgan.trials.engines import Ended
from lcgan.trials.plan import Trial


def share(k, n):
    return {"k": k, "n": n, "rate": k / n, "low": k / n - 0.1, "high": k / n + 0.1}


def fit(iteration, seed, k):
    protocol = {"recall": share(k, 10), "fpr_fgk": share(1, 20), "macro_f1": 0.5}
    free = {**protocol, "recall": share(k // 2, 5)}
    return {
        "iteration": iteration,
        "repeat": seed,
        "epochs": 3,
        "best_epoch": 2,
        "seconds": 1.5,
        "selection_macro_f1": 0.4,
        "protocols": {"paper": protocol, "leakage_free": free, "unseen_stars": free},
    }


def record(trial, k=None, wall=10.0):
    ended = {"trial": trial.key, "form": trial.form, "iteration": trial.iteration}
    ended |= {"seed": trial.seed, "wall_seconds": wall, "reason": None, "status": "done"}
    if k is None:
        return ended | {"status": "failed", "reason": "ValueError: no"}
    return ended | {"fit": fit(trial.iteration, trial.seed, k)}


TRIALS = [Trial("none_as_is", None, seed, "aa") for seed in (0, 1)]
TRIALS += [Trial("lcgan", at, seed, "bb") for at in (1000, 2000) for seed in (0, 1, 2)]
RECORDS = {
    TRIALS[0]: record(TRIALS[0], 4, wall=6.0),
    TRIALS[2]: record(TRIALS[2], 2, wall=10.0),
    TRIALS[3]: record(TRIALS[3], 8, wall=14.0),
    TRIALS[4]: record(TRIALS[4], 3, wall=12.0),
    TRIALS[5]: record(TRIALS[5]),
}


def test_every_trial_has_a_line_also_one_that_failed_or_is_missing():
    table = summary.table(TRIALS, RECORDS)
    assert table["status"].tolist() == [
        "done",
        "missing",
        *["done"] * 3,
        "failed",
        *["missing"] * 2,
    ]
    line = table.iloc[3]
    assert (line["form"], line["iteration"], line["seed"]) == ("lcgan", 1000, 1)
    assert (line["recall_paper_k"], line["recall_paper_n"], line["recall_paper"]) == (8, 10, 0.8)
    assert (line["recall_leakage_free_k"], line["recall_leakage_free_n"]) == (4, 5)
    assert line["recall_paper_low"] == pytest.approx(0.7)
    assert (line["fpr_fgk"], line["macro_f1"], line["epochs"], line["seconds"]) == (
        0.05,
        0.5,
        3,
        1.5,
    )
    assert table.iloc[5]["reason"] == "ValueError: no"
    assert math.isnan(table.iloc[5]["recall_paper"])


def test_figure_7_is_of_the_finished_trials_median_and_range():
    points = summary.points(RECORDS.values()).set_index(["form", "iteration"])
    assert len(points) == 2
    point = points.loc["lcgan", 1000]
    assert (point["recall"], point["low"], point["high"], point["repeats"]) == (0.3, 0.2, 0.8, 3)
    assert (point["n"], point["leakage_free_n"]) == (10, 5)
    assert points.loc[("none_as_is", 0), "recall"] == 0.4


def test_the_figure_is_drawn_of_any_part_and_none_of_nothing(tmp_path):
    for records, n in ((RECORDS, 3), ({TRIALS[0]: RECORDS[TRIALS[0]]}, 3), ({}, 1)):
        table, points = summary.table(TRIALS, records), summary.points(records.values())
        written = summary.write(tmp_path, table, points)
        assert len(written) == n
        assert all(path.stat().st_size > 100 for path in written)
    assert (tmp_path / "figure7.png").read_bytes()[:4] == b"\x89PNG"


def test_expected_time_is_the_median_of_each_forms_finished_trials_over_the_workers():
    todo = [TRIALS[1], *TRIALS[5:]]
    # one of 6 s, three of the median of 10, 14 and 12 s
    assert summary.expected_seconds(todo, RECORDS, 1) == 6 + 3 * 12
    assert summary.expected_seconds(todo, RECORDS, 2) == 21
    assert summary.expected_seconds(todo, RECORDS, 64) == 12
    sgan = [Trial("sgan", 1000, 0, "cc")]
    assert summary.expected_seconds(sgan, RECORDS, 1) == 11  # of all: 6, 10, 14, 12
    assert summary.expected_seconds(todo, {TRIALS[5]: RECORDS[TRIALS[5]]}, 1) is None
    assert summary.expected_seconds([], RECORDS, 2) == 0


def test_a_record_is_kept_whole_and_a_broken_file_is_none(tmp_path):
    kept = keep.Kept(tmp_path)
    failed = keep.record_of(TRIALS[2], Ended("x", None, "killed", 0.5, 2.0), None)
    assert kept.read(TRIALS[2]) is None
    kept.write(failed)
    assert kept.read(TRIALS[2]) == failed
    assert (failed["status"], failed["reason"], failed["wall_seconds"]) == ("failed", "killed", 2)
    assert failed["started"] == "1970-01-01T00:00:00.500+00:00"
    assert kept.n_of_others(TRIALS) == 0 and kept.n_of_others(TRIALS[:2]) == 1
    path = tmp_path / f"{TRIALS[2].key}.json"
    path.write_text(json.dumps(failed)[:-9])
    assert kept.read(TRIALS[2]) is None
    path.write_text(json.dumps({**failed, "trial": TRIALS[3].key}))
    assert kept.read(TRIALS[2]) is None


def test_before_the_first_trial_the_stages_fits_tell_how_long(tmp_path):
    """Medians of 40, 44 and 60 s; eight trials on three workers: three rounds."""
    assert summary.seconds_by_stage(tmp_path, TRIALS, 3) is None
    forms = {"lcgan": {"fits": [{"seconds": 40.0}, {"seconds": 60.0}]}}
    (tmp_path / "lcgan.json").write_text(json.dumps({"forms": forms}))
    forms = {"none_as_is": {"fits": [{"seconds": 44.0}]}}
    (tmp_path / "none.json").write_text(json.dumps({"forms": forms}))
    quick = {"templates": {"fits": [{"seconds": 1.0}]}}
    (tmp_path / "baselines.json").write_text(json.dumps({"forms": quick}))
    assert summary.seconds_by_stage(tmp_path, TRIALS, 3) == 3 * 44
