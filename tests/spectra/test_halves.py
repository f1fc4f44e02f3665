"""The halves of real spectra: fixed for ever, by star."""

from pathlib import Path

import pytest

from lcgan.spectra.halves import FIT, REPORT, half_of


@pytest.mark.parametrize(
    ("key", "half"),
    # md5 of these begins with 9, 0, f and 9 (RFC 1321, A.5, for the first three)
    [("abc", REPORT), ("a", FIT), ("message digest", REPORT), ("b", REPORT)],
)
def test_the_first_hex_digit_of_the_md5_tells_the_half(key, half):
    assert half_of(key, "any.fits") == half_of("", f"{key}.fits.gz") == half


def test_the_name_counts_only_where_there_is_no_designation():
    assert half_of("abc", "a.fits") == REPORT
    assert half_of(" ", Path("folder.of/a.b.fits")) == FIT


def test_blanks_around_a_designation_do_not_move_a_star():
    assert half_of(" a ", "x") == half_of("a", "y") == FIT
