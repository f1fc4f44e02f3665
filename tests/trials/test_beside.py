"""Few O spectra and other networks: which trials each table is of, and recall at equal alarms."""

import numpy as np
import pytest

from lcgan.scores.answers import Answers
from lcgan.scores.benefit import Scene
from lcgan.trials import beside
from lcgan.trials.keep import Kept
from lcgan.trials.plan import Trial


def record(form, rate, n_o=None, network="", iteration=None, seed=0, status="done"):
    share = {"k": round(100 * rate), "n": 100, "rate": rate}
    fit = {"protocols": {"leakage_free": {"recall": share, "fpr_fgk": {"rate": rate / 10}}}}
    trial = Trial(form, iteration, seed, "digest", n_o, network)
    return trial, {"status": status, "fit": fit}


RECORDS = dict(
    [
        *[record("smote", rate, 15, seed=seed) for seed, rate in enumerate((0.2, 0.4, 0.3))],
        record("smote", 0.8),
        record("smote", 0.1, network="no_attention"),
        record("none_as_is", 0.5),  # of Figure 7 alone
        record("lcgan", 0.6, 30, iteration=4000),
        record("lcgan", 0.9, iteration=2000),  # another checkpoint than the one of few spectra
        record("lcgan", 0.7, iteration=4000),
        record("smote", 0.0, 15, seed=3, status="failed"),
    ]
)


def equal(trial):
    return 0.5 + trial.seed / 10


def test_few_is_of_the_forms_studied_so_with_all_of_data_set_1_at_the_end():
    table = beside.few(RECORDS, equal, 150).set_index(["form", "n_o"])
    assert list(table.index) == [("lcgan", 30), ("lcgan", 150), ("smote", 15), ("smote", 150)]
    point = table.loc[("smote", 15)]
    assert (point["recall"], point["low"], point["high"], point["repeats"]) == (0.3, 0.2, 0.4, 3)
    assert (point["low_at_fpr"], point["high_at_fpr"]) == (0.5, 0.7)
    assert point["recall_at_fpr"] == pytest.approx(0.6)
    assert table.loc[("lcgan", 150), "recall"] == 0.7


def test_networks_are_beside_the_whole_one():
    table = beside.networks(RECORDS, equal)
    assert table[["form", "network", "recall"]].values.tolist() == [
        ["smote", "", 0.8],
        ["smote", "no_attention", 0.1],
    ]


def test_both_are_written_and_nothing_of_nothing(tmp_path):
    written = beside.write(
        tmp_path, beside.few(RECORDS, equal, 150), beside.networks(RECORDS, equal)
    )
    assert [path.name for path in written] == ["few.csv", "few.png", "networks.csv", "networks.png"]
    assert all(path.stat().st_size > 50 for path in written)
    assert beside.write(tmp_path, beside.few({}, equal, 150), beside.networks({}, equal)) == []


def test_as_many_forms_as_there_are_can_be_drawn(tmp_path):
    forms = [f"form{number}" for number in range(13)]
    records = [record(form, 0.5, 15) for form in forms] + [record(form, 0.5) for form in forms]
    records = dict(records + [record(form, 0.5, network="blocks_4") for form in forms])
    written = beside.write(
        tmp_path, beside.few(records, equal, 150), beside.networks(records, equal)
    )
    assert [path.name for path in written if path.suffix == ".png"] == ["few.png", "networks.png"]


def test_each_fit_has_its_own_threshold_where_alarms_are_equal(tmp_path):
    kept, rows = Kept(tmp_path), np.arange(205)  # 5 O, 200 others, of which two may lie above
    scene = Scene({"leakage_free": rows[:5]}, {"leakage_free": rows[5:]}, {}, {})
    for seed, factor in enumerate((1.0, 0.1)):
        trial, found = record("smote", 0.5, seed=seed)
        p_o = factor * np.concatenate([[0.95, 0.75, 0.65, 0.2, 0.1], np.linspace(0.0, 0.7, 200)])
        p_o[[10, 20]] = 0.8 * factor  # the third falling is 0.7 then
        of = np.array(["smote"]), np.array([-1]), np.array([seed]), p_o[None], np.zeros((1, 205))
        kept.write({"trial": trial.key, **found}, Answers(rows, *of))
        at_equal_alarms = beside.recall_at_equal_alarms(kept, scene)
        assert at_equal_alarms(trial) == pytest.approx(2 / 5)
    nobody = Scene({"leakage_free": []}, {"leakage_free": rows[5:]}, {}, {})
    assert beside.recall_at_equal_alarms(kept, nobody)(trial) is None
