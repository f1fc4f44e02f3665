"""One pass over packed spectra: what great-expectations is then asked about, and a light check."""

from pathlib import Path

import numpy as np
import pandas as pd
from tqdm import tqdm

from lcgan.errors import UserError
from lcgan.spectra import store
from lcgan.spectra.grid import N_PIXELS, grid_hash
from lcgan.spectra.hdf5 import opened
from lcgan.spectra.standardise import standardise

#: Rows named in a fault of a generated set; the rest are counted.
N_NAMED = 5


def measure(path: Path | str, standardisation: str) -> pd.DataFrame:
    """Return what each spectrum of a store is like after standardisation.

    Parameters
    ----------
    path : Path
        The packed HDF5; it is read in blocks.
    standardisation : {"norm", "minmax"}
        See `lcgan.spectra.standardise`.

    Returns
    -------
    DataFrame
        A line per spectrum: row, n_pixels, grid (the hash of its wavelengths), n_finite (pixels
        with finite flux), n_valid_ivar (pixels whose ivar is finite and not negative), norm,
        minimum and maximum (of the standardised flux; NaN where that is not finite, 0 where the
        spectrum carries no signal), masked_fraction.

    Raises
    ------
    UserError
        If the file is missing, is not HDF5 or lacks a dataset.
    """
    with opened(path) as file:
        if missing := [name for name in ("flux", "ivar", "mask") if name not in file]:
            raise UserError(f"{path}: has no dataset {missing[0]!r}; run `dvc repro ingest` again")
        n_rows, n_pixels = file["flux"].shape
        first, step = file.attrs["first_wavelength"], file.attrs["log10_step"]
    grid = grid_hash(first * 10 ** (step * np.arange(n_pixels)))
    tables = []
    with tqdm(total=n_rows, unit="spectrum", desc="validate", disable=None) as bar:
        for rows, flux, ivar, mask in store.blocks(path, ("flux", "ivar", "mask")):
            table = measure_block(flux, standardisation)
            table.insert(0, "row", np.arange(rows.start, rows.stop))
            table["n_valid_ivar"] = (np.isfinite(ivar) & (ivar >= 0)).sum(axis=1)
            table["masked_fraction"] = mask.mean(axis=1)
            tables.append(table)
            bar.update(len(flux))
    if not tables:
        raise UserError(f"{path}: holds no spectra; run `dvc repro ingest` again")
    return pd.concat(tables, ignore_index=True).assign(grid=grid, n_pixels=n_pixels)


def measure_block(flux: np.ndarray, standardisation: str) -> pd.DataFrame:
    """Return n_finite, norm, minimum and maximum of spectra once standardised.

    Parameters
    ----------
    flux : ndarray, shape (n, L)
        Flux as packed; faulty spectra are allowed here, to be found.
    standardisation : {"norm", "minmax"}
        See `lcgan.spectra.standardise`.
    """
    finite = np.isfinite(flux)
    whole = finite.all(axis=1)
    signal = whole & (np.ptp(flux, axis=1) > 0 if standardisation == "minmax" else flux.any(axis=1))
    norm = np.where(whole, 0.0, np.nan)
    minimum, maximum = norm.copy(), norm.copy()
    if signal.any():
        standard = standardise(flux[signal], standardisation)
        norm[signal] = np.linalg.norm(standard.astype(np.float64), axis=1)
        minimum[signal], maximum[signal] = standard.min(axis=1), standard.max(axis=1)
    columns = {"norm": norm, "minimum": minimum, "maximum": maximum}
    return pd.DataFrame({"n_finite": finite.sum(axis=1), **columns})


def faults(flux: np.ndarray, standardisation: str = "norm", tolerance: float = 1e-5) -> list[str]:
    """Check a generated set: shape, finite, norm.

    Parameters
    ----------
    flux : ndarray, shape (n, 3700)
        Spectra that should be standardised.
    standardisation : {"norm", "minmax"}
        "norm" asks for a 2-norm of 1 ± `tolerance`, "minmax" for values within 0 to 1.
    tolerance : float
        As validate.norm_tolerance.

    Returns
    -------
    list of str
        One line per kind of fault, naming the first rows; empty if all is well.

    Examples
    --------
    >>> faults(np.full((2, 3700), 3700**-0.5))
    []
    >>> faults(np.ones((2, 3700)))
    ['2-norm is not 1 ± 1e-05 in 2 of 2 spectra (rows 0, 1)']
    """
    flux = np.asarray(flux)
    if flux.ndim != 2 or flux.shape[1] != N_PIXELS or not len(flux):
        return [f"shape is {flux.shape}, not (n, {N_PIXELS})"]
    unfinite = ~np.isfinite(flux).all(axis=1)
    if standardisation == "minmax":
        wrong, what = (flux < 0).any(axis=1) | (flux > 1).any(axis=1), "values leave 0 to 1"
    else:
        norm = np.linalg.norm(flux.astype(np.float64), axis=1)
        wrong, what = np.abs(norm - 1) > tolerance, f"2-norm is not 1 ± {tolerance:g}"
    found = []
    for rows, name in ((unfinite, "flux is not finite"), (wrong & ~unfinite, what)):
        if rows.any():
            named = ", ".join(map(str, np.flatnonzero(rows)[:N_NAMED]))
            more = ", ..." if rows.sum() > N_NAMED else ""
            found.append(f"{name} in {rows.sum()} of {len(flux)} spectra (rows {named}{more})")
    return found
