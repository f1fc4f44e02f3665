"""From one FITS file to one row of the store and of the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lcgan.spectra import lamost
from lcgan.spectra.contents import Rejected
from lcgan.spectra.grid import N_PIXELS, wavelength_grid
from lcgan.spectra.resample import Resampled, resample
from lcgan.spectra.subclass import class_letter
from lcgan.spectra.tars import Member


@dataclass(frozen=True, slots=True)
class Packed:
    """One file's spectrum on the packed grid, with what the catalogue says of it.

    Attributes
    ----------
    spectrum : Resampled
        Flux, ivar and mask, shape (3700,) each.
    entry : dict
        The catalogue's columns (see `lcgan.spectra.catalogue`) but for row and file.
    fibre : str
        Night, plan, spectrograph and fibre: the observation where there is no OBSID.
    """

    spectrum: Resampled
    entry: dict[str, object]
    fibre: str


def pack(file: Path | str | Member, max_masked_fraction: float) -> Packed:
    """Read one file and put it on the packed grid.

    Parameters
    ----------
    file : Path, str or Member
        A LAMOST low-resolution FITS file, loose or out of a tar.
    max_masked_fraction : float
        Of the 3,700 pixels; a spectrum with more masked ones is rejected.

    Raises
    ------
    Rejected
        If the file is not a usable LAMOST low-resolution spectrum.
    """
    read = lamost.read(file)
    try:
        spectrum = resample(read.wavelength, read.flux, read.ivar, read.bad)
    except ValueError as error:
        raise Rejected(str(error)) from None
    if not (np.isfinite(spectrum.flux).all() and spectrum.flux.any()):
        raise Rejected("flux too large or too small for float32")
    masked = int(spectrum.mask.sum())
    if masked > max_masked_fraction * N_PIXELS:
        grid = wavelength_grid()
        beyond = int(((grid < read.wavelength[0]) | (grid > read.wavelength[-1])).sum())
        raise Rejected(
            f"{masked:,} of 3,700 pixels have no data ({beyond:,} of them beyond the file's "
            f"{read.wavelength[0]:.0f} to {read.wavelength[-1]:.0f} Å); at most "
            f"{max_masked_fraction:.0%} may"
        )
    entry = {
        "obsid": read.obsid,
        "class": class_letter(read.class_, read.subclass),
        "subclass": read.subclass,
        **{f"snr_{band}": value for band, value in zip(lamost.BANDS, read.snr, strict=True)},
        "z": read.z,
        "star": read.star,
        "ra": read.ra,
        "dec": read.dec,
        "masked_pixels": masked,
        "observation": read.fibre if read.obsid is None else str(read.obsid),
    }
    return Packed(spectrum, entry, read.fibre)


def pack_many(
    files: Sequence[Path | str | Member], max_masked_fraction: float
) -> list[Packed | str]:
    """Pack files one by one; for a rejected one the reason stands in its place."""
    results: list[Packed | str] = []
    for file in files:
        try:
            results.append(pack(file, max_masked_fraction))
        except Rejected as rejected:
            results.append(rejected.reason)
    return results
