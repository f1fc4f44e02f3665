import threading
import time
from datetime import UTC, datetime

import numpy as np
import pytest

from lcgan.archive.pace import Pace, Stopped, back_off, retry_after


def test_turns_come_evenly_to_all_threads_together():
    pace, times = Pace(100, threading.Event()), []

    def take():
        for _ in range(5):
            pace.turn()
            times.append(time.monotonic())

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 20
    assert sorted(times)[-1] - sorted(times)[0] > 0.185


def test_a_hold_counts_for_those_that_wait_already():
    pace, times = Pace(20, threading.Event()), []
    pace.turn()
    begin = time.monotonic()

    def take():
        pace.turn()
        times.append(time.monotonic() - begin)

    threads = [threading.Thread(target=take) for _ in range(3)]
    for thread in threads:
        thread.start()
    pace.hold(0.3)
    for thread in threads:
        thread.join()
    assert min(times) > 0.29
    assert max(times) - min(times) > 0.09


def test_whoever_waits_is_sent_off_at_the_end():
    stop = threading.Event()
    pace = Pace(0.01, stop)
    pace.turn()
    threading.Timer(0.05, stop.set).start()
    begin = time.monotonic()
    with pytest.raises(Stopped):
        pace.turn()
    assert time.monotonic() - begin < 1
    with pytest.raises(Stopped):
        Pace(100, stop).turn()


def test_waits_double_up_to_the_longest_and_the_jitter_is_the_seeds():
    waits = [back_off(n, 1.0, 20.0, np.random.default_rng(1)) for n in range(1, 9)]
    ideal = np.minimum(2.0 ** np.arange(8), 20)
    assert (np.array(waits) <= ideal).all() and (np.array(waits) >= ideal / 2).all()
    assert waits == [back_off(n, 1.0, 20.0, np.random.default_rng(1)) for n in range(1, 9)]
    assert back_off(1, 1.0, 20.0, np.random.default_rng(2)) != waits[0]
    assert back_off(5000, 1.0, 20.0, np.random.default_rng(1)) <= 20


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("Wed, 25 Nov 2026 12:01:00 GMT", 60),
        ("Wed, 25 Nov 2026 11:00:00 GMT", 0),
        ("Wed, 25 Nov 2026 12:01:00 -0000", 60),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("²", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value, seconds):
    now = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert retry_after(value, now) == seconds
