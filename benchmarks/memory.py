"""Peak memory of a block of code, from the kernel's own count, so that no peak is missed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
#: What makes the kernel start counting the peak anew (proc(5)).
PEAK_ANEW = "5"


class Grown:
    """How far resident memory rose above where a block began: ``mib``, known after it."""

    mib: float


@contextmanager
def grown() -> Iterator[Grown]:
    """Measure by how much this process's resident memory grew at its peak, MiB.

    Threads count, child processes do not: for those there is `lcgan.tracking.memory.watched`.
    """
    found = Grown()
    CLEAR.write_text(PEAK_ANEW)
    before = _mib("VmRSS")
    try:
        yield found
    finally:
        found.mib = _mib("VmHWM") - before


def _mib(key: str) -> float:
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise KeyError(key)
