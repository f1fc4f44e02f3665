import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from lcgan.spectra import store
from lcgan.spectra.checks import faults

PARAMS = Path(__file__).parents[2] / "params.yaml"
OVERRIDES = [
    "train_gan.sgan.iterations=900",
    "train_gan.sgan.checkpoints=[20,40,900]",
    "train_classifier.checkpoints.sgan=[20]",
]


@pytest.fixture
def project(own_store):
    """A project folder with twelve packed spectra and a Data set 1 of ten."""
    rng = np.random.default_rng(0)
    flux = np.linspace(3, 1, 3700) + 0.1 * rng.normal(size=(12, 3700))
    Path("data/interim").mkdir(parents=True)
    Path("data/processed").mkdir(parents=True)
    with store.writing("data/interim/spectra.h5") as writer:
        writer.append(flux, np.ones_like(flux), np.zeros_like(flux))
    sets = {"data_set_1": {"O": list(range(10))}}
    Path("data/processed/datasets.json").write_text(json.dumps({"sets": sets}))
    return own_store


def start(*more: str) -> subprocess.Popen:
    words = [sys.executable, "-m", "lcgan.cli", "train_gan", "--model", "sgan"]
    words += ["--params", str(PARAMS)]
    for override in [*OVERRIDES, *more]:
        words += ["--set", override]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def wait_for(pattern: str, process: subprocess.Popen) -> None:
    """Wait until a file that matches the pattern is there."""
    for _ in range(4800):
        if list(Path().glob(pattern)):
            return
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.05)
    pytest.fail(f"{pattern} did not come in four minutes")


def test_killed_and_started_again_it_goes_on_from_its_last_checkpoint(project):
    killed = start()
    wait_for(".lcgan/resume/*/generated_000040.npy", killed)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    killed.stdout.close()
    (first,) = Path().glob(".lcgan/resume/*/generated_000020.npy")
    marked = np.load(first)
    marked[7] = 3700**-0.5  # whoever draws this checkpoint anew loses the mark
    np.save(first, marked)
    assert not Path("data/generated/sgan.h5").exists()

    again = start()
    output, _ = again.communicate(timeout=300)
    assert again.returncode == 0, output
    assert "1000 spectra at each of 3 checkpoints" in output
    with h5py.File("data/generated/sgan.h5") as file:
        assert file["iterations"][:].tolist() == [20, 40, 900]
        assert file["flux"].shape == (3, 1000, 3700)
        for flux in file["flux"]:
            assert faults(flux) == []
        np.testing.assert_array_equal(file["flux"][0], marked)
    assert not first.exists()  # finished: the state for resuming is gone
    losses = Path("reports/gan/sgan_losses.csv").read_text().splitlines()
    assert len(losses) == 901
    assert len(list(Path("models/gan/sgan").glob("*.weights.h5"))) == 3


def test_missing_sets_are_named(own_store):
    process = start()
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "data/processed/datasets.json: not there" in output
    assert "Traceback" not in output
