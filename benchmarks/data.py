"""Inputs of the benchmarks: re-observed spectra, made once and kept below .lcgan/benchmarks."""

import contextlib
from pathlib import Path

from lcgan.files import replacing

KEPT = Path(".lcgan/benchmarks")
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
