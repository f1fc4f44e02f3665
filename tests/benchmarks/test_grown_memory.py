import subprocess
import sys
from pathlib import Path

#: In a process of its own: one that was larger before has room, and need not grow.
CODE = """
import numpy as np

from benchmarks.memory import grown

with grown() as memory:
    float(np.ones(40 << 17).sum())  # 40 MiB, gone at once
print(memory.mib)
with grown() as memory:
    pass
print(memory.mib)
"""


def test_a_passing_array_is_seen_at_its_peak():
    root = Path(__file__).resolve().parents[2]
    words = [sys.executable, "-c", CODE]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True)
    passing, nothing = map(float, done.stdout.split())
    assert 39 < passing < 60
    assert nothing < 5
