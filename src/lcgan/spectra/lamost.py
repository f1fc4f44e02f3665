"""Reading LAMOST low-resolution spectra, in both formats the survey has published.

Old (DR1 to DR7, some DR8): one image of shape (5, N): flux, inverse variance, a third row that is
wavelength in some files and continuum-divided flux in others, and-mask, or-mask. New (DR8 and
later): an empty primary HDU with the header, and a table COADD of one row with vector columns.
The shape tells the format; neither the file's name nor DATA_V does. The wavelength is
10^(COEFF0 + COEFF1 i), vacuum Å, in both.
"""

import hashlib
import itertools
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from lcgan.spectra.contents import Rejected, contents
from lcgan.spectra.fits_bytes import Hdu, hdus
from lcgan.spectra.grid import LOG10_STEP, REDSHIFTS
from lcgan.spectra.instruments import is_sdss, telescope_of, what_it_is, whole
from lcgan.spectra.tars import Member

#: LAMOST's placeholder for a missing Z or S/N.
MISSING = -9999.0
BANDS = "ugriz"
#: Largest allowed difference between the file's and LAMOST's step, in log10(Å) per pixel: over
#: 3,909 pixels it adds up to 0.4 pixel.
STEP_TOLERANCE = 1e-8
#: How many pixels a spectrum may have; LAMOST's have 3,748 to 3,909.
MIN_PIXELS, MAX_PIXELS = 2, 10_000
#: Greatest whole number that the header's value, read as a double, is sure to mean.
MAX_OBSID = 2**53
#: What names an observation where there is no OBSID (the DR1 and DR2 files).
FIBRE_KEYS = ("LMJD", "PLANID", "SPID", "FIBERID")


@dataclass(frozen=True, slots=True)
class Spectrum:
    """One LAMOST spectrum as its file gives it.

    Attributes
    ----------
    obsid : int or None
        LAMOST's number of the observation; DR1 and DR2 files have none.
    fibre : str
        Night, plan, spectrograph and fibre, which identify the observation in any release; where
        one of them is missing, a digest of the flux.
    class_, subclass : str
        The header's CLASS and SUBCLASS, unaltered.
    snr : tuple of 5 floats
        S/N in u, g, r, i, z; NaN where missing. Some early files end them at 99.
    z, ra, dec : float
        Redshift; right ascension and declination, degrees; NaN where missing or impossible.
    star : str
        The star's name: STAR (in re-observations), else DESIG, else rounded coordinates, else the
        fibre.
    wavelength : ndarray, shape (N,), float64
        Vacuum Å.
    flux, ivar : ndarray, shape (N,), float64
        Flux and its inverse variance in the file's unit.
    bad : ndarray, shape (N,), bool
        Pixels without a measurement: not finite, no inverse variance, and-mask set, or flux
        exactly zero (LAMOST's filling, sometimes with an inverse variance).
    """

    obsid: int | None
    fibre: str
    class_: str
    subclass: str
    snr: tuple[float, ...]
    z: float
    ra: float
    dec: float
    star: str
    wavelength: np.ndarray
    flux: np.ndarray
    ivar: np.ndarray
    bad: np.ndarray


def read(file: Path | str | Member) -> Spectrum:
    """Read a LAMOST low-resolution spectrum of either format, gzipped or not.

    Parameters
    ----------
    file : Path, str or Member
        See `lcgan.spectra.contents.contents`.

    Raises
    ------
    Rejected
        If the file is not a usable LAMOST low-resolution spectrum; the message says what it is.
    """
    parts = hdus(contents(file))
    primary = next(parts)
    table = None if _is_old(primary) else next(parts, None)
    if _is_old(primary):
        flux, ivar, _, and_mask, _ = primary.image()
        wavelength = _wavelength(primary, len(flux), None)
    elif table is not None and _is_new(table):
        columns = {name.upper(): values for name, values in table.first_row().items()}
        if missing := sorted({"FLUX", "IVAR"} - set(columns)):
            raise Rejected(f"table COADD lacks the column {', '.join(missing)}")
        flux, ivar = columns["FLUX"], columns["IVAR"]
        and_mask = columns.get("ANDMASK", np.zeros_like(flux))
        column = columns.get("WAVELENGTH", flux)
        if not len(flux) == len(ivar) == len(and_mask) == len(column):
            raise Rejected("table COADD has columns of different lengths")
        wavelength = _wavelength(primary, len(flux), columns.get("WAVELENGTH"))
    else:
        raise Rejected(what_it_is(primary, [] if table is None else [table, *whole(parts)]))
    return _spectrum(primary, wavelength, flux, ivar, and_mask)


def _is_old(primary: Hdu) -> bool:
    """Tell the (5, N) image; SDSS spSpec files can have five rows too, but other ones."""
    return len(primary.shape) == 2 and primary.shape[0] == 5 and not is_sdss(primary)


def _is_new(table: Hdu) -> bool:
    """Tell the one-row table; SDSS and medium-resolution tables have a row per pixel."""
    return (
        table.text("EXTNAME").upper() == "COADD" and len(table.shape) == 2 and table.shape[0] == 1
    )


