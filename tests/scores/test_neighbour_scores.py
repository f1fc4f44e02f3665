"""Precision, recall, density and coverage on a line, by hand.

Real 0, 1, 3: with k = 1 their balls have radii 1, 1, 2; with k = 2, 3, 2, 3.
"""

import numpy as np
import pytest

from lcgan.scores.coverage import coverage
from lcgan.scores.density import density
from lcgan.scores.neighbours import nearest, radii
from lcgan.scores.precision import precision
from lcgan.scores.recall import recall

REAL = np.array([[0.0], [1.0], [3.0]])
PLACES = np.array([[0.5], [4.9], [10.0]])


def test_radii_reach_the_kth_neighbour_or_the_furthest():
    assert radii(REAL, 1).tolist() == [1, 1, 2]
    assert radii(REAL, 2).tolist() == [3, 2, 3]
    assert radii(REAL, 9).tolist() == [3, 2, 3]


def test_nearest():
    assert nearest(PLACES, REAL) == pytest.approx([0.5, 1.9, 7.0])


def test_precision_is_the_share_of_places_in_any_ball():
    assert precision(PLACES, REAL, k=1) == pytest.approx(2 / 3)
    assert precision(REAL + 100, REAL) == 0


def test_recall_is_precision_with_the_sets_changed_over():
    # the places' balls, k = 1, have radii 4.4, 4.4, 5.1: 0, 1 and 3 lie in the first
    assert recall(PLACES, REAL, k=1) == 1
    assert recall(REAL, PLACES, k=1) == pytest.approx(2 / 3)


def test_density_counts_balls():
    # k = 1: 0.5 lies in two balls, 4.9 in one; k = 2: in three and in one
    assert density(PLACES, REAL, k=1) == pytest.approx(3 / 3)
    assert density(PLACES, REAL, k=2) == pytest.approx(4 / 3 / 2)


def test_coverage_counts_real_spectra_with_a_place_in_their_ball():
    assert coverage(PLACES, REAL, k=1) == 1
    assert coverage(PLACES[[0, 2]], REAL, k=1) == pytest.approx(2 / 3)


def test_draws_of_one_kind_have_density_1_and_the_coverage_that_theory_gives():
    places, real = np.random.default_rng(0).normal(size=(2, 400, 3))
    assert density(places, real) == pytest.approx(1, abs=0.1)
    assert coverage(places, real) == pytest.approx(1 - 2**-5, abs=0.03)
