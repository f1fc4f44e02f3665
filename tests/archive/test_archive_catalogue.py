import gzip
import tracemalloc

import numpy as np
import pytest
from astropy.io import fits

from lcgan.archive import tables
from lcgan.archive.catalogue import Choice, read_catalogue, read_obsids
from lcgan.errors import UserError

#: obsid, class, subclass as LAMOST writes them.
LINES = [
    (301, "STAR", "O9.5"),
    (302, "STAR", "OB"),
    (303, "STAR", "B6"),
    (304, "STAR", "sdO"),
    (305, "GALAXY", "O"),
    (306, "STAR", "O"),
    (307, "STAR", "dM0"),
    (308, "Unknown", "Non"),
    (309, "STAR", "G5"),
    (310, "STAR", "Carbon"),
]


def csv_file(path, separator, lines=LINES, header=("obsid", "class", "subclass")):
    rows = [header, *lines]
    text = "".join(separator.join(map(str, row)) + "\n" for row in rows)
    if path.name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def fits_file(path, lines=LINES, names=("obsid", "class", "subclass")):
    obsid, class_, subclass = zip(*lines, strict=True)
    n = len(lines)
    columns = [
        fits.Column(names[0], "J", array=np.array(obsid, "i4")),
        fits.Column("designation", "19A", array=np.full(n, "J220848.54-020324.3")),
        fits.Column("ra", "D", array=np.zeros(n)),
        fits.Column(names[1], "10A", array=np.array(class_)),
        fits.Column(names[2], "20A", array=np.array(subclass)),
    ]
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU.from_columns(columns)]).writeto(path)
    return path


MAKERS = {
    "dr10_v2.0_LRS_catalogue.csv": lambda path: csv_file(path, ","),
    "dr10_v2.0_LRS_catalogue.csv.gz": lambda path: csv_file(path, ","),
    "dr7_v2.0_LRS_catalogue.csv": lambda path: csv_file(path, "|"),
    "dr7_v2.0_LRS_catalogue.csv.gz": lambda path: csv_file(path, "|"),
    "catalogue.tsv": lambda path: csv_file(path, "\t"),
    "dr10_v2.0_LRS_catalogue.fits": fits_file,
    "dr10_v2.0_LRS_catalogue.fits.gz": fits_file,
}


@pytest.fixture(params=MAKERS)
def path(request, tmp_path):
    return MAKERS[request.param](tmp_path / request.param)


@pytest.mark.parametrize(
    ("subclasses", "obsids"),
    [
        (("O",), [301, 306]),  # by the table of classes: no sdO, no galaxy
        (("B6",), [303]),  # as LAMOST writes it
        (("OB", "G"), [302, 309]),
        (("other",), [304, 310]),
        (("M", "UNKNOWN"), [302, 307, 308]),
        ((), [line[0] for line in LINES]),
    ],
)
def test_lines_are_chosen_by_class_or_subclass(path, subclasses, obsids):
    assert read_catalogue(path, Choice(subclasses)) == obsids


@pytest.mark.parametrize("lines", [1, 3, 10])
def test_a_table_is_the_same_in_pieces(path, monkeypatch, lines):
    monkeypatch.setattr(tables, "LINES", lines)
    assert read_catalogue(path, Choice(("O", "other"))) == [301, 304, 306, 310]


def test_no_line_of_a_class_is_told(path):
    with pytest.raises(UserError, match=r"none of 10 lines is a spectrum of subclass A or K"):
        read_catalogue(path, Choice(("A", "K")))


def test_names_that_the_archives_searches_give_are_known(tmp_path):
    header = ("catalogue_obsid", "catalogue_class", "catalogue_subclass")
    path = csv_file(tmp_path / "a.csv", ",", header=header)
    assert read_catalogue(path, Choice(("O",))) == [301, 306]
    path = fits_file(tmp_path / "a.fits", names=("OBSID", "CLASS", "SUBCLASS"))
    assert read_catalogue(path, Choice(("O",))) == [301, 306]


