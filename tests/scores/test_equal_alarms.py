"""Two forms where each may call as many other stars O."""

import numpy as np
import pytest

from lcgan.scores.equal_alarms import Told, paired_interval, recall
from lcgan.scores.operating import recall_of

#: Of 100 negatives two lie high: at 1 % one may lie above, so that the other is the threshold.
NEGATIVES = np.concatenate([[0.95, 0.6], np.full(98, 0.1)])


def told(*positives: list[float], negatives=NEGATIVES) -> Told:
    return Told(np.array(positives), np.tile(negatives, (len(positives), 1)))


def test_the_threshold_is_what_all_but_one_in_a_hundred_lie_below():
    one = told([0.7, 0.61, 0.6, 0.2], [0.99, 0.99, 0.2, 0.2])
    assert recall(one, 0.01) == pytest.approx((2 / 4 + 2 / 4) / 2)  # equal is not above
    assert recall(one, 0.0) == pytest.approx((0 + 2 / 4) / 2)
    assert recall(one, 0.02) == pytest.approx((4 / 4 + 4 / 4) / 2)
    assert [recall_of(*of, 0.01) for of in zip(*one, strict=True)] == [0.5, 0.5]


def test_a_form_that_only_calls_more_of_everything_o_gains_nothing():
    rng = np.random.default_rng(0)
    o, others = rng.normal(0.6, 0.1, (3, 200)), rng.normal(0.4, 0.1, (3, 1500))
    shifted = Told(o + 0.2, others + 0.2)
    assert recall(shifted, 0.01) == recall(Told(o, others), 0.01)
    low, high = paired_interval(shifted, Told(o, others), 0.01, np.random.default_rng(1))
    assert (low, high) == pytest.approx((0, 0))


def test_the_interval_holds_the_difference_and_the_draw_of_the_threshold():
    rng = np.random.default_rng(0)
    o, others = rng.normal(0.7, 0.1, (3, 200)), rng.normal(0.4, 0.1, (3, 1500))
    better, plain = Told(o + 0.1, others), Told(o, others)
    low, high = paired_interval(better, plain, 0.01, np.random.default_rng(1))
    assert 0 < low < recall(better, 0.01) - recall(plain, 0.01) < high
    stars = [f"o{n // 50}" for n in range(200)], [f"f{n // 100}" for n in range(1500)]
    wide = paired_interval(better, plain, 0.01, np.random.default_rng(1), stars)
    assert wide[1] - wide[0] > 0 and wide != (low, high)


def test_with_stars_whole_stars_are_drawn():
    """One star holds all that one form recalls: without it the difference is nothing."""
    flat = np.full(100, 0.3)
    one = told([0.99] * 5 + [0.2] * 5, negatives=flat)
    other = told([0.2] * 10, negatives=flat)
    stars = ["a"] * 5 + ["b"] * 5, [f"f{n}" for n in range(100)]
    low, high = paired_interval(one, other, 0.01, np.random.default_rng(2), stars)
    assert (low, high) == (0, 1)
