"""Tests of two forms on the same spectra, by hand."""

import numpy as np
import pytest

from lcgan.scores.paired import how, mcnemar, paired_bootstrap


def test_mcnemar_by_hand():
    """8 spectra only one has, 1 only the other: 2 (C(9,0) + C(9,1)) / 2^9 = 20 / 512."""
    one = np.array([True] * 8 + [False] + [True] * 5 + [False] * 6)
    other = np.array([False] * 8 + [True] + [True] * 5 + [False] * 6)
    found = mcnemar(one, other)
    assert (found["only_one"], found["only_other"]) == (8, 1)
    assert found["p"] == pytest.approx(20 / 512)
    assert mcnemar(one, one)["p"] == 1


def test_the_interval_of_a_difference_is_that_of_its_standard_error():
    """Of 400 spectra 100 only one has: d = 0.25, s.e. = √(0.25 · 0.75 / 400) = 0.0217."""
    one, other = np.ones((1, 400), bool), np.ones((1, 400), bool)
    other[0, :100] = False
    low, high = paired_bootstrap(one, other, np.random.default_rng(1))
    assert low == pytest.approx(0.25 - 1.96 * 0.0217, abs=0.005)
    assert high == pytest.approx(0.25 + 1.96 * 0.0217, abs=0.005)
    assert paired_bootstrap(one, one, np.random.default_rng(1)) == (0, 0)


def test_whole_stars_are_drawn_and_make_the_interval_wider():
    """The same 100 of 400 are all the spectra of one star of four: s.e. = √(3/16 / 4) = 0.217."""
    one, other = np.ones((1, 400), bool), np.ones((1, 400), bool)
    other[0, :100] = False
    stars = np.repeat(list("abcd"), 100)
    low, high = paired_bootstrap(one, other, np.random.default_rng(1), stars)
    assert low == 0 and high == pytest.approx(0.75)


def test_what_the_weights_do_is_in_the_interval():
    """Repeats that differ by +1 and -1 on every spectrum: all of the noise is theirs."""
    one = np.array([[True] * 10, [False] * 10])
    other = ~one
    low, high = paired_bootstrap(one, other, np.random.default_rng(2))
    assert (low, high) == (-1, 1)


@pytest.mark.parametrize(
    ("interval", "stars", "word"),
    [
        ((0.01, 0.1), (0.005, 0.2), "higher"),
        ((0.01, 0.1), (-0.01, 0.2), "higher_here"),
        ((-0.1, -0.01), (-0.2, -0.001), "lower"),
        ((-0.1, -0.01), (-0.2, 0.0), "lower_here"),
        ((-0.01, 0.1), (0.01, 0.2), "noise"),
        ((0.0, 0.1), (0.01, 0.2), "noise"),
        ((0.0, 0.0), (0.0, 0.0), "noise"),
        ((-0.1, -3e-17), (-0.2, -0.1), "noise"),  # a sum's rounding is no difference
        ((1e-18, 0.1), (0.1, 0.2), "noise"),
        ((0.01, 0.1), (1e-18, 0.2), "higher_here"),
        ((-0.1, -0.01), (-0.2, -1e-17), "lower_here"),
    ],
)
def test_words_on_either_side_of_each_limit(interval, stars, word):
    assert how(*interval, *stars) == word