def test_a_table_without_class_goes_by_subclass(tmp_path):
    lines = [(obsid, subclass) for obsid, _, subclass in LINES]
    path = csv_file(tmp_path / "a.csv", ",", lines, ("obsid", "subclass"))
    assert read_catalogue(path, Choice(("O",))) == [301, 305, 306]


def test_a_quote_among_bars_swallows_no_lines(tmp_path):
    header = ("obsid", "t_info", "class", "subclass")
    lines = [(401, '"', "STAR", "O9"), (402, 'a"b', "STAR", "O9"), (403, "", '"STAR"', '"O9"')]
    path = csv_file(tmp_path / "a.csv", "|", lines, header)
    assert read_catalogue(path, Choice(("O",))) == [401, 402, 403]


def test_quoted_commas_are_no_columns(tmp_path):
    header = ('"obsid"', "t_info", "class", '"subclass"')
    path = csv_file(tmp_path / "a.csv", ",", [(401, '"a, b"', "STAR", "O9")], header)
    assert read_catalogue(path, Choice(("O",))) == [401]


def test_an_observation_named_twice_comes_once(tmp_path):
    path = csv_file(tmp_path / "a.csv", ",", [*LINES, *LINES])
    assert len(read_catalogue(path, Choice())) == len(LINES)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "has no column obsid"),
        (b"a,b\n1,2\n", "has no column obsid"),
        (b"obsid\n1\n", "has no column subclass"),
        (b"obsid,subclass\n", "none of 0 lines"),
        (b"obsid,subclass\nx7,O9\n", "row 1 below the header: 'x7' is no OBSID"),
        (b"obsid,subclass\n1,F\n-5,O9\n", "row 2 below the header: '-5' is no OBSID"),
        (b"obsid,subclass\n99999999999999999999,O9\n", "is no OBSID"),
        (b"\x1f\x8b\x08\0 and then nothing of the kind", "damaged"),
        (gzip.compress(b"obsid,subclass\n" + b"1,O9\n" * 999, mtime=0)[:30], "damaged"),
        (b"SIMPLE  =                    T / and no more", "damaged"),
        (bytes(range(256)) * 40, "has no column obsid"),
    ],
)
def test_what_is_no_catalogue_is_told_in_one_line(tmp_path, content, said):
    path = tmp_path / "catalogue"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as caught:
        read_catalogue(path, Choice(("O",)))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_a_truncated_fits_table_is_told(tmp_path):
    path = fits_file(tmp_path / "a.fits", LINES * 100)
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(UserError, match=r"damaged \(truncated: 1,000 lines are missing\)"):
        read_catalogue(path, Choice(("O",)))


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UserError, match="No such file"):
        read_catalogue(tmp_path / "a.csv", Choice())


def test_memory_does_not_grow_with_the_catalogue(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "LINES", 500)

    def peak(n):
        path = fits_file(tmp_path / f"{n}.fits.gz", LINES * n)
        tracemalloc.start()
        read_catalogue(path, Choice(("O",)))
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    peak(50)
    assert peak(1000) < peak(100) + 300_000  # 9,000 lines more have 600 kB


@pytest.mark.parametrize(
    ("text", "obsids"),
    [
        ("101\n102\n", [101, 102]),
        ("# mine\n\n 7 \n3 # the best\r\n7\n", [7, 3]),
        ("\ufeff101", [101]),
    ],
)
def test_a_list_of_obsids_is_read_in_its_order(tmp_path, text, obsids):
    path = tmp_path / "list.txt"
    path.write_bytes(text.encode())
    assert read_obsids(path) == obsids


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "names no OBSID"),
        (b"101\nspec-1.fits\n", "line 2: 'spec-1.fits' is no OBSID"),
        (b"0\n", "line 1"),
        (b"-3\n", "line 1"),
        (b"1e5\n", "line 1"),
        ("\u0661\n".encode(), "line 1"),
        (b"9" * 5000, "line 1"),
        (b"\xff\xfe\x00", "no text"),
    ],
)
def test_a_list_that_is_none_is_told_by_its_line(tmp_path, content, said):
    path = tmp_path / "list.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said):
        read_obsids(path)
