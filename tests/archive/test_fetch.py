"""A fetch against a server that answers like the archive."""

import gzip
import hashlib
import signal
import time
from pathlib import Path

import pytest

from lamost_archive import LOG_IN_PAGE, LamostArchive, Reply, files, table
from lcgan.archive.folder import Folder
from lcgan.archive.manifest import COLUMNS
from lcgan.errors import UserError
from lcgan.fetch import Wanted
from lcgan.spectra.lamost import read

JSON = {"Content-Type": "application/json"}


def name_of(archive: LamostArchive, *obsids: int) -> list[str]:
    return sorted(archive.spectra[obsid][0] for obsid in obsids)


def test_files_come_whole_under_the_archives_names_with_a_line_each(archive, fetch, out):
    found = fetch(103, 101, 102)
    assert found.failures == []
    assert found.line.startswith("3 of 3 spectra are in ")
    rows = table(out)
    assert list(rows) == [101, 102, 103] and list(rows[101]) == COLUMNS
    for obsid, row in rows.items():
        name, body = archive.spectra[obsid]
        assert (out / name).read_bytes() == body
        assert row == {
            "obsid": str(obsid),
            "url": f"{archive.base}/dr10/v2.0/lrs/spectrum/fits?obsid={obsid}",
            "status": "ok",
            "bytes": str(len(body)),
            "sha256": hashlib.sha256(body).hexdigest(),
            "file": name,
            "reason": "",
        }
    assert files(out) == name_of(archive, 101, 102, 103)


@pytest.mark.parametrize(
    ("reply", "status", "reason", "n_asked"),
    [
        (Reply(b"", 404), "missing", "HTTP 404", 1),
        (Reply(b"", 410), "missing", "HTTP 410", 1),
        (Reply(b'{"error": "gone fishing"}', 404, JSON), "missing", "HTTP 404: gone fishing", 1),
        (Reply(b"", 401), "refused", "HTTP 401", 1),
        (Reply(b"", 403), "refused", "HTTP 403", 1),
        (Reply(b"", 400), "failed", "HTTP 400", 1),
        (Reply(b"", 204), "failed", "HTTP 204", 1),
        (Reply(b"", 500), "failed", "HTTP 500 (3 attempts)", 3),
        (Reply(b"", 429), "failed", "HTTP 429 (3 attempts)", 3),
        (Reply(LOG_IN_PAGE), "refused", "a log-in page instead of a file", 1),
        (Reply(b"<html>Down for today"), "unusable", "a page (HTML) instead of a file", 1),
        (Reply(b'{"error": "401", "description": "check your token"}'), "refused", "401: ch", 1),
        (Reply(b'{"error": "spectrum not found"}'), "missing", "spectrum not found", 1),
        (Reply(b'{"error": "busy"}'), "unusable", "busy", 1),
        (Reply(b"hello"), "unusable", "not FITS: a text", 1),
        (Reply(b"\x89PNG and so on"), "unusable", "not FITS: a PNG picture", 1),
        (Reply(b""), "failed", "empty file (0 bytes) (3 attempts)", 3),
        (Reply(b"x", declared=1 << 40), "unusable", "declares 1,099,511,627,776 bytes", 1),
        (Reply(b"", 302), "failed", "redirects more than 3 times", 4),
        (Reply(b"", 302, {"Location": "http://["}), "failed", "redirects to what is no addr", 1),
    ],
)
def test_what_is_not_a_spectrum_is_told_and_leaves_no_file(
    archive, fetch, out, reply, status, reason, n_asked
):
    archive.replies[101] = [reply]
    found = fetch(101, 102)
    row = table(out)[101]
    assert row["status"] == status and row["reason"].startswith(reason)
    assert (row["bytes"], row["sha256"], row["file"]) == ("0", "", "")
    assert files(out) == name_of(archive, 102)
    assert found.failures[0] == f"101: {status}: {row['reason']}"
    assert f"1 of 2 spectra are in {out}, 1 of them new" in found.line
    assert f", 1 {status}" in found.line
    assert len(archive.asked(101)) == n_asked


