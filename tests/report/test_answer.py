"""The page's first sentences: each is chosen by the paired intervals."""

import dataclasses

import pytest

from lcgan.report.answer import answer, headline, points


def told(results, how, **others):
    """Return results whose leakage-free differences say `how`, but for those named."""
    table = results.differences.copy()
    of = table["protocol"] == "leakage_free"
    table.loc[of, "how"] = how
    for name, word in others.items():
        table.loc[of & (table["other"] == name), "how"] = word
    return dataclasses.replace(results, differences=table)


@pytest.mark.parametrize(
    ("how", "others", "words"),
    [
        ("higher", {}, "raise O recall here, against every form"),
        ("higher", {"none_weighted": "higher_here"}, "for these few stars at least"),
        ("lower", {}, "lower O recall here, against every form"),
        (
            "higher",
            {"none_duplicated": "lower_here"},
            "fewer O spectra here than the training spec",
        ),
        ("higher", {"none_duplicated": "noise"}, "no measurable good here over the training spec"),
        ("noise", {}, "make no measurable difference"),
        ("unknown", {}, "cannot say"),
        ("noise", {"templates": "lower", "sgan": "higher"}, "make no measurable difference"),
    ],
)
def test_the_headline_follows_the_words_of_the_forms_without_augmentation(
    results, how, others, words
):
    assert words in headline(told(results, how, **others))


@pytest.mark.parametrize(
    ("word", "begins", "noise"),
    [
        ("higher", "Yes: LCGAN’s spectra recall more", "spectra, stars and repeats"),
        ("lower_here", "No: template matching, the best", "inside that of so few stars"),
        ("noise", "Not measurably: template matching", "(inside the noise)"),
    ],
)
def test_the_answer_is_against_the_best_that_does_without(results, word, begins, noise):
    text = answer(told(results, "higher", templates=word))
    assert text.startswith(begins)
    assert "173 O spectra of 7 stars" in text
    assert noise in text.split("against template matching ")[1].split(")")[0] + ")"


def test_the_numbers_of_a_project_choose_their_own_words(results):
    """121 of 173 against 160 by templates and 70 by SGAN: far beyond what 173 spectra blur."""
    assert results.difference("templates", "leakage_free")["how"].startswith("lower")
    assert results.difference("sgan", "leakage_free")["how"].startswith("higher")
    assert results.difference("none_weighted", "leakage_free")["how"] == "noise"
    assert answer(results).startswith("No: template matching")
    assert "fewer O spectra here than the training spectra merely duplicated" in headline(results)


def test_at_equal_alarms_three_cases(results):
    texts = []
    for low, high in ((0.95, 0.99), (0.1, 0.2), (0.1, 0.99)):
        table = results.operating.copy()
        ours = table["form"] == "lcgan"
        table.loc[~ours, ["recall", "recall_low", "recall_high"]] = (0.6, 0.5, 0.7)
        table.loc[ours, ["recall", "recall_low", "recall_high"]] = (0.9, low, high)
        texts.append(answer(dataclasses.replace(results, operating=table)))
    ends = ["more, beyond both", "less, beyond both", "intervals that overlap"]
    assert [
        text.rsplit(": ", 1)[1][: len(end)] for text, end in zip(texts, ends, strict=True)
    ] == ends


def test_points_of_nothing_are_a_dash():
    values = (0.0331, -0.1, None, float("nan"))
    assert [points(value) for value in values] == ["+3.3", "−10.0", "–", "–"]
