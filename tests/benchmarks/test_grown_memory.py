import numpy as np
import pytest

from benchmarks.memory import grown


@pytest.mark.xfail(strict=False, reason="not seen in a process that was larger before")
def test_a_passing_array_is_seen_at_its_peak():
    with grown() as memory:
        float(np.ones(40 << 17).sum())  # 40 MiB, gone at once
    assert 39 < memory.mib < 60
    with grown() as memory:
        pass
    assert memory.mib < 5
