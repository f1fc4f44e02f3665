"""Packed stores of power laws, for the tests of `lcgan score`."""

from pathlib import Path

import numpy as np

from lcgan.spectra import store
from lcgan.spectra.catalogue import COLUMNS
from lcgan.spectra.grid import wavelength_grid


def flux_of(n: int, seed: int = 0) -> np.ndarray:
    """Noisy power laws of n exponents, shape (n, 3700) float32, in some unit."""
    rng = np.random.default_rng(seed)
    law = (wavelength_grid() / 5000) ** rng.uniform(-4, 2, (n, 1))
    return (300 * law * rng.normal(1, 0.03, law.shape)).astype(np.float32)


def make_store(path: Path, n: int, catalogue: bool = True, seed: int = 0, **spoilt) -> Path:
    """Write a store of n spectra; `spoilt` has rows of "flux" or "mask" to put in."""
    flux, mask = flux_of(n, seed), np.zeros((n, 3700), np.uint8)
    for name, rows in spoilt.items():
        for row, values in rows.items():
            {"flux": flux, "mask": mask}[name][row] = values
    path.parent.mkdir(parents=True, exist_ok=True)
    with store.writing(path) as writer:
        writer.append(flux, np.ones_like(flux), mask)
    if catalogue:
        lines = [catalogue_line(row) for row in range(n)]
        path.with_name("catalogue.csv").write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    return path


def catalogue_line(row: int, file: str | None = None) -> str:
    """Return the line of a row; every third has no OBSID, every fourth no S/N in g."""
    values = dict.fromkeys(COLUMNS, "") | {
        "row": row,
        "file": file or f"night/spec-{row:05}.fits.gz",
        "obsid": "" if row % 3 == 0 else 1000 + row,
        "snr_g": "" if row % 4 == 0 else 10 + row / 8,
        "ra": 100 + row / 16,
        "dec": -5.25,
        "masked_pixels": 0,
    }
    return ",".join(str(values[name]) for name in COLUMNS)
