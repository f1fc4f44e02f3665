"""How fast the archive is asked, and how long it is left alone after a failure."""

import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import numpy as np


class Stopped(Exception):  # noqa: N818 (an order to end, not a fault)
    """The fetch ends: leave whatever is being done."""


class Pace:
    """A turn to ask for every connection, evenly spaced over all of them.

    Parameters
    ----------
    rate : float
        Requests per second.
    stop : threading.Event
        Set when the fetch ends; whoever waits here is sent off.
    """

    def __init__(self, rate: float, stop: threading.Event):
        self._spacing = 1 / rate
        self._stop = stop
        self._lock = threading.Lock()
        self._next = 0.0
        self._quiet_until = 0.0

    def turn(self) -> None:
        """Wait for the next turn; everybody's hold counts.

        Raises
        ------
        Stopped
            If the fetch ends.
        """
        while True:
            with self._lock:
                now = time.monotonic()
                due = max(self._next, self._quiet_until)
                if due <= now:
                    self._next = now + self._spacing
                    break
            self.wait(due - now)
        if self._stop.is_set():
            raise Stopped

    def hold(self, seconds: float) -> None:
        """Let nobody ask for so long: the archive said that it is too much."""
        with self._lock:
            self._quiet_until = max(self._quiet_until, time.monotonic() + seconds)

    def wait(self, seconds: float) -> None:
        """Sleep.

        Raises
        ------
        Stopped
            If the fetch ends.
        """
        if self._stop.wait(seconds):
            raise Stopped


def back_off(n_failures: int, first: float, longest: float, rng: np.random.Generator) -> float:
    """Return how long to wait, s: `first` doubled with each failure, between half and all of it.

    The jitter keeps connections that failed together from coming back together.
    """
    return min(first * 2.0 ** min(n_failures - 1, 60), longest) * rng.uniform(0.5, 1)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Return the seconds that a Retry-After asks for (RFC 9110, 10.2.3), None where it has none.

    Examples
    --------
    >>> retry_after("120"), retry_after("soon"), retry_after(None)
    (120.0, None, None)
    """
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value)
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max((date - (now or datetime.now(UTC))).total_seconds(), 0.0)
