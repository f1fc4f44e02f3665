"""Inputs of the benchmarks: re-observed spectra, made once and kept below .lcgan/benchmarks."""

import contextlib
import os
from pathlib import Path

from lcgan.files import replacing

KEPT = Path(".lcgan/benchmarks")
SEED = 20210503
#: Spectra that an 8-bit model is calibrated on.
N_CALIBRATION = 200
#: Of each class, in proportion to these; what rounding leaves goes to K.
PROPORTIONS = {"O": 323, "B": 200, "A": 200, "F": 2000, "G": 2000, "K": 2000, "M": 200, "other": 70}


def fits_folder(n: int) -> Path:
    """Return a folder of `n` distinct re-observations, gzipped LAMOST FITS of the new format."""
    return _project(n) / "data/raw/stelib"


def store(n: int) -> Path:
    """Return a packed store of `n` re-observations; its ``catalogue.csv`` lies beside it."""
    project = _project(n)
    path = project / "data/interim/spectra.h5"
    if not path.exists():
        _run("ingest", project, n)
    return path


def registered_model(folder: Path, spectra: Path) -> str:
    """Register an untrained network of full size in a store of its own; return its address.

    Parameters
    ----------
    folder : Path
        Where ``mlflow.db`` and the model go; the process has to be one of its own, since MLflow
        remembers its store.
    spectra : Path
        A packed store, for the calibration of the model's 8-bit form.
    """
    import keras
    import numpy as np

    from lcgan.recognition.classes import CLASSES
    from lcgan.recognition.racnet import build
    from lcgan.spectra.standardise import standardise
    from lcgan.spectra.store import read_rows
    from lcgan.tracking import registry
    from lcgan.tracking.store import client

    keras.utils.set_random_seed(SEED)
    network = folder / "network.keras"
    build().save(network)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    with contextlib.chdir(folder):
        offer = registry.Offer(
            network=network,
            calibration=standardise(read_rows(spectra, np.arange(N_CALIBRATION))),
            classes=CLASSES,
            max_masked_fraction=0.35,
            card="An untrained network, to be timed.\n",
            summary="An untrained network, to be timed.",
            recall={"k": 0, "n": 1},
            fpr={"k": 0, "n": 1},
            tags={},
        )
        made = registry.log_version(client(), "o-star", offer, None)
    return f"models:/o-star/{made.version}"


def _project(n: int) -> Path:
    """Return a folder with `n` re-observations, where stages can be run."""
    project = (KEPT / f"stelib-{n}").absolute()
    if not project.exists():
        with replacing(project) as part:
            part.mkdir()
            _run("observe", part, n)
    return project


def _run(stage: str, folder: Path, n: int) -> None:
    """Run a stage in a folder, untracked."""
    import importlib

    from lcgan.params import load
    from lcgan.tracking.runs import NoTracking

    each = n / sum(PROPORTIONS.values())
    counts = {name: max(1, int(each * share)) for name, share in PROPORTIONS.items()}
    counts["K"] += n - sum(counts.values())
    overrides = [f"observe.n_spectra.{name}={count}" for name, count in counts.items()]
    params = load(Path("params.yaml").absolute(), overrides)
    with contextlib.chdir(folder):
        importlib.import_module(f"lcgan.stages.{stage}").run(params, NoTracking())
