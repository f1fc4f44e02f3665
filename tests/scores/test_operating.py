"""Recall at a false-positive rate, by hand."""

import numpy as np
import pytest

from lcgan.scores.operating import partial_auc, recall_at, smallest_fpr, threshold_at


def test_at_most_so_many_negatives_lie_above_the_threshold():
    negatives = np.arange(200) / 200
    for fpr, above in ((0.01, 2), (0.001, 0), (0.0149, 2), (0.015, 3), (1.0, 200)):
        assert (negatives > threshold_at(negatives, fpr)).sum() == above


def test_recall_by_hand():
    """200 negatives 0 to 0.995: at 1 % two lie above 0.985; of four O spectra three do."""
    found = recall_at(
        np.array([0.99, 0.999, 0.986, 0.5]), np.arange(200) / 200, 0.01, np.random.default_rng(1)
    )
    assert found["threshold"] == pytest.approx(0.985)
    assert (found["recall"]["k"], found["recall"]["n"]) == (3, 4)
    assert (found["false_alarms"]["k"], found["n_allowed"]) == (2, 2)
    assert found["boot_low"] <= 0.75 <= found["boot_high"]
    assert not found["bounded"]  # 200 negatives bound 1.5 %


def test_equal_numbers_are_no_recall():
    """A network that says the same of all spectra recalls nothing at a low rate."""
    found = recall_at(np.full(5, 0.3), np.full(500, 0.3), 0.01, np.random.default_rng(1))
    assert found["recall"]["k"] == 0 and found["bounded"]


def test_the_smallest_rate_that_negatives_can_bound():
    """None of n called O: 1 - 0.05^(1/n); the rule of three gives 3/1500 = 0.2 %."""
    assert smallest_fpr(1) == pytest.approx(0.95)
    assert smallest_fpr(1500) == pytest.approx(3 / 1500, rel=0.01)
    assert smallest_fpr(0) is None


def test_nothing_to_count_is_none():
    found = recall_at(np.array([]), np.arange(5.0), 0.01, np.random.default_rng(1))
    assert found["threshold"] is None and found["recall"]["rate"] is None
    assert partial_auc(np.array([]), np.arange(5.0)) is None


def test_partial_area_of_the_perfect_and_of_the_blind():
    negatives = np.linspace(0, 1, 1000)
    assert partial_auc(np.full(10, 2.0), negatives) == pytest.approx(1)
    assert partial_auc(np.linspace(0, 1, 1000), negatives) == pytest.approx(0.5, abs=0.01)
