"""The packed store: one HDF5 of flux, inverse variance and mask on one grid.

Layout: datasets ``flux`` float32, ``ivar`` float32 and ``mask`` uint8 (1 = interpolated), each
(N, 3700) in chunks of 16 rows, so that scattered rows and whole passes are both quick; flux and
ivar are stored plain (noise does not compress), the mask gzipped. No time stamps: the same
spectra give the same bytes. Attributes: ``first_wavelength`` (vacuum Å), ``log10_step``,
``grid_hash``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np

from lcgan.errors import UserError
from lcgan.spectra.grid import FIRST_WAVELENGTH, LOG10_STEP, N_PIXELS, grid_hash, wavelength_grid
from lcgan.spectra.hdf5 import Disk, creating, opened

CHUNK_ROWS = 16
#: Name, number type and compression.
DATASETS = (("flux", "<f4", None), ("ivar", "<f4", None), ("mask", "u1", "gzip"))
#: Rows per block in a pass: 7.6 MB of flux.
BLOCK_ROWS = 512


class Writer:
    """Appends blocks of spectra to an open store."""

    def __init__(self, file: h5py.File, disk: Disk):
        self._file = file
        self._disk = disk
        self.n_rows = 0
        with disk.writes():
            for name, dtype, compression in DATASETS:
                file.create_dataset(
                    name,
                    shape=(0, N_PIXELS),
                    maxshape=(None, N_PIXELS),
                    chunks=(CHUNK_ROWS, N_PIXELS),
                    dtype=dtype,
                    compression=compression,
                    compression_opts=1 if compression else None,
                    track_times=False,
                )
            # nothing keeps the datasets: HDF5 writes when they are let go, too
            file.attrs["first_wavelength"] = FIRST_WAVELENGTH
            file.attrs["log10_step"] = LOG10_STEP
            file.attrs["grid_hash"] = grid_hash(wavelength_grid())

    def append(self, flux: np.ndarray, ivar: np.ndarray, mask: np.ndarray) -> None:
        """Append spectra, shape (n, 3700) each.

        Raises
        ------
        UserError
            If the disk is full.
        """
        end = self.n_rows + len(flux)
        with self._disk.writes():
            for name, values in (("flux", flux), ("ivar", ivar), ("mask", mask)):
                dataset = self._file[name]
                dataset.resize(end, axis=0)
                dataset[self.n_rows : end] = values
                del dataset  # HDF5 writes when it is let go, too
        self.n_rows = end

    def flush(self) -> None:
        """Hand what was appended to the disk.

        Raises
        ------
        UserError
            If the disk is full.
        """
        with self._disk.writes():
            self._file.flush()


@contextmanager
def writing(path: Path | str) -> Iterator[Writer]:
    """Yield a writer; what it wrote takes the place of `path` only if all goes well.

    Raises
    ------
    UserError
        If the file cannot be written or the disk is full; nothing half written is left.
    """
    with creating(path) as (file, disk):
        yield Writer(file, disk)


def n_spectra(path: Path | str) -> int:
    """Return the number of spectra in a store."""
    with opened(path) as file:
        return len(file["flux"])


def read_rows(path: Path | str, rows: Sequence[int] | np.ndarray, name: str = "flux") -> np.ndarray:
    """Gather rows of a store, in the order given, repeats included.

    Parameters
    ----------
    path : Path
        The HDF5.
    rows : sequence of int, shape (n,)
        Row numbers, from 0.
    name : str
        "flux", "ivar" or "mask"; any 2-D dataset of the file, "group/name" too.

    Returns
    -------
    ndarray, shape (n, 3700)

    Raises
    ------
    UserError
        If the file or the dataset is missing.
    IndexError
        If a row is not in the store.
    """
    rows = np.asarray(rows, dtype=np.int64)
    with opened(path) as file:
        if name not in file:
            raise UserError(f"{path}: has no dataset {name!r}; run its stage again")
        dataset = file[name]
        if len(rows) and not 0 <= rows.min() <= rows.max() < len(dataset):
            raise IndexError(
                f"rows {rows.min()} to {rows.max()} of {path}, which has {len(dataset)}"
            )
        gathered = np.empty((len(rows), *dataset.shape[1:]), dtype=dataset.dtype)
        order = np.argsort(rows, kind="stable")
        chunk_of = rows[order] // CHUNK_ROWS
        for places in np.split(order, np.flatnonzero(np.diff(chunk_of)) + 1):
            if len(places):
                first = rows[places[0]] // CHUNK_ROWS * CHUNK_ROWS
                chunk = dataset[first : first + CHUNK_ROWS]
                gathered[places] = chunk[rows[places] - first]
    return gathered


def blocks(
    path: Path | str, names: Sequence[str] = ("flux",), n_rows: int = BLOCK_ROWS
) -> Iterator[tuple[slice, ...]]:
    """Yield (rows, array, ...) block by block through a store, in order.

    `rows` is a slice; each array has shape (n, 3700), one per name.
    """
    with opened(path) as file:
        datasets = [file[name] for name in names]
        for first in range(0, len(datasets[0]), n_rows):
            rows = slice(first, min(first + n_rows, len(datasets[0])))
            yield rows, *(dataset[rows] for dataset in datasets)
