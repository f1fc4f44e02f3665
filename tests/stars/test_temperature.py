import math
from types import SimpleNamespace

import pytest

from lcgan.stars.temperature import atmospheres, class_by_temperature, class_by_type

AT = SimpleNamespace(a_f=7350, f_g=5850, g_k=5050, k_m=3880, g_k_per_dex=250)


def test_boundaries_by_hand():
    found = [class_by_temperature("G", t, 4.5, AT) for t in (8000, 7000, 5600, 4500, 3500)]
    assert found == ["A", "F", "G", "K", "M"]
    # log g 2.5: the boundary of G and K is 2 · 250 K lower, at 4,550 K; below log g 1.5 no lower
    assert [class_by_temperature("K", 4560, g, AT) for g in (2.5, 2.6)] == ["G", "K"]
    assert [class_by_temperature("K", t, 0.0, AT) for t in (4310, 4290)] == ["G", "K"]


def test_hot_stars_and_unknown_temperatures_keep_their_type():
    assert class_by_temperature("B", 6000, 4.0, AT) == "B"
    assert class_by_temperature("other", 6000, 4.0, AT) == "other"
    assert class_by_temperature("K", math.nan, math.nan, AT) == "K"
    assert class_by_temperature("K", 4900, math.nan, AT) == "K", "as a dwarf"


@pytest.mark.parametrize(
    ("kind", "own", "found"),
    [("sdF5", "other", "F"), ("sd:F", "other", "F"), ("WN", "other", "other"), ("O5e", "O", "O")],
)
def test_cool_subdwarfs_are_of_their_letter(kind, own, found):
    assert class_by_type(SimpleNamespace(spectral_type=kind, class_=own)) == found


def test_the_libraries_know_the_sun_like_and_the_hottest():
    stars = atmospheres()
    assert len(stars) > 1000
    assert stars["HD057060"] == (35950.0, 3.2)  # MILES: O7 Ia
    assert stars["HD046223"][0] > 40_000  # STELIB: O5e
