"""How much memory a stage takes, its worker processes included."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

#: Seconds between two looks.
INTERVAL = 0.25


class Peak:
    """The largest sum of resident memory seen so far, MiB."""

    def __init__(self):
        self.mib = 0.0

    def look(self) -> None:
        """Add up this process and all its descendants; pages that they share count each time."""
        total = 0
        own = psutil.Process()
        for process in [own, *own.children(recursive=True)]:
            try:
                total += process.memory_info().rss
            except psutil.Error:
                continue
        self.mib = max(self.mib, total / 2**20)


@contextmanager
def watched() -> Iterator[Peak]:
    """Look at the memory every quarter of a second while the block runs."""
    peak, done = Peak(), threading.Event()

    def watch() -> None:
        while not done.wait(INTERVAL):
            peak.look()

    peak.look()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        done.set()
        thread.join()
        peak.look()
