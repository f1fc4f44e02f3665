"""What tests in several folders need: LAMOST files made with astropy, and the real ones."""

import gzip
import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

REAL = Path(__file__).resolve().parents[2] / "shared" / "real"

HEADER = {
    "OBSID": 101001,
    "DATA_V": "LAMOST DR9",
    "ORIGIN": "NAOC-LAMOST",
    "TELESCOP": "LAMOST",
    "LMJD": 55859,
    "PLANID": "F5902",
    "RA": 332.202274,
    "DEC": -2.056767,
    "DESIG": "LAMOST J220848.54-020324.3",
    "FIBERID": 1,
    "SPID": 1,
    "HELIO": True,
    "VACUUM": True,
    "COEFF0": 3.5682,
    "COEFF1": 0.0001,
    "CLASS": "STAR",
    "SUBCLASS": "G7",
    "Z": -0.0001387,
    "SNRU": 0.7,
    "SNRG": 12.22,
    "SNRR": 27.16,
    "SNRI": 36.14,
    "SNRZ": 21.07,
}


@pytest.fixture(scope="session", autouse=True)
def _hears_ctrl_c() -> None:
    """Let this process and its children hear SIGINT, which a shell keeps from background jobs."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def real() -> Path:
    """The folder of real spectra beside the project; without it the test is skipped."""
    if not REAL.is_dir():
        pytest.skip("no folder ../shared/real with real LAMOST spectra beside the project")
    return REAL


def smooth_flux(n: int = 3909) -> np.ndarray:
    """A flux without zeros that differs from pixel to pixel."""
    return 1000 + 100 * np.sin(np.arange(n) / 50)


def make_lamost(
    path: Path,
    kind: str = "new",
    flux: np.ndarray | None = None,
    ivar: np.ndarray | None = None,
    and_mask: np.ndarray | None = None,
    third: np.ndarray | None = None,
    dtype: str = "f4",
    columns: tuple[str, ...] = ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK", "ORMASK", "NORMALIZATION"),
    without: tuple[str, ...] = (),
    zipped: bool | None = None,
    **keys: object,
) -> Path:
    """Write a LAMOST low-resolution file, old (image) or new (table), and return its path.

    `third` is the image's third row or the table's WAVELENGTH; `keys` change the header, `without`
    removes from it; gzipped if the name ends in .gz, unless `zipped` says otherwise.
    """
    flux = smooth_flux() if flux is None else np.asarray(flux, dtype=float)
    ivar = np.full_like(flux, 0.01) if ivar is None else ivar
    and_mask = np.zeros_like(flux) if and_mask is None else and_mask
    header = fits.Header({k: v for k, v in (HEADER | keys).items() if k not in without})
    if third is None:
        third = 10 ** (header.get("COEFF0", 3.5682) + 1e-4 * np.arange(len(flux)))
    rows = [flux, ivar, third, and_mask, np.zeros_like(flux), np.full_like(flux, -9999)]
    if kind == "old":
        hdus = [fits.PrimaryHDU(np.array(rows[:5]).astype(dtype), header)]
    else:
        names = ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK", "ORMASK", "NORMALIZATION")
        letter = {"f4": "E", "f8": "D"}[dtype]
        vectors = [
            fits.Column(name, f"{len(row)}{letter}", array=row[None])
            for name, row in zip(names, rows, strict=True)
            if name in columns
        ]
        table = fits.BinTableHDU.from_columns(vectors, name="COADD")
        hdus = [fits.PrimaryHDU(header=header), table]
    content = io.BytesIO()
    fits.HDUList(hdus).writeto(content)
    zipped = path.name.endswith(".gz") if zipped is None else zipped
    data = content.getvalue()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, mtime=0) if zipped else data)
    return path


@pytest.fixture(scope="session")
def lamost_file() -> Callable[..., Path]:
    """The maker of LAMOST files, see `make_lamost`."""
    return make_lamost


@pytest.fixture
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, whose MLflow store is its own; returns the folder."""
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # so that what the store sets is undone
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow store, to be copied: MLflow takes seconds to make each."""
    folder = tmp_path_factory.mktemp("store")
    env = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    env["MLFLOW_DISABLE_TELEMETRY"] = "true"
    code = "from lcgan.tracking import store; store.client()"
    subprocess.run([sys.executable, "-c", code], cwd=folder, env=env, check=True)
    return folder / "mlflow.db"


@pytest.fixture(scope="session")
def small_network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved network of the real kind, untrained and narrow."""
    from small_model import save_network

    return save_network(tmp_path_factory.mktemp("network") / "network.keras")


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory, small_network: Path) -> Path:
    """The folder of a registered model with that network, as MLflow keeps it."""
    from lcgan.tracking import registry, store
    from small_model import offer

    folder = tmp_path_factory.mktemp("registered")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_TRACKING_URI", "")
        patch.delenv("MLFLOW_TRACKING_URI")
        client = store.client()
        made = registry.log_version(client, "o-star", offer(small_network), None)
        logged = made.source.rpartition("/")[2]
        (place,) = (folder / "mlruns").rglob(f"{logged}/artifacts")
    return place
