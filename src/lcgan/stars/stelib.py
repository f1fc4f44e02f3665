"""The STELIB library (Le Borgne et al. 2003, A&A 402, 433): 249 stars, 3200 to 9900 Å."""

import importlib.metadata
import re
import warnings
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.star import PACKAGE, Star, classify
from lcgan.stars.wavelength import SPEED_OF_LIGHT, air_to_vacuum

PREFIX = "STELIB_v3.2_"
#: FWHM of the resolution, Å (Beifiori et al. 2011, A&A 531, A109; "about 3 Å" by its authors).
FWHM = 3.40


def package_files(prefix: str, suffix: str) -> list[Path]:
    """Return files that the libraries' wheel carries, sorted by name, without importing it.

    Raises
    ------
    UserError
        If the package is not installed or carries none of that name.
    """
    try:
        listed = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        listed = []
    named = (f for f in listed if f.name.startswith(prefix) and f.name.endswith(suffix))
    found = sorted((Path(f.locate()) for f in named), key=lambda f: f.name)
    if not (found := [f for f in found if f.is_file()]):
        raise UserError(
            f"{PACKAGE}: its files {prefix}*{suffix} are not installed; run `make install`"
        )
    return found


def library_files() -> list[Path]:
    """Return STELIB's files, sorted by name."""
    return package_files(PREFIX, ".fits")


def read_stelib() -> list[tuple[Star, float]]:
    """Return every star, with gaps, and its velocity to the observatory, km/s; sorted by file."""
    return [_read(path, number) for number, path in enumerate(library_files(), start=1)]


def on_fine_grid(air: np.ndarray, flux: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Put a library spectrum onto the fine grid by cubic splines.

    Parameters
    ----------
    air : ndarray, shape (N,)
        Wavelengths in air, Å.
    flux : ndarray, shape (N,)
        0 or below where there is none.

    Returns
    -------
    flux : ndarray, shape (n_fine,)
        Median 1 over 5000-5500 Å; 0 in gaps.
    gap : ndarray of bool, shape (n_fine,)
    """
    from scipy.interpolate import CubicSpline

    vacuum, fine = air_to_vacuum(air), fine_wavelength()
    present = flux > 0
    gap = np.interp(fine, vacuum, (~present).astype(float), left=1, right=1) > 0
    # straight across the gaps, so that the spline does not swing at their edges
    whole = np.interp(vacuum, vacuum[present], flux[present])
    flux = np.where(gap, 0.0, CubicSpline(vacuum, whole)(np.clip(fine, vacuum[0], vacuum[-1])))
    level = flux[(fine > 5000) & (fine < 5500) & ~gap]
    return flux / (np.median(level) if level.size else 1.0), gap


def _read(path: Path, number: int) -> tuple[Star, float]:
    """Read one file onto the fine grid; return the star and its velocity (km/s).

    The library's wavelengths are in air and already in the star's rest frame: its grid of 1 Å
    was divided by 1 + v/c, v between star and observatory (RADVEL - VHELIO). So CD1_1 tells
    where the telluric bands lie.
    """
    from astropy.io import fits

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cards that are not standard FITS, none of them used
        try:
            with fits.open(path) as hdus:
                flux = np.asarray(hdus[0].data, dtype=np.float64)
                header = hdus[0].header
                air = header["CRVAL1"] + header["CD1_1"] * np.arange(flux.size)
                spectral_type = str(header["SPECTYPE"]).strip()
                velocity = SPEED_OF_LIGHT * (1 / header["CD1_1"] - 1)
                ra, dec = _position(header)
        except (OSError, KeyError, ValueError, TypeError, IndexError) as error:
            raise UserError(
                f"{path.name}: not as STELIB v3.2 has it ({error}); install the locked packages"
            ) from None
    if (kind := classify(spectral_type)) is None:
        raise UserError(
            f"{PACKAGE}: spectral type {spectral_type!r} is unknown; install the locked version"
        )
    flux, gap = on_fine_grid(air, flux)
    name = re.sub(r"(lp|ss)$", "", path.stem.removeprefix(PREFIX))
    star = Star(name, number, *kind, spectral_type, ra, dec, flux, gap, "", FWHM, "stelib")
    return star, velocity


def _position(header) -> tuple[float, float]:
    """Return the J2000 position in degrees; the library mixes radians and sexagesimal text."""
    from astropy.coordinates import SkyCoord

    frame = "fk4" if header["EQUINOX"].startswith("B") else "fk5"
    units = ("rad", "rad") if isinstance(header["RA"], float) else ("hourangle", "deg")
    at = SkyCoord(header["RA"], header["DEC"], unit=units, frame=frame).transform_to("fk5")
    return round(float(at.ra.deg), 6), round(float(at.dec.deg), 6)
