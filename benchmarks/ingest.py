"""``ingest``: gzipped LAMOST FITS to the packed store, beside astropy and numpy in a loop."""

import contextlib
import csv
import tempfile
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks import data
from benchmarks.harness import Entries, compare
from lcgan.spectra.grid import LOG10_STEP, N_PIXELS, wavelength_grid

N_FILES = 2000
ROUNDS = 5
#: Good pixels whose median fills a masked end, as the project does.
N_END = 50
DATASETS = ("flux", "ivar", "mask")


def bench() -> Entries:
    """Pack 2,000 files; both sides give the same flux, inverse variance, masks and catalogue."""
    source = data.fits_folder(N_FILES)
    files = sorted(source.glob("*.fits.gz"))
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        Path("data/raw").mkdir(parents=True)
        Path("data/raw/stelib").symlink_to(source)
        found = compare(_stage(), lambda: _peer(files, Path("peer.h5")), _check, ROUNDS)
    inflate = _inflate_seconds(files)
    return {
        "work": f"{N_FILES:,} gzipped FITS to the packed store and its catalogue, 2 processes",
        "peer": "`astropy.io.fits` in a loop of one process, two-pixel rebinning in numpy, h5py",
        "bar": "ratio >= 3",
        "note": f"{found['seconds'] / inflate:.1f} × zlib's inflate alone in one process",
        "n_files": N_FILES,
        "inflate_seconds": inflate,
        **found,
    }


def _stage() -> Callable[[], Path]:
    """Return a call of the stage in the folder at hand; it returns the store's path."""
    from lcgan.params import load
    from lcgan.stages import ingest, paths
    from lcgan.tracking.runs import NoTracking

    params = load(Path(__file__).resolve().parents[1] / "params.yaml", ["ingest.source=stelib"])

    def run() -> Path:
        ingest.run(params, NoTracking())
        return paths.SPECTRA

    return run


def _peer(files: Sequence[Path], out: Path) -> Path:
    """Do it as a script would: a loop, everything in memory, one file at the end."""
    import h5py

    spectra, lines = [], []
    for file in files:
        spectrum, line = _read(file)
        spectra.append(spectrum)
        lines.append(line)
    with h5py.File(out, "w") as store:
        for name, values in zip(DATASETS, zip(*spectra, strict=True), strict=True):
            store[name] = np.stack(values)
    with out.with_name("catalogue.csv").open("w", newline="") as handle:
        csv.writer(handle).writerows(lines)
    return out


def _read(file: Path) -> tuple[tuple[np.ndarray, ...], list]:
    """Read one file with astropy; LAMOST's step is the packed one, so two pixels make one."""
    from astropy.io import fits

    with fits.open(file, memmap=False) as hdus:
        header, row = hdus[0].header, hdus["COADD"].data[0]
        flux, ivar, and_mask = (
            np.asarray(row[name], float) for name in ("FLUX", "IVAR", "ANDMASK")
        )
        keys = [header[key] for key in ("OBSID", "CLASS", "SUBCLASS", "SNRG", "Z", "RA", "DEC")]
    good = np.isfinite(flux) & (flux != 0) & (ivar > 0) & (and_mask == 0)
    variance = np.where(good, 1 / np.where(good, ivar, 1), 0)
    flux = np.where(good, flux, 0)
    shift = (np.log10(wavelength_grid()[0]) - header["COEFF0"]) / LOG10_STEP
    first = int(shift)
    right = shift - first
    covered, total, spread = (
        left_part * values[first : first + N_PIXELS] + part * values[first + 1 :][:N_PIXELS]
        for values, left_part, part in (
            (good, 1 - right, right),
            (flux, 1 - right, right),
            (variance, (1 - right) ** 2, right**2),
        )
    )
    mask = covered < 0.5
    kept = np.flatnonzero(~mask)
    new = np.interp(
        np.arange(N_PIXELS),
        kept,
        total[kept] / covered[kept],
        left=np.median(total[kept[:N_END]] / covered[kept[:N_END]]),
        right=np.median(total[kept[-N_END:]] / covered[kept[-N_END:]]),
    )
    new_ivar = np.zeros(N_PIXELS)
    new_ivar[kept] = covered[kept] ** 2 / spread[kept]
    return (new.astype("f4"), new_ivar.astype("f4"), mask.astype("u1")), keys


def _check(ours: Path, theirs: Path) -> None:
    """Compare two stores and catalogues."""
    import h5py

    from lcgan.spectra.catalogue import read_catalogue

    with h5py.File(ours) as one, h5py.File(theirs) as other:
        np.testing.assert_array_equal(one["mask"][:], other["mask"][:])
        for name in ("flux", "ivar"):
            np.testing.assert_allclose(one[name][:], other[name][:], rtol=1e-5, atol=1e-30)
    with theirs.with_name("catalogue.csv").open(newline="") as handle:
        lines = list(csv.reader(handle))
    table = read_catalogue(ours.with_name("catalogue.csv"))
    assert [line[0] for line in lines] == [str(obsid) for obsid in table["obsid"]]
    assert [line[2] for line in lines] == list(table["subclass"])
    for place, name in ((3, "snr_g"), (4, "z"), (5, "ra"), (6, "dec")):
        np.testing.assert_array_equal([float(line[place]) for line in lines], table[name])


def _inflate_seconds(files: Sequence[Path]) -> float:
    """Return how long zlib takes to unzip all files, read and all, in one process."""
    start = time.perf_counter()
    for file in files:
        zlib.decompress(file.read_bytes(), wbits=31)
    return time.perf_counter() - start
