import math
from collections import Counter

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.stars import library, miles
from lcgan.stars.instrument import fine_wavelength
from lcgan.stars.temperature import class_by_type


@pytest.fixture(scope="module")
def both():
    return library.load_library(("stelib", "miles"))


def test_stars_per_class(both):
    counts = Counter(star.class_ for star in both)
    assert {c: counts[c] for c in "OBAFGKM"} == {
        **{"O": 10, "B": 65, "A": 92},
        **{"F": 199, "G": 242, "K": 248, "M": 53},
    }
    new = [s.name for s in both if s.class_ == "O" and s.library == "miles"]
    assert new == ["HD057060", "HD057061", "HD209975"]


def test_a_star_in_both_libraries_is_there_once(both):
    assert len({star.name for star in both}) == len({star.number for star in both}) == len(both)
    names = {star.name for star in miles.read_miles()}
    shared = [star for star in both if star.library == "stelib" and star.name in names]
    assert len(shared) > 50


def test_the_red_is_another_stars_and_flagged(both):
    wavelength = fine_wavelength()
    star = next(star for star in both if star.name == "HD057061")
    assert star.neighbour and star.filled[wavelength > 6860].all()
    assert not star.filled[(wavelength > 3690) & (wavelength < 6840)].any()
    assert np.isfinite(star.flux).all() and (star.flux > 0).all()


@pytest.mark.parametrize(
    ("class_", "temperature", "agrees"),
    [
        ("F", 5102.0, False),  # HD 6755, F8V by an old catalogue: a metal-poor giant
        ("F", 6331.0, True),
        ("O", 35950.0, True),
        ("K", float("nan"), True),
        ("other", 5000.0, True),
    ],
)
def test_a_type_that_contradicts_the_temperature_is_left_out(class_, temperature, agrees):
    assert miles._agrees(class_, temperature) is agrees


def test_columns():
    line = "HD209975               0824   630   08 Ib          30274   3.30     0.30   333       "
    assert miles._columns(line) == ("HD209975", 824, "08 Ib", 30274.0, 3.3)
    line = "NGC 7789 342(502) Cl   0974                        10023     --      --    1      "
    assert miles._columns(line)[:4] == ("NGC_7789_342(502)_Cl", 974, "", 10023.0)
    assert math.isnan(miles._columns(line)[4])


def test_hot_subdwarfs_are_none_of_o_to_m_whatever_their_old_types_say(both):
    kinds = {(star.class_, star.subclass, star.spectral_type): star for star in both}
    assert kinds["other", "sdB", "A"].name == "HD004539"
    hot = kinds["other", "sdB", "B5"]
    assert hot.name == "HD149382" and class_by_type(hot) == "other"
    # Balmer lines, pressure broadened at log g 5.5: deeper at 20 Å from Hβ than a B supergiant's
    wavelength = fine_wavelength()

    def wing(star):
        flux, at = star.flux, wavelength - 4862.7
        side = np.abs(np.abs(at) - 60) < 10
        return float(flux[np.abs(np.abs(at) - 12) < 4].mean() / flux[side].mean())

    supergiant = next(star for star in both if star.name == "HD206165")  # B2 Ib
    assert wing(hot) < wing(supergiant) - 0.03
    assert miles.hot_subdwarf(45_000, 5.8) == ("other", "sdO")
    for temperature, log_g in ((math.nan, 5.8), (36_000, math.nan), (25_000, 4.2), (8_000, 5.2)):
        assert miles.hot_subdwarf(temperature, log_g) is None


def test_stelib_must_be_among_the_libraries():
    with pytest.raises(ValueError, match="stelib"):
        library.load_library(("miles",))


def test_a_file_that_is_not_the_librarys_is_said(tmp_path, monkeypatch):
    broken = tmp_path / "MILES_res2.50_star_m0824V.fits"
    broken.write_bytes(b"not FITS")
    real = miles.package_files

    def files(prefix, suffix):
        return [broken] if prefix == miles.PREFIX else real(prefix, suffix)

    monkeypatch.setattr(miles, "package_files", files)
    with pytest.raises(UserError, match="m0824V"):
        miles.read_miles()
