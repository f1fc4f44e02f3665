import subprocess
import sys

import numpy as np

from lcgan.tracking.memory import watched


def test_sees_what_was_taken_and_given_back():
    with watched() as peak:
        before = peak.mib
        held = np.ones(60 * 2**20, np.uint8)
        peak.look()
        del held
    assert 55 < peak.mib - before < 120


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