def test_a_second_fetch_asks_for_what_is_not_there_only(archive, fetch, out):
    archive.replies[103] = [Reply(b"", 404), archive.fine(103)]
    fetch(101, 102, 103)
    n_asked = len(archive.seen)
    (out / name_of(archive, 102)[0]).unlink()
    with (out / name_of(archive, 101)[0]).open("r+b") as file:
        file.write(b"changed")  # of the same size
    found = fetch(101, 102, 103, 104)
    assert len(archive.seen) == n_asked + 4
    assert found.line.startswith("4 of 4 spectra are in")
    assert "2 files of the manifest were gone or changed" in found.line
    assert files(out) == name_of(archive, 101, 102, 103, 104)
    before = (out / "manifest.csv").read_bytes()
    assert fetch(101, 102, 103, 104).line.startswith(f"4 of 4 spectra are in {out}, 0 of them new")
    assert len(archive.seen) == n_asked + 4
    assert (out / "manifest.csv").read_bytes() == before


def test_a_fetch_of_others_keeps_the_lines_of_the_first(archive, fetch, out):
    fetch(101, 999)
    fetch(102)
    assert {obsid: row["status"] for obsid, row in table(out).items()} == {
        101: "ok",
        102: "ok",
        999: "missing",
    }


def test_a_list_may_name_a_spectrum_twice(archive, fetch, out):
    found = fetch(101, 102, 101)
    assert found.line.startswith("2 of 2")
    assert len(archive.seen) == 2


def test_two_spectra_of_one_name_are_both_kept(archive, fetch, out):
    name = archive.spectra[101][0]
    archive.replies[102] = [archive.file(archive.spectra[102][1], name)]
    fetch(101, 102, settings=["fetch.connections=1"])
    assert {row["file"] for row in table(out).values()} == {name, "dr10_v2.0_102.fits.gz"}
    assert (out / "dr10_v2.0_102.fits.gz").read_bytes() == archive.spectra[102][1]


def test_a_users_own_file_of_that_name_is_left_alone(archive, fetch, out):
    name = archive.spectra[101][0]
    out.mkdir(parents=True)
    (out / name).write_bytes(b"mine")
    (out / "dr10_v2.0_101.fits.gz").write_bytes(b"mine too")
    fetch(101)
    assert (out / name).read_bytes() == b"mine"
    assert table(out)[101]["file"] == "dr10_v2.0_101_2.fits.gz"
    assert (out / "dr10_v2.0_101_2.fits.gz").read_bytes() == archive.spectra[101][1]


@pytest.mark.parametrize(
    "name",
    [
        "../../escaped.fits",
        "/tmp/escaped.fits",
        '"sub/escaped.fits"',
        '"..\\\\escaped.fits"',
        ".hidden.fits",
        '"nul\0.fits"',
        f"{'long' * 80}.fits",
        "manifest.csv",
        "run.sh",
        '""',
        "utf-8''%2e%2e%2fescaped.fits",
    ],
)
def test_a_hostile_file_name_is_not_followed(archive, fetch, out, tmp_path, name):
    archive.replies[101] = [archive.file(archive.spectra[101][1], name)]
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert fetch(101).failures == []
    new = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert {path.name for path in new} == {"obsids.txt", "manifest.csv", "dr10_v2.0_101.fits.gz"}
    assert files(out) == ["dr10_v2.0_101.fits.gz"]


def test_a_file_that_is_not_gzipped_is_named_so(archive, fetch, out):
    body = gzip.decompress(archive.spectra[101][1])
    archive.replies[101] = [Reply(body)]
    fetch(101)
    assert files(out) == ["dr10_v2.0_101.fits"]


def test_another_observation_than_asked_for_is_refused(archive, fetch, out):
    archive.replies[101] = [archive.fine(102)]
    fetch(101)
    assert table(out)[101]["reason"] == "is observation 102, not 101"
    assert files(out) == []


def test_an_early_file_without_obsid_is_taken(archive, fetch, out, lamost_file, tmp_path):
    body = lamost_file(tmp_path / "early.fits.gz", "old", without=("OBSID",)).read_bytes()
    archive.replies[101] = [archive.file(body, "early.fits.gz")]
    fetch(101)
    assert files(out) == ["early.fits.gz"]


def test_a_redirect_on_the_same_host_is_followed(archive, fetch, out):
    path = "/openapi/elsewhere/fits?obsid=102"
    archive.replies[101] = [Reply(b"", 302, {"Location": path}), archive.fine(101)]
    archive.replies[102] = [archive.fine(101)]
    assert fetch(101).failures == []
    assert [seen.path for seen in archive.seen][1] == "/openapi/elsewhere/fits"


