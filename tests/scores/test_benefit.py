"""What one form gains over another: from answers to words."""

from dataclasses import replace
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
    every += [outcome("templates", None, 0, 49, rng), outcome("d", None, 1, 30, rng)]
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
        "templates": Fitted.of(answers, "templates", None, 0),
        "d": Fitted.of(answers, "d", None, 1),
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
    baseline = found.loc["templates"]  # draws nothing: its one fit meets all three
    assert baseline["difference"] == pytest.approx(1 / 60)
    assert (baseline["how"], baseline["repeats"]) == ("noise", 3)


def test_fits_are_paired_by_their_weights_and_no_other_fit_counts(answers):
    forms = fitted(answers)
    one, other = forms["d"].paired(forms["a"])
    assert [answers.repeat[of.fits].tolist() for of in (one, other)] == [[1], [1]]
    found = differences(forms, "d", scene(), "leakage_free", 1).set_index("other")
    assert found["repeats"].to_dict() == {"a": 1, "b": 1, "templates": 1}
    assert found.loc["b", "difference"] == pytest.approx(30 / 60 - 22 / 60)
    back = differences(forms, "b", scene(), "leakage_free", 1).set_index("other")
    assert back.loc["d", "difference"] == -found.loc["b", "difference"]
    assert differences(forms, "templates", scene(), "leakage_free", 1)["repeats"].tolist() == [
        3,
        3,
        1,
    ]


def test_forms_without_a_fit_in_common_are_not_compared(answers):
    forms = fitted(answers)
    forms["b"] = replace(forms["b"], fits=forms["b"].fits[:1])  # the fit of other weights
    found = differences(forms, "d", scene(), "leakage_free", 1).set_index("other")
    assert found.loc["b", ["how", "how_at_fpr"]].tolist() == ["unknown", "unknown"]


def test_at_equal_alarms_calling_more_of_everything_is_no_gain():
    """Both know as much; one calls all O that the other is half sure of, and F stars too."""
    rng = np.random.default_rng(0)
    p_o = np.where(ROWS < 160, rng.uniform(0.3, 1, len(ROWS)), rng.uniform(0, 0.6, len(ROWS)))
    fits = []
    for form, bar in (("bold", 0.35), ("shy", 0.7)):
        called = np.where(p_o > bar, 0, 1).astype(np.int8)
        job = SimpleNamespace(form=SimpleNamespace(name=form, iteration=None), repeat=0)
        fits.append(SimpleNamespace(job=job, p_o=p_o.astype(np.float32), called=called))
    answers = Answers.of(ROWS, fits)
    forms = {name: Fitted.of(answers, name, None, 0) for name in ("bold", "shy")}
    (found,) = differences(forms, "bold", scene(), "leakage_free", 1).to_dict("records")
    assert found["how"] == "higher" and found["difference"] > 0.3
    assert (found["how_at_fpr"], found["difference_at_fpr"]) == ("noise", 0)
    assert found["recall_ours_at_fpr"] == found["recall_other_at_fpr"] > 0.4


def test_two_stars_cannot_speak_for_others(answers):
    """With two stars the greater part of the draws holds one of them twice."""
    rows = dict.fromkeys(NEGATIVES, "f")
    rows |= dict.fromkeys(POSITIVES[:30], "x") | dict.fromkeys(POSITIVES[30:], "y")
    two = Scene({"p": POSITIVES}, {"p": NEGATIVES}, {}, rows)
    found = differences(fitted(answers), "a", two, "p", 1).set_index("other")
    assert found.loc["b", "n_stars"] == 2
    assert found.loc["b", "star_high"] - found.loc["b", "star_low"] > 0


def test_nothing_to_count_is_unknown(answers):
    found = differences(fitted(answers), "a", scene(), "unseen", 1)
    assert found["how"].tolist() == found["how_at_fpr"].tolist() == ["unknown"] * 3


def test_operating_points_by_hand(answers):
    found = operating_points(fitted(answers), scene(), 1).set_index(["form", "protocol", "fpr"])
    one = found.loc["a", "leakage_free", 0.01]
    assert (one["recall"], one["alarms"], one["n_allowed"]) == (pytest.approx(50 / 60), 0, 2)
    assert one["smallest_fpr"] == pytest.approx(3 / 200, rel=0.02)
    assert not one["bounded"] and one["above_sd"] == 0 and one["above_WD"] is None
    assert found.loc[("b", "leakage_free", 0.01), "partial_auc"] < one["partial_auc"]
    b = found.loc["b", "leakage_free", 0.01]
    assert (b["fits"], b["recall_least"], b["recall_greatest"]) == (3, 18 / 60, 22 / 60)
    assert b["recall_mean"] == pytest.approx(20 / 60)
    assert np.isnan(found.loc["b", "unseen", 0.01]["recall_mean"])
