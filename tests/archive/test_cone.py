"""The archive's search around a place, in each form in which it answers."""

import pytest

from lamost_archive import LOG_IN_PAGE, Reply, table
from lcgan.errors import UserError
from lcgan.fetch import Wanted

FIELDS = """<?xml version="1.0"?>
<VOTABLE xmlns="http://www.ivoa.net/xml/VOTable/v1.2" version="1.2"><RESOURCE type="results">
<TABLE name="results">
<FIELD name="{0}obsid" datatype="{1}"/>
<FIELD name="{0}snrg" datatype="float" ucd="stat.snr"/>
<FIELD name="{0}class" datatype="char" arraysize="*"/>
<FIELD name="{0}subclass" datatype="char" arraysize="*"/>
<DATA><TABLEDATA>{2}</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>"""
LINES = [(101, "O9"), (102, "B2"), (103, "O7")]
CELLS = "".join(
    f"<TR><TD>{obsid}</TD><TD></TD><TD>STAR</TD><TD>{subclass}</TD></TR>"
    for obsid, subclass in LINES
)
ERROR = """<?xml version="1.0"?><VOTABLE version="1.1"><RESOURCE type="results">
<INFO name="QUERY_STATUS" value="ERROR">no such table</INFO></RESOURCE></VOTABLE>"""
CSV = "obsid,class,subclass\n" + "".join(f"{o},STAR,{s}\n" for o, s in LINES)
HERE = Wanted(cone=(185.5, -1.25, 0.5))


@pytest.mark.parametrize(
    "answer",
    [
        CSV,
        "\ufeff" + CSV,
        CSV.replace(",", "|"),
        FIELDS.format("", "int", CELLS),
        FIELDS.format("catalogue_", "int", CELLS),
        "\n" + FIELDS.format("combined_", "long", CELLS).split("\n", 1)[1],
        FIELDS.format("", 'char" arraysize="*', CELLS),
    ],
    ids=["csv", "bom", "bars", "votable", "prefixed", "bare", "texts"],
)
def test_what_it_finds_is_fetched(archive, fetch, out, answer):
    archive.replies["conesearch"] = [Reply(answer.encode())]
    fetch(wanted=HERE)
    assert list(table(out)) == [101, 102, 103]
    asked = archive.seen[0]
    assert asked.path == "/openapi/dr10/v2.0/lrs/voservice/conesearch"
    assert asked.query == {"ra": "185.5", "dec": "-1.25", "sr": "0.5", "output.fmt": "csv"}


def test_of_what_it_finds_a_class_can_be_chosen(archive, fetch, out):
    archive.replies["conesearch"] = [Reply(FIELDS.format("catalogue_", "int", CELLS).encode())]
    fetch(wanted=Wanted(cone=(185.5, -1.25, 0.5), subclasses=("O",)))
    assert list(table(out)) == [101, 103]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(LOG_IN_PAGE), "does it want a token"),
        (Reply(b'{"error": "too large"}'), "sent no table: too large"),
        (Reply(ERROR.encode()), "the archive says 'no such table'"),
        (Reply(b"<VOTABLE><RESOURCE>"), "no table that can be read"),
        (Reply(b"<VOTABLE/>"), "no table that can be read"),
        (Reply(FIELDS.format("", "int", "").encode()), "none of 0 lines"),
        (Reply(b"obsid,class,subclass\n"), "none of 0 lines"),
        (Reply(b""), "has no column obsid"),
        (Reply(b"ra,dec\n1,2\n"), "has no column obsid"),
        (
            Reply(FIELDS.format("", "int", CELLS.replace("102", "")).encode()),
            "row 2 below the header: .*no OBSID",
        ),
        (
            Reply(FIELDS.format("", 'char" arraysize="2', CELLS).encode()),
            "texts are cut short, obsid",
        ),
        (Reply(b"", 500), "HTTP 500"),
        (Reply(b"", 401), "HTTP 401"),
        (Reply(b"", 503, {"Retry-After": "9999"}), "9,999 s of quiet"),
    ],
)
def test_an_answer_that_is_no_table_is_told_in_one_line(archive, fetch, out, reply, said):
    archive.replies["conesearch"] = [reply]
    with pytest.raises(UserError, match=said) as caught:
        fetch(wanted=HERE)
    assert "\n" not in str(caught.value)
    assert not out.exists()


def test_trouble_that_passes_is_waited_for(archive, fetch, out):
    archive.replies["conesearch"] = [Reply(b"", 500), Reply(CSV.encode())]
    fetch(wanted=HERE)
    assert list(table(out)) == [101, 102, 103]


def test_a_dry_run_searches_but_fetches_nothing(archive, fetch, out):
    archive.replies["conesearch"] = [Reply(CSV.encode())]
    assert "3 spectra asked for" in fetch(wanted=HERE, dry_run=True).line
    assert len(archive.seen) == 1 and not out.exists()
