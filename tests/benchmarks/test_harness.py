import itertools

import pytest

from benchmarks.harness import compare, in_own_process, named


class Clock:
    """A clock that only the timed functions move."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def taking(self, seconds, result="same"):
        """Return a function that takes the next of `seconds` at each call."""
        left = itertools.chain(seconds, itertools.repeat(seconds[-1]))

        def function():
            self.now += next(left)
            return result

        return function


def _equal(ours, theirs):
    assert ours == theirs


def test_the_ratio_is_the_median_of_the_rounds_and_not_that_of_the_medians():
    clock = Clock()
    ours = clock.taking([50.0, 1.0, 2.0, 4.0])  # 50: the warm-up
    peer = clock.taking([90.0, 10.0, 8.0, 12.0])
    found = compare(ours, peer, _equal, rounds=3, shortest=0, clock=clock)
    assert found == {
        "seconds": 2.0,
        "peer_seconds": 10.0,
        "ratio": 4.0,  # of 10, 4 and 3
        "ratio_low": 3.0,
        "ratio_high": 10.0,
        "rounds": 3,
    }


def test_a_peer_that_does_a_part_is_timed_for_the_whole():
    clock = Clock()
    ours, peer = clock.taking([2.0]), clock.taking([3.0])
    found = compare(ours, peer, _equal, rounds=2, shortest=0, peer_share=0.1, clock=clock)
    assert found["seconds"] == 2.0
    assert found["peer_seconds"] == pytest.approx(30) and found["ratio"] == pytest.approx(15)


def test_the_sides_alternate_and_so_does_who_is_first():
    called = []
    compare(
        lambda: called.append("ours"),
        lambda: called.append("peer"),
        lambda a, b: called.append("check"),
        rounds=2,
        shortest=0,
        clock=itertools.count().__next__,
    )
    assert called == ["ours", "peer", "check", "ours", "peer", "peer", "ours"]


def test_a_quick_side_is_called_often_enough_and_timed_per_call():
    clock = Clock()
    ours, peer = clock.taking([0.5, 0.01]), clock.taking([9.0, 0.3])
    calls = []

    def counted():
        calls.append(clock.now)
        return ours()

    found = compare(counted, peer, _equal, rounds=1, shortest=0.1, clock=clock)
    assert len(calls) == 1 + 1 + 10  # warm-up, trial, one round
    assert found["seconds"] == pytest.approx(0.01)
    assert found["ratio"] == pytest.approx(30)


def test_an_unequal_result_raises_before_anything_is_timed():
    clock = Clock()
    ours, peer = clock.taking([1.0], "this"), clock.taking([1.0], "that")
    with pytest.raises(AssertionError):
        compare(ours, peer, _equal, clock=clock)
    assert clock.now == 2.0  # the warm-up of both and no more


def test_names_are_prefixed():
    assert named("einsum", {"ratio": 2.0}) == {"einsum.ratio": 2.0}


def test_an_error_of_the_other_process_is_raised_here():
    assert in_own_process(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        in_own_process(divmod, 7, 0)