def _bare(file):
    return read(file).obsid is None


def test_real_files_pass_through_unchanged(archive, fetch, out, real):
    some = [file for file in sorted((real / "lamost").glob("*.fits*")) if _bare(file)][:4]
    some += sorted((real / "lamost").glob("*.fits*"))[:4]
    assert len(some) == 8
    for obsid, file in enumerate(some, start=1):
        archive.replies[obsid] = [archive.file(file.read_bytes(), file.name)]
    fetch(*range(1, len(some) + 1))
    assert len(table(out)) == 8
    for obsid, row in table(out).items():
        if row["status"] == "ok":
            assert (out / row["file"]).read_bytes() == some[obsid - 1].read_bytes()
        else:  # they bear another OBSID
            assert row["reason"].startswith("is observation ")
    assert {row["status"] for row in table(out).values()} == {"ok", "unusable"}


def test_a_dry_run_fetches_nothing_and_makes_nothing(archive, fetch, out):
    found = fetch(101, 102, dry_run=True)
    assert found.line == (
        f"2 spectra asked for, 0 are in {out}; would fetch 2 (some 0.1 MB, 0 s at least), first "
        f"{archive.base}/dr10/v2.0/lrs/spectrum/fits?obsid=101; nothing was fetched (--dry-run)"
    )
    assert archive.seen == [] and not out.exists()
    fetch(101)
    assert "2 spectra asked for, 1 are in" in fetch(101, 102, dry_run=True).line
    assert len(archive.seen) == 1


@pytest.mark.parametrize("obsid", [101, 999])
def test_an_interrupt_between_a_file_and_its_line_waits_for_the_line(
    archive, fetch, out, monkeypatch, obsid
):
    append = Folder._append

    def interrupted(self, row):
        signal.raise_signal(signal.SIGINT)
        append(self, row)

    monkeypatch.setattr(Folder, "_append", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fetch(obsid)
    assert list(table(out)) == [obsid]


def test_a_catalogue_says_what_to_fetch(archive, fetch, out, tmp_path):
    path = tmp_path / "dr10_v2.0_LRS_catalogue.csv"
    lines = [f"{obsid},STAR,{'O9' if obsid < 104 else 'B2'}" for obsid in archive.spectra]
    path.write_text("\n".join(["obsid,class,subclass", *lines]))
    fetch(wanted=Wanted(catalogue=path, subclasses=("O",)))
    assert list(table(out)) == [101, 102, 103]


def test_a_draw_is_the_seeds_and_a_larger_one_holds_it(archive, fetch, tmp_path, out):
    path = tmp_path / "catalogue.csv"
    path.write_text("\n".join(["obsid,class,subclass", *(f"{i},STAR,O9" for i in range(1, 500))]))

    def drawn(seed, at_most):
        wanted = Wanted(catalogue=path, subclasses=("O",), at_most=at_most)
        for row in [*archive.seen]:
            archive.seen.remove(row)
        fetch(wanted=wanted, settings=[f"seed={seed}", "fetch.rate=50"], out=out / str(time.time()))
        return {int(seen.query["obsid"]) for seen in archive.seen}

    four = drawn(1, 4)
    assert len(four) == 4 and four == drawn(1, 4)
    assert four < drawn(1, 8)
    assert four != drawn(2, 4)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(), "give one of --obsid-file, --catalogue and --cone"),
        (Wanted(catalogue=Path("a"), cone=(1, 2, 3)), "give one of"),
        (Wanted(obsid_file=Path("a"), subclasses=("O",)), "--subclass: a list of OBSIDs has none"),
        (Wanted(catalogue=Path("a"), subclasses=(" ",)), "--subclass: empty"),
        (Wanted(catalogue=Path("a"), at_most=0), "--max 0: at least 1"),
        (Wanted(cone=(10, 91, 1)), "--cone 10 91 1: give degrees"),
        (Wanted(cone=(10, 9, 0)), "--cone 10 9 0: give degrees"),
        (Wanted(cone=(float("nan"), 9, 1)), "--cone nan 9 1: give degrees"),
    ],
)
def test_a_wish_that_makes_no_sense_is_told(fetch, out, wanted, said):
    with pytest.raises(UserError, match=said):
        fetch(wanted=wanted)
    assert not out.exists()
