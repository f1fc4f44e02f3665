import pytest

from lcgan.stars.header import designation


@pytest.mark.parametrize(
    ("ra", "dec", "name"),
    [  # from headers of public LAMOST spectra
        (332.202274, -2.056767, "LAMOST J220848.54-020324.3"),
        (332.471576, -2.085015, "LAMOST J220953.17-020506.0"),
    ],
)
def test_designation(ra, dec, name):
    assert designation(ra, dec) == name
