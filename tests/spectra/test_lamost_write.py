import gzip

import numpy as np
import pytest
from astropy.io import fits

from lcgan.spectra.lamost_write import COLUMNS, card, encode, write_lamost

CARDS = [
    ("OBSID", 101001, "Unique number ID of this spectrum"),
    ("DESIG", "LAMOST J220848.54-020324.3", "Designation of LAMOST target"),
    ("VACUUM", True, "Wavelengths are in vacuum"),
    ("Z", -1.387e-05, "Redshift of object"),
    ("OBJNAME", "Barnard's", ""),
    ("SNRG", 12.0, "SNR of g filter"),
]


@pytest.fixture
def vectors():
    rng = np.random.default_rng(0)
    return {
        "FLUX": rng.normal(100, 5, 3909).astype(np.float32),
        "IVAR": rng.uniform(0, 1, 3909).astype(np.float32),
        "ANDMASK": np.zeros(3909, np.float32),
        "ORMASK": np.full(3909, 256, np.float32),
    }


def _encode(vectors):
    return encode(CARDS, *vectors.values(), 3.5682, 1e-4)


def test_astropy_reads_it_back_equal(tmp_path, vectors):
    path = tmp_path / "one.fits.gz"
    write_lamost(path, CARDS, *vectors.values(), 3.5682, 1e-4)
    with fits.open(path) as hdus:
        hdus.verify("exception")
        assert hdus[0].data is None
        header = hdus[0].header
        assert [header[key] for key, _, _ in CARDS] == [value for _, value, _ in CARDS]
        assert [header.comments[key] for key, _, _ in CARDS] == [text for _, _, text in CARDS]
        assert (header["COEFF0"], header["COEFF1"]) == (3.5682, 1e-4)
        table = hdus["COADD"].data
        assert tuple(table.names) == COLUMNS
        assert table.shape == (1,)
        for name, expected in vectors.items():
            assert table[name].dtype == ">f4"
            assert (table[name][0] == expected).all(), name
        assert table["WAVELENGTH"][0, 0] == pytest.approx(3699.986, abs=0.001)
        assert table["WAVELENGTH"][0, -1] == pytest.approx(10 ** (3.5682 + 0.3908), abs=0.001)
        assert (table["NORMALIZATION"] == -9999).all()


def test_it_is_made_of_whole_blocks(vectors):
    assert len(gzip.decompress(_encode(vectors))) % 2880 == 0


def test_the_same_spectrum_is_the_same_bytes_without_a_time(vectors):
    content = _encode(vectors)
    assert content == _encode(vectors)
    assert content[4:8] == b"\0\0\0\0"  # gzip's time stamp


@pytest.mark.parametrize(
    "value", [0.1, -9999.0, 1e-300, 1.5e22, 2457000.5, 123456789.123456, True, False, 7, "it's", ""]
)
def test_cards_mean_to_astropy_what_was_written(value):
    text = card("KEY", value, "a comment")
    assert len(text) == 80
    read = fits.Card.fromstring(text)
    read.verify("exception")
    assert read.value == value
    assert type(read.value) is type(value)
    assert read.comment == "a comment"


def test_a_quote_is_doubled():
    """FITS standard 4.0, section 4.2.1.1; astropy reads it either way, other readers do not."""
    assert card("KEY", "it's") == "KEY     = 'it''s   '".ljust(80)


@pytest.mark.parametrize(
    ("key", "value"), [("TOOLONGKEY", 1), ("KEY", "x" * 80), ("KEY", float("nan"))]
)
def test_what_fits_no_card_is_refused(key, value):
    with pytest.raises(ValueError, match=key):
        card(key, value)


def test_unequal_vectors_are_refused(vectors):
    vectors["IVAR"] = vectors["IVAR"][:-1]
    with pytest.raises(ValueError, match="equally long"):
        _encode(vectors)
