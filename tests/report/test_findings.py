import pytest

from lcgan.report.findings import compare, comparisons, headline, noise_control, percent, verdict
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


@pytest.mark.parametrize(
    ("none", "lcgan", "words"),
    [
        ((100, 100, 100), 160, "raise O recall here, and false alarms with it"),
        ((100, 100, 100), 40, "lower O recall here, against every form"),
        ((100, 100, 100), 103, "no measurable difference"),
        ((60, 60, 140), 90, "recall fewer O spectra here than the training spectra merely dupl"),
        ((60, 60, 110), 115, "no measurable good here over the training spectra merely dupl"),
    ],
)
def test_the_headline_follows_the_intervals(results_of, none, lcgan, words):
    forms = ("none_as_is", "none_weighted", "none_duplicated")
    recalled = {form: (number,) * 3 for form, number in zip(forms, none, strict=True)}
    results = results_of(recalled=recalled | {"lcgan": (lcgan,) * 3})
    assert words in headline(results)


def test_the_headline_without_more_false_alarms_is_plainly_better(results_of):
    forms = ("none_as_is", "none_weighted", "none_duplicated")
    results = results_of(recalled={form: (90, 90, 90) for form in forms} | {"lcgan": (150,) * 3})
    for fit in results.form("lcgan")["fits"]:
        fit["protocols"]["leakage_free"]["fpr_fgk"] = proportion(0, 1500)
    assert headline(results).endswith("against every form of doing without")
    assert "raise" in headline(results)
    assert any("fewer than every form" in paragraph for paragraph in verdict(results))


def test_the_headline_admits_that_there_was_nothing_to_count(results_of):
    results = results_of()
    for fit in results.form("lcgan")["fits"]:
        fit["protocols"]["leakage_free"]["recall"] = proportion(0, 0)
    assert "cannot say" in headline(results)
    assert "nothing to count" in verdict(results)[0]


def test_the_verdict_names_differences_within_and_beyond_the_intervals(results_of):
    text, unseen = verdict(results_of())[:2]
    # LCGAN 121/173 = 69.9 %; duplicated 145/173 = 83.8 %; as is 101/173 = 58.4 %.
    beyond, within = text.split("Within the intervals or")
    assert "13.9 points fewer than the training spectra merely duplicated (83.8\u202f%)" in beyond
    assert "11.6 points more than no augmentation, as is (58.4\u202f%)" in within
    assert "92 show two O stars" in unseen
    assert "HD 46223, HD 188209" in unseen


def test_the_comparison_table_agrees_with_the_verdict(results_of):
    rows = {row["other"]: row for row in comparisons(results_of())}
    assert rows["none_duplicated"]["points"] == "−13.9"
    assert rows["none_duplicated"]["how"] == "below"
    assert rows["none_as_is"]["points"] == "+11.6"
    assert rows["none_as_is"]["how"] == "overlap"
    assert rows["sgan"]["how"] == "above"


@pytest.mark.parametrize(
    ("noise", "words"),
    [(500, "says nothing of authenticity"), (60, "calls for care"), (2, "control is passed")],
)
def test_the_noise_control_decides_what_gan_test_is_worth(results_of, noise, words):
    text = noise_control(results_of(noise_called_o=noise))
    assert words in text
    assert percent(noise / 500) in text