def _wavelength(primary: Hdu, n_pixels: int, column: np.ndarray | None) -> np.ndarray:
    """Return the vacuum wavelengths, shape (N,), Å, and see that they are LAMOST's.

    A wavelength column is the authority only where the keys are missing, for it is float32.
    """
    if not MIN_PIXELS <= n_pixels <= MAX_PIXELS:
        raise Rejected(f"a spectrum of {n_pixels:,} pixels: LAMOST's have some 3,900")
    if primary.text("VACUUM") == "F":
        raise Rejected("wavelengths in air (VACUUM = F); LAMOST's are in vacuum")
    first, step = _value(primary, "COEFF0"), _value(primary, "COEFF1")
    known = np.zeros(n_pixels, bool) if column is None else np.isfinite(column) & (column > 0)
    log10 = np.log10(np.where(known, column, 1.0)) if known.any() else np.zeros(n_pixels)
    if math.isnan(first + step) and known.all():
        first, step = log10[0], (log10[-1] - log10[0]) / (n_pixels - 1)
    missing = [key for key, v in (("COEFF0", first), ("COEFF1", step)) if math.isnan(v)]
    if missing:
        raise Rejected(
            f"missing header key {', '.join(missing)}: no wavelengths without (FITS of "
            f"{telescope_of(primary)})"
        )
    if abs(step - LOG10_STEP) > STEP_TOLERANCE:
        raise Rejected(
            f"wrong grid: {step:g} in log10(Å) per pixel (COEFF1); LAMOST low resolution has "
            f"{LOG10_STEP:g}"
        )
    if not 3.0 < first < 4.5:
        raise Rejected(f"wrong grid: the first pixel lies at 10^{first:g} Å (COEFF0)")
    off = np.abs(log10 - (first + step * np.arange(n_pixels)))[known].max(initial=0)
    if off > LOG10_STEP / 2:
        raise Rejected(
            "wrong grid: the WAVELENGTH column leaves log10(wavelength) = COEFF0 + COEFF1 i "
            f"by {off / LOG10_STEP:.1f} pixels"
        )
    return _powers(first, step, n_pixels)


@lru_cache(maxsize=16)
def _powers(first: float, step: float, n_pixels: int) -> np.ndarray:
    """Return 10^(first + step i), shape (n_pixels,), read-only: most files share theirs."""
    wavelength = 10 ** (first + step * np.arange(n_pixels))
    wavelength.setflags(write=False)
    return wavelength


def _spectrum(
    header: Hdu,
    wavelength: np.ndarray,
    flux: np.ndarray,
    ivar: np.ndarray,
    and_mask: np.ndarray,
) -> Spectrum:
    """Put header and arrays together, and refuse what carries no signal."""
    finite = np.isfinite(flux)
    if not finite.any():
        raise Rejected("no finite flux: every pixel is NaN or infinite")
    if not flux[finite].any():
        raise Rejected("all-zero flux")
    if not (finite & (flux != 0) & (ivar > 0)).any():
        raise Rejected("no pixel has both flux and inverse variance")
    bad = ~finite | (flux == 0) | ~(ivar > 0) | ~np.isfinite(ivar) | (and_mask != 0)
    ra, dec = _value(header, "RA", 0, 360), _value(header, "DEC", -90, 90)
    obsid = _value(header, "OBSID", 0, MAX_OBSID)
    fibre = _fibre(header, flux)
    place = fibre if math.isnan(ra + dec) else f"{ra:.4f}{dec:+.4f}"
    return Spectrum(
        obsid=int(obsid) if float(obsid).is_integer() else None,
        fibre=fibre,
        class_=header.text("CLASS"),
        subclass=header.text("SUBCLASS"),
        snr=tuple(_snr(header, band) for band in BANDS),
        z=_value(header, "Z", *REDSHIFTS),
        ra=ra,
        dec=dec,
        star=header.text("STAR") or header.text("DESIG") or place,
        wavelength=wavelength,
        flux=flux,
        ivar=ivar,
        bad=bad,
    )


def _value(header: Hdu, key: str, low: float = -math.inf, high: float = math.inf) -> float:
    """Return a number, NaN where it is missing, infinite, LAMOST's -9999 or out of its range."""
    value = header.number(key)
    usable = math.isfinite(value) and value != MISSING and low <= value <= high
    return value if usable else math.nan


def _snr(header: Hdu, band: str) -> float:
    """Return the S/N in a band: SNRG in most files, SN_G in those of DR1 and DR2."""
    keys = (f"SNR{band.upper()}", f"SN_{band.upper()}")
    return next(itertools.dropwhile(math.isnan, (_value(header, key) for key in keys)), math.nan)


def _fibre(header: Hdu, flux: np.ndarray) -> str:
    values = [header.text(key) for key in FIBRE_KEYS]
    if all(values):
        return "-".join(values)
    return "flux " + hashlib.sha256(np.ascontiguousarray(flux).tobytes()).hexdigest()[:16]
