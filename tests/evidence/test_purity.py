"""Thresholds for a stated purity, and what a number of negatives can bound."""

import numpy as np
import pytest
from scipy.stats import beta

from lcgan.evidence.purity import choose, negatives_needed, operating, upper_bound


@pytest.mark.parametrize(("k", "n"), [(0, 10), (0, 1500), (3, 200), (25, 1500), (10, 10)])
def test_the_bound_is_clopper_and_pearsons(k, n):
    exact = 1.0 if k == n else beta.ppf(0.95, k + 1, n - k)
    assert upper_bound(k, n) == pytest.approx(exact, rel=1e-6)


def test_purity_by_hand():
    found = operating([0.9, 0.8, 0.2], [0.85, *[0.1] * 99], 0.5)
    assert (found.hits, found.false) == (2, 1)
    # at 10 %: 0.1 · 2/3 against 0.9 · 1/100
    assert found.purity(0.1) == pytest.approx((0.1 * 2 / 3) / (0.1 * 2 / 3 + 0.9 * 0.01))
    assert found.purity(0.1, 0.0) == 1.0
    assert operating([0.9], [0.1], 0.95).purity(0.1) is None


def test_the_lowest_threshold_that_reaches_the_purity_is_chosen():
    positive = [0.3, 0.6, 0.9, 0.95]
    negative = [0.5, *[0.1] * 99]
    # from 0.3 on all four O and one negative: 0.5 · 1 / (0.5 + 0.5 · 0.01) = 99 %
    assert choose(positive, negative, 0.9, 0.5).threshold == 0.3
    # at 1 % prevalence that is 0.01 / (0.01 + 0.0099) = 50.3 %; for 60 % the negative must go
    assert choose(positive, negative, 0.5, 0.01).threshold == 0.3
    found = choose(positive, negative, 0.6, 0.01)
    assert 0.5 < found.threshold <= np.nextafter(0.5, 1)
    assert (found.hits, found.false) == (3, 0)


def test_where_no_o_is_above_the_highest_negative_nothing_is_found():
    found = choose([0.4], [0.9, 0.1], 0.99, 0.01)
    assert found.hits == 0 and found.threshold > 0.9


def test_the_negatives_needed_are_those_that_just_bound_the_rate():
    needed = negatives_needed(0.5, 1.7e-5, 0.8)
    rate = 1.7e-5 * 0.8  # half pure: as many false as true
    assert needed == pytest.approx(3 / rate, rel=0.01)  # the rule of three
    assert operating([1.0] * 4 + [0.0], [0.0] * needed, 0.5).most_false <= rate / (1 - 1.7e-5)
