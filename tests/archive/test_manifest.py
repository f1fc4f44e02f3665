import os
import resource

import pytest

from lcgan.archive.folder import Folder
from lcgan.archive.manifest import (
    COLUMNS,
    MANIFEST,
    Row,
    claimed,
    is_there,
    read_manifest,
)
from lcgan.errors import UserError

URL = "https://archive/{}"


def take(folder, obsid, body=b"body", names=None):
    import hashlib

    sha256 = hashlib.sha256(body).hexdigest()
    return folder.take(obsid, URL.format(obsid), body, sha256, names or [f"{obsid}.fits", "x.fits"])


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path, [URL.format(obsid) for obsid in range(10)])


def test_every_file_has_its_line_at_once(folder, tmp_path):
    rows = []
    for obsid in (7, 3, 5):
        rows.append(take(folder, obsid, bytes([obsid]) * obsid))
        assert read_manifest(tmp_path) == rows
        assert all(is_there(tmp_path, row, whole=True) for row in rows)
    folder.close()
    assert [row.obsid for row in read_manifest(tmp_path)] == [3, 5, 7]


def test_a_line_cut_short_by_a_kill_says_nothing(folder, tmp_path):
    row = take(folder, 1)
    with (tmp_path / MANIFEST).open("ab") as file:
        file.write(b"2,https://archive/2,ok,12,ab")
    assert read_manifest(tmp_path) == [row]
    again = Folder(tmp_path, [URL.format(2)])
    take(again, 3)
    assert [row.obsid for row in read_manifest(tmp_path)] == [1, 3]


def test_a_file_without_a_line_gets_it_the_next_time(folder, tmp_path):
    (tmp_path / "1.fits").write_bytes(b"body")  # named, and then the process was killed
    row = take(folder, 1)
    assert row.file == "1.fits"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.fits", MANIFEST]


def test_two_lines_never_share_a_file_even_of_the_same_bytes(folder, tmp_path):
    assert take(folder, 1, names=["a.fits", "b.fits"]).file == "a.fits"
    assert take(folder, 2, names=["a.fits", "b.fits"]).file == "b.fits"
    assert take(folder, 1, names=["a.fits", "b.fits"]).file == "a.fits"


@pytest.mark.parametrize("change", [b"", b"bodY", b"body and more", None])
def test_a_line_whose_file_is_not_so_any_more_is_struck(folder, tmp_path, change):
    take(folder, 1)
    take(folder, 2)
    folder.close()
    if change is None:
        (tmp_path / "1.fits").unlink()
    else:
        (tmp_path / "1.fits").write_bytes(change)
    again = Folder(tmp_path, [URL.format(1)])
    assert [row.obsid for row in read_manifest(tmp_path)] == [2]
    assert again.n_gone == 1
    assert take(again, 1).file == "1.fits"  # its own, to be written over
    assert (tmp_path / "1.fits").read_bytes() == b"body"


def test_what_failed_has_its_line_until_it_fares_otherwise(folder, tmp_path):
    failed = Row(1, URL.format(1), "missing", reason='said "no", and\nagain')
    folder.note(failed)
    other = take(folder, 2)
    folder.close()
    again = Folder(tmp_path, [URL.format(1)])
    assert list(again.failed) == [URL.format(1)]
    again.note(failed)
    assert read_manifest(tmp_path) == [failed, other]
    refused = Row(1, URL.format(1), "refused", reason="HTTP 403")
    again.note(refused)
    assert read_manifest(tmp_path) == [refused, other]
    had = take(again, 1)
    assert read_manifest(tmp_path) == [had, other]
    take(again, 3)
    assert [row.obsid for row in read_manifest(tmp_path)] == [1, 2, 3]


def test_dvcs_copy_of_the_manifest_is_not_written_to(folder, tmp_path):
    take(folder, 1)
    folder.close()
    kept = tmp_path / "cache"
    os.link(tmp_path / MANIFEST, kept)  # as cache.type = hardlink has it
    before = kept.read_bytes()
    take(Folder(tmp_path, []), 2)
    assert kept.read_bytes() == before


@pytest.mark.parametrize(
    "text",
    [
        "file,reason\na,b\n",
        "a,b\n",
        ",".join(COLUMNS) + "\n1,u,ok,x,,,\n",
        ",".join(COLUMNS) + "\n1,u,ok\n",
        ",".join(COLUMNS) + "\n1,u,ok,1,a,b,c,d\n",
    ],
)
def test_somebody_elses_manifest_is_not_written_over(tmp_path, text):
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(UserError, match="no manifest of `lcgan fetch`"):
        Folder(tmp_path, [])
    assert (tmp_path / MANIFEST).read_text() == text


def test_an_empty_manifest_is_none(tmp_path):
    (tmp_path / MANIFEST).write_bytes(b"")
    assert read_manifest(tmp_path) == []


def test_a_claimed_folder_cannot_be_claimed_again_and_is_swept(tmp_path):
    (tmp_path / ".101.fits.99.part").write_bytes(b"left by a kill")
    with claimed(tmp_path):
        assert list(tmp_path.iterdir()) == []
        with pytest.raises(UserError, match="another `lcgan fetch` is at work"), claimed(tmp_path):
            pass
    with claimed(tmp_path):
        pass


@pytest.mark.parametrize("name", ["file", "file/below"])
def test_a_folder_that_is_none_is_told(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(UserError, match=rf"--out .*/{name}: is or lies below a file; name a fold"),
        claimed(tmp_path / name),
    ):
        pass


@pytest.fixture
def small_disk():
    """Let no file be longer than 1,000 bytes while the test runs."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_leaves_a_true_manifest(folder, tmp_path, small_disk):
    with pytest.raises(UserError, match=r"1\.fits: cannot be written \(File too large\)"):
        take(folder, 1, b"x" * 2000)
    assert read_manifest(tmp_path) == []
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]
    with pytest.raises(UserError, match=r"manifest\.csv: cannot be written"):
        for obsid in range(2, 100):
            take(folder, obsid)
    text = (tmp_path / MANIFEST).read_bytes()
    assert text.endswith(b"\n") and 800 < len(text) <= 1000
    rows = read_manifest(tmp_path)
    assert [row.obsid for row in rows] == list(range(2, 2 + len(rows)))
    assert all(is_there(tmp_path, row, whole=True) for row in rows)
