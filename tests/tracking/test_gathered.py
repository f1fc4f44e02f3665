"""Which rows of a store speak for a model."""

import numpy as np
import pandas as pd

from lcgan.spectra import store
from lcgan.spectra.grid import wavelength_grid
from lcgan.tracking import gathered
from lcgan.tracking.gathered import gather


def test_rows_by_class_standardised_and_likeness_of_all_stars(tmp_path, monkeypatch):
    monkeypatch.setattr(gathered, "MOST_OF_CLASS", 12)
    slope = np.linspace(-3, 2, 60)[:, None]
    noise = np.random.default_rng(2).normal(1, 0.03, (60, 3700))
    flux = (300 * (wavelength_grid() / 5000) ** slope * noise).astype(np.float32)
    with store.writing(tmp_path / "s.h5") as writer:
        writer.append(flux, np.full_like(flux, 0.01), np.zeros(flux.shape, np.uint8))
    table = pd.DataFrame({"row": range(60), "class": ["O"] * 30 + ["G"] * 30})
    table["star"] = [f"star {row // 3}" for row in range(60)]
    found = gather(
        tmp_path / "s.h5", table, {"O": [4, 2], "G": []}, {"O": [1], "B": [7]}, range(60), 0.05
    )
    assert list(found.selection) == ["O"] and list(found.held_out) == ["O", "B"]
    expected = flux[[4, 2]] / np.linalg.norm(flux[[4, 2]], axis=1, keepdims=True)
    assert np.allclose(found.selection["O"], expected, atol=1e-6)
    held = found.held_out["B"]
    snr = held.flux * np.sqrt(held.ivar)
    assert np.allclose(snr, flux[[7]] * 0.1, rtol=1e-4), "the unit changes, not the S/N"
    likeness = found.likeness
    assert likeness.classes == ("G", "O") and len(likeness.training) == 24
    # twelve of thirty, from the first to the last of them: not the first stars alone
    steps = np.diff(likeness.training[likeness.kind == 1, 0])
    assert (np.sign(steps) == np.sign(steps[0])).all() and np.abs(steps).max() < 4 * np.abs(
        steps
    ).min()
