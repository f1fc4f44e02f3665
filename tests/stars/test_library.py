import importlib.metadata
from collections import Counter

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.stars import library as module
from lcgan.stars import stelib
from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.library import load_library, primary


def test_stars_per_class(library):
    counts = Counter(star.class_ for star in library)
    assert {c: counts[c] for c in "OFGK"} == {"O": 7, "F": 50, "G": 46, "K": 33}
    assert set(counts) == set(module.CLASSES)


def test_the_o_stars(library):
    names = [star.name for star in library if star.class_ == "O"]
    assert names == [
        *("HD030614", "HD046223", "HD047129", "HD047839", "HD093250", "HD188209", "HD269698")
    ]


def test_a_star_of_both_libraries_is_there_once_by_whichever_name():
    """HD 48682 is STELIB's HD048682A: kept out under one name, not trained on by another."""
    names = {star.name for star in load_library(("stelib", "miles"))}
    assert {"HD048682A", "HD048682B", "HD047839"} <= names and "HD048682" not in names
    assert len({primary(name) for name in names}) == len(names)


def test_names_and_numbers_are_unique_and_flux_is_sound(library):
    assert len({star.name for star in library}) == len({s.number for s in library}) == len(library)
    for star in library:
        assert np.isfinite(star.flux).all() and (star.flux > 0).mean() > 0.999, star.name
        assert bool(star.neighbour) == bool(star.filled.any()), star.name


def test_lines_lie_at_their_vacuum_wavelengths_at_rest(library):
    """Hγ, Hβ, Hα of the A stars: in air they would be 1.2 to 1.8 Å off.

    HD 161817 and HD 269781 recede at -363 and 342 km/s, some 6 Å.
    """
    wavelength = fine_wavelength()
    offsets = {}
    for star in library:
        if star.class_ == "A" or star.name == "HD161817":
            offsets[star.name] = []
            for line in (4341.68, 4862.68, 6564.61):
                near = abs(wavelength - line) < 12
                depth = star.flux[near].max() - star.flux[near]
                offsets[star.name].append(np.average(wavelength[near] - line, weights=depth**3))
    assert {"HD161817", "HD269781"} <= set(offsets)
    assert np.mean(list(offsets.values())) == pytest.approx(0, abs=0.3)
    for name, offset in offsets.items():
        assert np.mean(offset) == pytest.approx(0, abs=1.0), name


def test_a_star_that_stops_short_is_flagged(library):
    star = next(star for star in library if star.name == "HD046223")  # ends at 8087 Å in air
    wavelength = fine_wavelength()
    assert star.filled[wavelength > 8095].all()
    assert not star.filled[wavelength < 8080].any()


@pytest.mark.parametrize(
    ("spectral_type", "expected"),
    [
        ("O9.5Iae", ("O", "O9")),
        ("O6/O7", ("O", "O6")),
        ("G8/K0IIIw.", ("G", "G8")),
        ("F8...", ("F", "F8")),
        ("K0", ("K", "K0")),
        ("sdA2", ("other", "sdA2")),
        ("WNs...", ("other", "WN")),
        ("DC:", ("other", "WD")),
        ("sd:F5", ("other", "sdF5")),
        ("07Ia", ("O", "O7")),  # MILES writes a zero
        ("S?", None),
    ],
)
def test_classes(spectral_type, expected):
    assert module.classify(spectral_type) == expected


def test_a_missing_package_is_said(monkeypatch):
    def gone(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "files", gone)
    with pytest.raises(UserError, match="sdss-mangadap"):
        stelib.library_files()


def test_a_file_that_is_not_the_librarys_is_said(tmp_path, monkeypatch):
    broken = tmp_path / "STELIB_v3.2_HD1.fits"
    broken.write_bytes(b"not FITS")
    monkeypatch.setattr(stelib, "library_files", lambda: [broken])
    with pytest.raises(UserError, match="STELIB_v3.2_HD1.fits"):
        module.load_library()
