import subprocess
import sys

from lcgan.tracking.memory import watched

TAKEN = """
import numpy as np
from lcgan.tracking.memory import watched

with watched() as peak:
    before = peak.mib
    held = np.ones(60 * 2**20, np.uint8)
    peak.look()
    del held
print(peak.mib - before)
"""


def test_sees_what_was_taken_and_given_back():
    """In a process of its own: one that was larger before has room to spare."""
    words = [sys.executable, "-c", TAKEN]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert 55 < float(done.stdout) < 120


def test_sees_child_processes():
    code = "held = b'x' * (60 * 2**20); print('up', flush=True); input()"
    with watched() as peak:
        before = peak.mib
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            child.stdout.readline()
            peak.look()
            child.communicate(b"\n")
    assert peak.mib - before > 60
