"""The real stars: whole, at rest, without the Earth's bands, whichever library they come from."""

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lcgan.stars.gaps import fill_gaps
from lcgan.stars.instrument import OVERSAMPLING, fine_wavelength
from lcgan.stars.miles import read_miles
from lcgan.stars.star import CLASSES, PACKAGE, Star, classify
from lcgan.stars.stelib import read_stelib
from lcgan.stars.straighten import averages, lines, most_alike, names, offsets, straightened
from lcgan.stars.telluric import absorption, pattern, remove
from lcgan.stars.wavelength import SPEED_OF_LIGHT

__all__ = ["CLASSES", "PACKAGE", "Star", "classify", "load_library"]

LIBRARIES = ("stelib", "miles")
#: Range in which a star must be (almost) whole to be re-observed, vacuum Å.
CORE_RANGE = (3690.0, 7000.0)
CORE_COVERAGE = 0.95
#: Correlation of its lines with a MaStar average's from which a star shows the Earth's bands.
ALIKE = 0.8


def load_library(libraries: Sequence[str] = ("stelib",)) -> list[Star]:
    """Read, put on vacuum wavelengths, straighten, fill and clean every star that is whole enough.

    A star that both libraries have, be it by its own name or as its system's, is STELIB's.
    Gaps, and the red that MILES lacks, are filled from the most alike spectrum among STELIB's
    whole stars and the averages of MaStar's, and flagged.

    Parameters
    ----------
    libraries : sequence of str
        Of LIBRARIES; STELIB, whose stars fill the others, must be among them.

    Returns
    -------
    list of Star
        Sorted by name; only stars with CORE_COVERAGE of CORE_RANGE present.
    """
    if "stelib" not in libraries or not set(libraries) <= set(LIBRARIES):
        raise ValueError(f"libraries are {', '.join(LIBRARIES)}, stelib among them")
    mastar = averages()
    stars = _stelib(mastar)
    donors = [star for star in stars if not star.filled.any()]
    if "miles" in libraries:
        known = {primary(star.name) for star in stars}
        stars += [star for star in _best(read_miles()) if primary(star.name) not in known]
    stars.sort(key=lambda star: star.name)
    filled = fill_gaps(
        np.array([star.flux for star in stars]),
        np.array([star.filled for star in stars]),
        np.concatenate([[star.flux for star in donors], mastar]),
    )
    called = [*(star.name for star in donors), *names()]
    return [
        replace(star, flux=flux, neighbour=called[row] if row >= 0 else "")
        for star, flux, row in zip(stars, filled.flux, filled.neighbour, strict=True)
    ]


def primary(name: str) -> str:
    """Return a star's name without the A of a double star's brighter component.

    Examples
    --------
    >>> primary("HD048682A"), primary("HD048682B"), primary("HD048682")
    ('HD048682', 'HD048682B', 'HD048682')
    """
    return re.sub(r"(?<=\d)A$", "", name)


def _stelib(mastar: np.ndarray) -> list[Star]:
    """Return STELIB's stars, straight and without the Earth's bands.

    The stars that are whole and have their like among the MaStar averages show the bands, and
    what else all of them share in the red.
    """
    found = read_stelib()
    velocity = {star.number: velocity for star, velocity in found}
    ruler = lines(mastar[:, ::OVERSAMPLING])
    stars = [_straight(star, ruler) for star in _best([star for star, _ in found])]
    like = {}
    for star in stars:
        row, correlation = most_alike(star.flux, star.filled, ruler)
        if correlation >= ALIKE and not star.filled.any():
            like[star.number] = mastar[row]
    shown = [star for star in stars if star.number in like]
    shift = np.array([velocity[star.number] for star in shown])
    others = np.array([like[star.number] for star in shown])
    bands = absorption(np.array([star.flux for star in shown]), others, shift)
    clean = {star.number: remove(star.flux, velocity[star.number], bands) for star in stars}
    shared = pattern(np.array([clean[star.number] for star in shown]), others, shift)
    wavelength = fine_wavelength()
    for star in stars:
        at = wavelength * (1 + velocity[star.number] / SPEED_OF_LIGHT)
        clean[star.number] /= np.exp(np.interp(at, wavelength, shared))
    return [replace(star, flux=clean[star.number]) for star in stars]


def _best(stars: list[Star]) -> list[Star]:
    """Return the stars that are whole enough, each once: its observation with the least gaps."""
    best: dict[str, Star] = {}
    for star in stars:
        if _core_coverage(star) >= CORE_COVERAGE and (
            star.name not in best or star.filled.sum() < best[star.name].filled.sum()
        ):
            best[star.name] = star
    return list(best.values())


def _straight(star: Star, ruler: np.ndarray) -> Star:
    """Return the star with its wavelengths put right."""
    return replace(star, flux=straightened(star.flux, offsets(star.flux, star.filled, ruler)))


def _core_coverage(star: Star) -> float:
    """Return the fraction of CORE_RANGE that the library has of a star."""
    low, high = CORE_RANGE
    wavelength = fine_wavelength()
    inside = (wavelength >= low) & (wavelength <= high)
    return float(np.average(~star.filled[inside], weights=wavelength[inside]))  # per Å
