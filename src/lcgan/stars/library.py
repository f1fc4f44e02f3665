"""The real stars: the STELIB library (Le Borgne et al. 2003, A&A 402, 433)."""

import importlib.metadata
import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.stars.gaps import fill_gaps
from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.telluric import remove_telluric, water_absorption
from lcgan.stars.wavelength import SPEED_OF_LIGHT, air_to_vacuum

PACKAGE = "sdss-mangadap"
PREFIX = "STELIB_v3.2_"
CLASSES = ("O", "B", "A", "F", "G", "K", "M", "other")
#: Range in which a star must be (almost) whole to be re-observed, vacuum Å.
CORE_RANGE = (3690.0, 7000.0)
CORE_COVERAGE = 0.95


@dataclass(frozen=True)
class Star:
    """One real star, on the fine grid, in its own rest frame.

    Attributes
    ----------
    name : str
        "HD046223"; a star that the library observed twice is here once.
    number : int
        Rank of its file among all the library's, from 1; part of OBSID.
    class_, subclass, spectral_type : str
        One of CLASSES, LAMOST's short form ("O5"), and the library's SPECTYPE ("O5e").
    ra, dec : float
        J2000 degrees.
    flux, telluric : ndarray, shape (n_fine,)
        Per Å, extinction corrected, median 1 over 5000-5500 Å; without the Earth's oxygen and
        water bands, and what those bands take away (zero or negative).
    filled : ndarray of bool, shape (n_fine,)
        True where the library has a gap and `neighbour` (a star's name) filled it.
    """

    name: str
    number: int
    class_: str
    subclass: str
    spectral_type: str
    ra: float
    dec: float
    flux: np.ndarray
    telluric: np.ndarray
    filled: np.ndarray
    neighbour: str


def classify(spectral_type: str) -> tuple[str, str]:
    """Return (class, LAMOST-like subclass) of a library SPECTYPE.

    Subdwarfs, white dwarfs and Wolf-Rayet stars are "other".

    Examples
    --------
    >>> classify("O9.5Iae"), classify("G8/K0IIIw."), classify("sdF5"), classify("DA:")
    (('O', 'O9'), ('G', 'G8'), ('other', 'sdF5'), ('other', 'WD'))
    """
    kind = spectral_type.strip()
    if match := re.match(r"([OBAFGKM])(\d)?", kind):
        return match[1], match[0]
    if kind.startswith("D"):
        return "other", "WD"
    if match := re.match(r"sd[OBAFGKM]\d?|W[NC]", kind):
        return "other", match[0]
    raise UserError(
        f"{PACKAGE}: spectral type {spectral_type!r} is unknown; install the locked version"
    )


def library_files() -> list[Path]:
    """Return the library's files, sorted by name, without importing the package they come in.

    Raises
    ------
    UserError
        If the package is not installed or carries no STELIB.
    """
    try:
        listed = importlib.metadata.files(PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        listed = []
    found = [Path(f.locate()) for f in listed if f.name.startswith(PREFIX) and f.suffix == ".fits"]
    found = sorted((f for f in found if f.is_file()), key=lambda f: f.name)
    if not found:
        raise UserError(f"{PACKAGE}: its STELIB files are not installed; run `make install`")
    return found


def load_library() -> list[Star]:
    """Read, put on vacuum wavelengths, fill and clean every star that is whole enough.

    Returns
    -------
    list of Star
        Sorted by name; only stars with CORE_COVERAGE of CORE_RANGE present.
    """
    found = [_read(path, number) for number, path in enumerate(library_files(), start=1)]
    whole = [star for star, _ in found if _core_coverage(star) >= CORE_COVERAGE]
    velocity = {star.number: velocity for star, velocity in found}
    best: dict[str, Star] = {}
    for star in whole:
        if star.name not in best or star.filled.sum() < best[star.name].filled.sum():
            best[star.name] = star
    stars = [best[name] for name in sorted(best)]
    filled = fill_gaps(
        np.array([star.flux for star in stars]), np.array([star.filled for star in stars])
    )
    shifts = np.array([velocity[star.number] for star in stars])
    hot = np.array([star.class_ == "O" and not star.filled.any() for star in stars])
    water = water_absorption(filled.flux[hot], shifts[hot])
    ready = []
    for star, flux, row, shift in zip(stars, filled.flux, filled.neighbour, shifts, strict=True):
        clean, telluric = remove_telluric(flux, shift, water)
        name = stars[row].name if row >= 0 else ""
        ready.append(replace(star, flux=clean, telluric=telluric, neighbour=name))
    return ready


def _core_coverage(star: Star) -> float:
    """Return the fraction of CORE_RANGE that the library has of a star."""
    low, high = CORE_RANGE
    wavelength = fine_wavelength()
    inside = (wavelength >= low) & (wavelength <= high)
    return float(np.average(~star.filled[inside], weights=wavelength[inside]))  # per Å


def _read(path: Path, number: int) -> tuple[Star, float]:
    """Read one library file onto the fine grid; return the star and its velocity (km/s).

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
    vacuum, fine = air_to_vacuum(air), fine_wavelength()
    present = flux > 0
    gap = np.interp(fine, vacuum, (~present).astype(float), left=1, right=1) > 0
    flux = np.interp(fine, vacuum, flux)
    level = flux[(fine > 5000) & (fine < 5500) & ~gap]
    flux /= np.median(level) if level.size else 1.0
    class_, subclass = classify(spectral_type)
    name = re.sub(r"(lp|ss)$", "", path.stem.removeprefix(PREFIX))
    none = np.zeros_like(flux)
    star = Star(name, number, class_, subclass, spectral_type, ra, dec, flux, none, gap, "")
    return star, velocity


def _position(header) -> tuple[float, float]:
    """Return the J2000 position in degrees; the library mixes radians and sexagesimal text."""
    from astropy.coordinates import SkyCoord

    frame = "fk4" if header["EQUINOX"].startswith("B") else "fk5"
    units = ("rad", "rad") if isinstance(header["RA"], float) else ("hourangle", "deg")
    at = SkyCoord(header["RA"], header["DEC"], unit=units, frame=frame).transform_to("fk5")
    return round(float(at.ra.deg), 6), round(float(at.dec.deg), 6)
