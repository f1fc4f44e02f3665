"""The threshold that a user's words ask for, and what is said of it."""

import pytest

from lcgan.errors import UserError
from lcgan.survey.threshold import decide

HELD_OUT = {"O": [0.2, 0.9, 0.99], "F": [0.001] * 700 + [0.95], "G": [0.0] * 799}


def test_without_a_word_the_class_decides():
    assert decide(HELD_OUT).p_o is None and decide(HELD_OUT).said == ()


def test_a_threshold_of_the_users_is_taken_and_explained():
    found = decide(HELD_OUT, threshold=0.5, prevalence=1.7e-5)
    assert found.p_o == 0.5
    first, second = found.said
    assert "2 of 3 O kept (66.7%), 1 of 1,500 others (701 F, 799 G) let through" in first
    # 1 of 1,500: at most 0.32 %, so 1.7e-5 · 2/3 / (that + 0.0032) = 0.0036
    assert "to 0.0032 at most (95 %)" in second and "1.7e-05" in second
    assert "known to be 0.0036 or more; counted, it is 0.017" in second


def test_a_purity_that_so_few_negatives_cannot_show_is_said_so():
    found = decide(HELD_OUT, purity=0.5, prevalence=1.7e-5)
    assert 0.95 < found.p_o < 0.96
    assert "1 of 3 O kept" in found.said[0] and "0 of 1,500 others" in found.said[0]
    assert "subdwarfs" not in found.said[0]
    # half pure: 3 / (1.7e-5 / 3) = 528,000 negatives
    assert "a purity of 0.5 cannot be shown with 1,500 negatives: it takes 528," in found.said[2]


def test_a_purity_that_is_shown_needs_no_warning():
    found = decide(HELD_OUT, purity=0.5, prevalence=0.1)
    assert len(found.said) == 2 and found.p_o == 0.2


def test_subdwarfs_choose_no_threshold_but_are_told():
    found = decide(HELD_OUT | {"other": [0.97, 0.96, 0.1]}, purity=0.5, prevalence=1.7e-5)
    assert found.p_o == decide(HELD_OUT, purity=0.5, prevalence=1.7e-5).p_o
    assert "let through, and 2 of 3 hot subdwarfs" in found.said[0]


def test_where_no_o_passes_that_is_said():
    found = decide({"O": [0.1], "F": [0.9]}, threshold=0.95)
    assert found.said[-1].startswith("no held-out O spectrum reaches it")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"threshold": 0.5, "purity": 0.5}, "give one of them"),
        ({"purity": 1.0}, "--purity 1: a share between 0 and 1"),
        ({"purity": 0.5, "prevalence": 0.0}, "--prevalence 0"),
        ({"threshold": 1.5}, "--threshold 1.5"),
    ],
)
def test_what_is_no_share_is_refused(options, words):
    with pytest.raises(UserError, match=words):
        decide(HELD_OUT, **options)


def test_a_model_without_held_out_spectra_can_choose_nothing():
    with pytest.raises(UserError, match="register it anew"):
        decide({}, purity=0.5)
    assert decide({}, threshold=0.5).p_o == 0.5


def test_a_share_that_no_survey_can_tell_is_refused():
    with pytest.raises(UserError, match="--prevalence 1e-300: less than 1e-12"):
        decide({"O": [0.9], "F": [0.1]}, None, 0.5, 1e-300)
