"""The page's first sentences: each is chosen by the paired intervals."""

import dataclasses

import pytest

from lcgan.report.answer import answer, headline, points


def told(results, how, **others):
    """Return results whose leakage-free differences say `how`, but for those named."""
    table = results.differences.copy()
    of = table["protocol"] == "leakage_free"
    table.loc[of, "how_at_fpr"] = how
    for name, word in others.items():
        table.loc[of & (table["other"] == name), "how_at_fpr"] = word
    return dataclasses.replace(results, differences=table)


@pytest.mark.parametrize(
    ("how", "others", "words"),
    [
        ("higher", {}, "raise O recall here, against every form"),
        ("higher", {"none_weighted": "higher_here"}, "for these few stars at least"),
        ("lower", {}, "lower O recall here, against every form"),
        ("lower_here", {}, "form of doing without, for these few stars at least"),
        (
            "noise",
            {"none_as_is": "higher", "none_weighted": "lower"},
            "fewer O spectra here than no augmentation with class weights, more than no "
            "augmentation, as is",
        ),
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
        ("unknown", "Yes: LCGAN’s spectra recall more", "(nothing to count)"),
        ("noise", "Not measurably: template matching", "(inside the noise)"),
    ],
)
def test_the_answer_is_against_the_best_that_does_without(results, word, begins, noise):
    text = answer(told(results, "higher", templates=word))
    assert text.startswith(begins)
    assert "173 O spectra, of 7 stars, that are in no training themselves" in text
    assert noise in text.split("against template matching ")[1].split(")")[0] + ")"


def test_the_numbers_of_a_project_choose_their_own_words(results):
    """121 of 173 against 160 by templates and 70 by SGAN: far beyond what 173 spectra blur.

    LCGAN's 30 false alarms are more than 1 % of 1,500; with class weights there are 12.
    """
    assert results.difference("templates", "leakage_free")["how"].startswith("lower")
    assert results.difference("sgan", "leakage_free")["how"].startswith("higher")
    assert results.difference("none_weighted", "leakage_free")["how"] == "noise"
    assert answer(results).startswith("No: template matching")
    assert results.difference("none_weighted", "leakage_free")["how_at_fpr"].startswith("lower")
    assert "fewer O spectra here than no augmentation with class weights" in headline(results)


def test_recall_by_class_is_told_beside_and_decides_nothing(results):
    table = results.differences.copy()
    table["how"] = "higher"
    text = answer(dataclasses.replace(results, differences=table))
    assert text.startswith("No: template matching")
    by_class = text.split("By the most probable class instead, where false alarms differ, ")[1]
    assert "against no augmentation, as is (beyond the noise" in by_class
    assert "template matching" not in by_class


def test_points_of_nothing_are_a_dash():
    values = (0.0331, -0.1, None, float("nan"))
    assert [points(value) for value in values] == ["+3.3", "−10.0", "–", "–"]


def test_fits_that_were_cut_short_are_told(results):
    """18 networks' fits of 8 epochs each."""
    assert "ended at the" not in answer(dataclasses.replace(results, most_epochs=9))
    text = answer(dataclasses.replace(results, most_epochs=8))
    assert "All 18 fits compared here ended at the 8 epochs that this run allows" in text
    results.fits_chosen("lcgan")[0]["epochs"] = 6
    assert "17 of 18 fits" in answer(dataclasses.replace(results, most_epochs=8))
