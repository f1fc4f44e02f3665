import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lcgan.archive.filename import names_for, served_name


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (
            "attachment; filename=spec-55859-F5902_sp01-001.fits.gz",
            "spec-55859-F5902_sp01-001.fits.gz",
        ),
        ('attachment; filename="a b.fits"', None),
        ('attachment; filename="spec-1.fits"', "spec-1.fits"),
        ("attachment; filename*=UTF-8''spec-1.fits.gz", "spec-1.fits.gz"),
        ("inline; filename=SPEC.FIT", "SPEC.FIT"),
        ("attachment", None),
        ("", None),
        (None, None),
        ("attachment; filename=../a.fits", None),
        ("attachment; filename=/etc/a.fits", None),
        ("attachment; filename=.a.fits", None),
        ("attachment; filename=-rf.fits", None),
        ('attachment; filename="a.fits\0.gz"', None),
        ("attachment; filename=a.fits.exe", None),
        ("attachment; filename=" + "a" * 130 + ".fits", None),
        ("attachment; filename*=no-such-charset''a%00.fits", None),
    ],
)
def test_a_plain_fits_name_is_taken_and_no_other(disposition, name):
    assert served_name(disposition) == name


@given(st.text() | st.text("filename*='\";=.fits/\\\0%2e").map("attachment; {}".format))
def test_no_header_makes_a_name_that_leaves_its_folder(disposition):
    name = served_name(disposition)
    assert name is None or re.fullmatch(r"(?i)[a-z0-9][\w.+-]*\.fits?(\.gz)?", name, re.ASCII)


def test_the_archives_name_comes_first_and_there_is_always_another():
    names = list(itertools.islice(names_for("a.fits", "dr7", "v2.0", 5, b"SIMPLE"), 4))
    assert names == ["a.fits", "dr7_v2.0_5.fits", "dr7_v2.0_5_2.fits", "dr7_v2.0_5_3.fits"]
    assert next(names_for(None, "dr7", "v2.0", 5, b"\x1f\x8b")) == "dr7_v2.0_5.fits.gz"
