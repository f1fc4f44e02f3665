"""Timing two sides in turn, and running each benchmark in a process of its own."""

import importlib
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

#: Both sides alternate this often, unless a benchmark says otherwise.
ROUNDS = 7
#: A timing shorter than this is repeated within its round, s.
SHORTEST = 0.1

Entries = dict[str, float | int | str | bool]


def uncompared(ours: Any, peer: Any) -> None:
    """Check nothing: for results that were compared before, or are a yardstick of other numbers."""


def compare(
    ours: Callable[[], Any],
    peer: Callable[[], Any],
    check: Callable[[Any, Any], object],
    rounds: int = ROUNDS,
    shortest: float = SHORTEST,
    peer_share: float = 1.0,
    clock: Callable[[], float] = time.perf_counter,
) -> Entries:
    """Time two ways to the same result in turn.

    Each side is called once to warm up; `check` then compares the two results. In every round each
    side is timed once, in an order that changes from round to round, so that a slow minute of the
    machine meets both.

    Parameters
    ----------
    ours, peer : callable
        Without arguments; what they return is what `check` gets.
    check : callable
        Of our result and the peer's; raises if they differ, as `numpy.testing.assert_allclose`
        does. What it returns is not looked at.
    rounds : int
        Timings of each side.
    shortest : float
        Seconds that a timing lasts at least, by calling a quick side several times; the number of
        calls follows from a second warm-up call, which compiled code has made quick.
    peer_share : float
        The part of the work that the peer does, where all of it would take too long: its times
        are divided by this.
    clock : callable
        Seconds; for tests.

    Returns
    -------
    dict
        seconds, peer_seconds: medians per call. ratio: median of the rounds' peer / ours;
        ratio_low and ratio_high: their least and greatest. rounds.

    Raises
    ------
    AssertionError
        Or whatever `check` raises, before anything is timed.
    """
    check(ours(), peer())
    sides = (ours, peer)
    calls = [_calls(side, shortest, clock) for side in sides]
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 == 0 else (1, 0):
            share = peer_share if side else 1.0
            times[side].append(_timed(sides[side], calls[side], clock) / share)
    ratios = [theirs / own for own, theirs in zip(*times, strict=True)]
    return {
        "seconds": statistics.median(times[0]),
        "peer_seconds": statistics.median(times[1]),
        "ratio": statistics.median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "rounds": rounds,
    }


def _calls(side: Callable[[], Any], shortest: float, clock: Callable[[], float]) -> int:
    """Return how many calls make a timing of `shortest` seconds; a long one is not tried again."""
    if shortest <= 0:
        return 1
    return max(1, round(shortest / max(_timed(side, 1, clock), 1e-9)))


def _timed(side: Callable[[], Any], calls: int, clock: Callable[[], float]) -> float:
    """Return the seconds of one call, the mean of several."""
    start = clock()
    for _ in range(calls):
        side()
    return (clock() - start) / calls


def named(prefix: str, entries: Entries) -> Entries:
    """Return entries with ``prefix.`` before each name."""
    return {f"{prefix}.{name}": value for name, value in entries.items()}


def in_own_process(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function of a module in a fresh Python process and return its result.

    An error there is raised here. The process may start others.
    """
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(function, *arguments).result()


def run(name: str) -> Entries:
    """Run ``benchmarks.<name>.bench`` in its own process; return its entries, named after it."""
    return named(name, in_own_process(_bench, name))


def _bench(name: str) -> Entries:
    return importlib.import_module(f"benchmarks.{name}").bench()
