"""What the stages before a study leave, of forty-two spectra, and a small study of it."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from lcgan.params import load
from lcgan.spectra import store
from lcgan.spectra.catalogue import COLUMNS

PARAMS = Path(__file__).parents[2] / "params.yaml"
SETS = {
    "data_set_1": {"O": [0, 1, 2, 3, 4, 5]},
    "data_set_2": {"O": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]},
    "leakage_free": {"O": [6, 7, 8, 9]},
    "data_set_5": {"F": [10, 11, 12, 13], "G": [20, 21, 22, 23], "K": [30, 31, 32, 33]},
    "early_stop": {"O": [4, 5], "F": [12, 13], "G": [22, 23], "K": [32, 33]},
    "held_out": {"F": [14, 15, 16], "G": [24, 25, 26], "K": [34, 35, 36]},
    "unseen_stars": {"O": [8, 9], "F": [17, 18], "G": [27, 28], "K": [37, 38]},
    "contaminants": {"B": [40, 41]},
}
SMALL = [
    "train_gan.lcgan.checkpoints=[1000, 2000]",
    "train_classifier.checkpoints.lcgan=[2000]",
    "datasets.data_set_5.O=4",
    "study.forms=[none_as_is, lcgan]",
    "study.checkpoints.lcgan=[1000, 2000]",
    "study.seeds=2",
    "study.few.forms=[]",
    "study.few.n_o=[150]",
    "study.ablation.forms=[]",
    "train_classifier.max_epochs=2",
    "train_classifier.batch_size=8",
]


def params_of(*overrides: str):
    """Return params.yaml with a small study laid over it: three cells of two seeds."""
    return load(PARAMS, [*SMALL, *overrides])


def write_generated(gan: str = "lcgan", iterations=(1000, 2000), unfit: int | None = None) -> None:
    """Write what `train_gan` leaves of a GAN; at the checkpoint `unfit` nothing is finite."""
    flux = np.random.default_rng(1).normal(1, 0.1, size=(len(iterations), 6, 3700))
    if unfit is not None:
        flux[iterations.index(unfit)] = np.nan
    Path("data/generated").mkdir(parents=True, exist_ok=True)
    with h5py.File(f"data/generated/{gan}.h5", "w") as file:
        flux = flux / np.sqrt(3700)
        file.create_dataset("flux", data=flux.astype(np.float32))
        file.create_dataset("iterations", data=np.array(iterations, np.int64))


def write_spectra(seed: int = 0) -> None:
    """Write the packed store."""
    rng = np.random.default_rng(seed)
    flux = np.linspace(3, 1, 3700) + 0.1 * rng.normal(size=(42, 3700))
    for row in range(40):
        flux[row, 900 * (row // 10) : 900 * (row // 10) + 500] += 2
    with store.writing("data/interim/spectra.h5") as writer:
        writer.append(flux, np.ones_like(flux), np.zeros_like(flux))


def write_catalogue() -> None:
    """Write a star for each spectrum; pairs of O spectra are of one."""
    table = pd.DataFrame({name: [0] * 42 for name in COLUMNS})
    table["row"] = range(42)
    table["star"] = [f"star {row // 2 if row < 10 else row}" for row in range(42)]
    table.to_csv("data/interim/catalogue.csv", index=False)


def write_inputs() -> None:
    """Write all that a study reads into the current folder."""
    for folder in ("data/interim", "data/processed"):
        Path(folder).mkdir(parents=True)
    write_spectra()
    write_catalogue()
    write_generated()
    Path("data/processed/datasets.json").write_text(json.dumps({"sets": SETS}))
