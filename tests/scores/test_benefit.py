"""What one form gains over another: from answers to words."""

from types import SimpleNamespace

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.scores.answers import Answers
from lcgan.scores.benefit import Fitted, Scene, differences, operating_points

ROWS = np.arange(100, 360)
POSITIVES = list(range(100, 160))
NEGATIVES = list(range(160, 360))


def outcome(form, iteration, repeat, hits, rng):
    """A fit that calls the first `hits` of a drawn order of the sixty O spectra O."""
    p_o = np.full(len(ROWS), 0.1, np.float32)
    p_o[rng.permutation(60)[:hits]] = 0.9
    called = np.where(p_o > 0.5, 0, 1).astype(np.int8)
    job = SimpleNamespace(form=SimpleNamespace(name=form, iteration=iteration), repeat=repeat)
    return SimpleNamespace(job=job, p_o=p_o, called=called)


@pytest.fixture
def answers():
    rng = np.random.default_rng(4)
    every = [outcome("a", 500, r, 50, rng) for r in (2, 0, 1)]
    every += [outcome("b", None, r, n, rng) for r, n in ((0, 20), (1, 22), (2, 18))]
    every += [outcome("c", None, 0, 49, rng)]
    return Answers.of(ROWS, every)


def scene(stars=30):
    return Scene(
        {"leakage_free": POSITIVES, "unseen": []},
        {"leakage_free": NEGATIVES, "unseen": NEGATIVES},
        {"sd": NEGATIVES[:10], "WD": []},
        {row: f"star {row % stars}" for row in ROWS.tolist()},
    )


def fitted(answers):
    return {
        "a": Fitted.of(answers, "a", 500, 1),
        "b": Fitted.of(answers, "b", None, 0),
        "c": Fitted.of(answers, "c", None, 0),
    }


def test_written_and_read_they_are_the_same(answers, tmp_path):
    answers.write(tmp_path / "x.npz")
    again = Answers.read(tmp_path / "x.npz")
    np.testing.assert_array_equal(again.p_o, answers.p_o)
    assert again.fits("a", 500).tolist() == [0, 1, 2] and again.repeat.tolist()[:3] == [0, 1, 2]
    with pytest.raises(UserError, match="of other spectra"):
        again.places([99])
    with pytest.raises(UserError, match=r"y\.npz: not there"):
        Answers.read(tmp_path / "y.npz")


def test_a_difference_has_its_sign_its_interval_and_its_word(answers):
    found = differences(fitted(answers), "a", scene(), "leakage_free", 1).set_index("other")
    b = found.loc["b"]
    assert b["difference"] == pytest.approx(50 / 60 - 20 / 60)
    assert b["low"] < b["difference"] < b["high"] and b["low"] > 0.3
    assert (b["how"], b["repeats"], b["n"], b["n_stars"]) == ("higher", 3, 60, 30)
    assert b["mcnemar_p"] < 1e-4
    c = found.loc["c"]  # a baseline: one fit meets all three
    assert c["difference"] == pytest.approx(1 / 60)
    assert (c["how"], c["repeats"]) == ("noise", 3)


def test_two_stars_cannot_speak_for_others(answers):
    """With two stars the greater part of the draws holds one of them twice."""
    rows = dict.fromkeys(POSITIVES[:30], "x") | dict.fromkeys(POSITIVES[30:], "y")
    two = Scene({"p": POSITIVES}, {"p": NEGATIVES}, {}, rows)
    found = differences(fitted(answers), "a", two, "p", 1).set_index("other")
    assert found.loc["b", "n_stars"] == 2
    assert found.loc["b", "star_high"] - found.loc["b", "star_low"] > 0


def test_nothing_to_count_is_unknown(answers):
    found = differences(fitted(answers), "a", scene(), "unseen", 1)
    assert found["how"].tolist() == ["unknown"] * 2


def test_operating_points_by_hand(answers):
    found = operating_points(fitted(answers), scene(), 1).set_index(["form", "protocol", "fpr"])
    one = found.loc["a", "leakage_free", 0.01]
    assert (one["recall"], one["alarms"], one["n_allowed"]) == (pytest.approx(50 / 60), 0, 2)
    assert one["smallest_fpr"] == pytest.approx(3 / 200, rel=0.02)
    assert not one["bounded"] and one["above_sd"] == 0 and one["above_WD"] is None
    assert found.loc[("b", "leakage_free", 0.01), "partial_auc"] < one["partial_auc"]
