"""What a fit's process makes of a network that was lost on the way."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.recognition import worker
from lcgan.recognition.arms import Form
from lcgan.recognition.classes import CLASSES
from lcgan.recognition.fit import FitSettings, Fitted, Labelled

SETTINGS = FitSettings(8, 1, 1, 1e-3, 0.9, 1e-3)


class Network:
    """Stands for a trained network."""

    def save(self, path: Path) -> None:
        """Leave a file."""
        path.touch()


def job_of(flux):
    rows = Labelled(np.arange(len(flux)), np.arange(len(flux)) % len(CLASSES))
    form = Form("lcgan", rows, rows)
    return worker.Job(form, 2, 7, SETTINGS, None, np.arange(len(flux)), None)


@pytest.mark.parametrize(
    ("best_epoch", "lost", "words"),
    [
        (0, 0, "lcgan: fit 2: no epoch had a finite"),
        (1, 3, "lcgan: fit 2: no number for 3 of 8 spectra"),
    ],
)
def test_a_network_without_an_answer_is_refused_and_not_called_o(
    monkeypatch, tmp_path, best_epoch, lost, words
):
    flux, found = np.ones((8, 20), np.float32), np.full((8, len(CLASSES)), 0.25, np.float32)
    found[:lost, 1] = np.nan
    fitted = Fitted(Network(), 1.0, best_epoch, {"train_loss": [1.0]})
    monkeypatch.setattr(worker, "fit", lambda *_: fitted)
    monkeypatch.setattr(worker, "probabilities", lambda *_: found)
    with pytest.raises(UserError, match=words):
        worker.run_job(replace(job_of(flux), model=tmp_path / "lost.keras"), flux)
    assert not list(tmp_path.iterdir())


def test_what_the_network_says_is_kept(monkeypatch, tmp_path):
    flux, found = np.ones((8, 20), np.float32), np.eye(8, len(CLASSES), dtype=np.float32)
    monkeypatch.setattr(worker, "fit", lambda *_: Fitted(Network(), 1.0, 1, {"train_loss": [1.0]}))
    monkeypatch.setattr(worker, "probabilities", lambda *_: found)
    outcome = worker.run_job(replace(job_of(flux), model=tmp_path / "kept.keras"), flux)
    assert (tmp_path / "kept.keras").exists()
    assert outcome.called.tolist() == [0, 1, 2, 3, 0, 0, 0, 0]
    assert outcome.p_o.tolist() == found[:, CLASSES.index("O")].tolist()
