"""A registered model, and a folder of spectra and of files that are none."""

import os

import numpy as np
import pytest

from lcgan.tracking import registry, store
from small_model import offer


@pytest.fixture(scope="module")
def registered(tmp_path_factory, small_network) -> dict[str, str]:
    """A store with a registered champion, made once: the store's address and the model's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("store"))
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_TRACKING_URI", "")
        patch.delenv("MLFLOW_TRACKING_URI")
        client = store.client()
        made = registry.log_version(client, "o-star", offer(small_network), None)
        registry.promote(client, "o-star", made.version, None)
        return {
            "store": os.environ["MLFLOW_TRACKING_URI"],
            "model": f"models:/o-star/{made.version}",
        }


@pytest.fixture
def model(registered, own_store, monkeypatch) -> str:
    """An empty folder to work in, with that store; returns the model's address."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registered["store"])
    return registered["model"]


@pytest.fixture
def folder(tmp_path, lamost_file):
    """Six spectra of different slopes and some files that are none, below spectra/."""
    folder = tmp_path / "spectra"
    pixel = np.arange(3909)
    for i in range(6):
        flux = 1000 * np.exp((i - 3) * pixel / 2000) + 20 * np.sin(pixel / (5 + i))
        kind = ("old", "new")[i % 2]
        name = f"night{i % 2}/spec{i}.fits" + (".gz" if i % 3 else "")
        keys = {"OBSID": 1000 + i, "SNRG": 10.5 + i, "RA": 123.4567891 + i, "DEC": -5.0}
        lamost_file(folder / name, kind, flux=flux, **keys)
    lamost_file(folder / "zero.fits", flux=np.zeros(3909))
    lamost_file(folder / "dr1.fits", "old", without=("OBSID", "SNRG"), SN_G=7.25)
    hidden = np.full(3909, 1000.0)
    hidden[:1800] = 0
    lamost_file(folder / "half.fits", flux=hidden, OBSID=77)
    whole = lamost_file(folder / "cut.fits.gz").read_bytes()
    (folder / "cut.fits.gz").write_bytes(whole[: len(whole) // 2])
    (folder / "text.fits").write_text("not a spectrum")
    (folder / "notes.txt").write_text("not looked at")
    (folder / ".hidden.fits").write_text("not looked at")
    return folder
