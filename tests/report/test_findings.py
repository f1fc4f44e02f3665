import pytest

from lcgan.report.answer import percent
from lcgan.report.findings import compare, comparisons, noise_control, verdict
from lcgan.scores.interval import proportion


def test_compare_needs_intervals_apart():
    assert compare({"n": 9, "low": 0.5, "high": 0.7}, {"n": 9, "low": 0.2, "high": 0.4}) == "above"
    assert compare({"n": 9, "low": 0.1, "high": 0.2}, {"n": 9, "low": 0.3, "high": 0.4}) == "below"
    touching = {"n": 9, "low": 0.4, "high": 0.6}, {"n": 9, "low": 0.2, "high": 0.4}
    assert compare(*touching) == "overlap"
    assert compare(proportion(0, 0), proportion(1, 2)) == "unknown"


def test_percent_of_nothing_is_a_dash():
    assert percent(0.6936) == "69.4\u202f%"
    assert percent(None) == percent(float("nan")) == "–"


def test_false_alarms_fewer_than_every_form_are_said(results_of):
    results = results_of()
    for fit in results.form("lcgan")["fits"]:
        fit["protocols"]["leakage_free"]["fpr_fgk"] = proportion(0, 1500)
    assert any("fewer than every form" in paragraph for paragraph in verdict(results))


def test_unseen_stars_are_named_and_their_number_decides_the_words(results_of):
    unseen = verdict(results_of())[0]
    assert "92 show two O stars" in unseen
    assert "HD 46223, HD 188209" in unseen


def test_the_comparison_table_has_each_difference_with_both_intervals(results_of):
    results = results_of()
    rows = {row["other"]: row for row in comparisons(results)}
    # means of the repeats: LCGAN (112 + 121 + 125) / 3, SGAN (60 + 70 + 85) / 3, of 173
    assert rows["sgan"]["points"] == "+27.6"
    assert rows["sgan"]["paper"] == "+3.3" and rows["none_as_is"]["paper"] == "+8.7"
    assert rows["templates"]["paper"] == "–"
    assert rows["templates"]["points"] == "−23.5"
    found = results.difference("sgan", "leakage_free")
    assert found["low"] < 143 / 519 < found["high"]
    assert found["star_low"] < 143 / 519 < found["star_high"]
    assert rows["sgan"]["said"].startswith("beyond the noise")
    assert rows["none_weighted"]["said"] == "inside the noise"


@pytest.mark.parametrize(
    ("noise", "words"),
    [(500, "says nothing of authenticity"), (60, "calls for care"), (2, "control is passed")],
)
def test_the_noise_control_decides_what_gan_test_is_worth(results_of, noise, words):
    text = noise_control(results_of(noise_called_o=noise))
    assert words in text
    assert percent(noise / 500) in text
