import hashlib
import os
import signal
import subprocess
import sys
import time

import pytest

from lcgan.errors import UserError
from lcgan.files import md5_of, read_json, replacing, write_json

WRITER = """
import resource, signal, sys, time
from lcgan.files import replacing
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that the write fails as on a full disk
limit, pause, path = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
with replacing(path) as part:
    WRITE
"""
PLAIN = """
    with part.open("wb") as handle:
        handle.write(b"n" * 200_000)
        handle.flush()
        print("writing", flush=True)
        time.sleep(pause)
"""
NUMPY = """
    import numpy
    numpy.save(part.open("wb"), numpy.zeros(100_000))
"""
HDF5 = """
    import h5py, numpy
    with h5py.File(part, "w") as file:
        file["flux"] = numpy.zeros(100_000)
"""
HDF5_CLOSED = """
    import h5py
    with h5py.File(part, "w") as file:
        file.attrs["unit"] = "Angstrom"
"""


def _names(folder):
    return sorted(path.name for path in folder.rglob("*"))


def test_a_file_takes_its_place_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with replacing(path) as part:
        assert part.parent == path.parent  # so that taking the place is one step of the file system
        part.write_text("one")
        assert not path.exists()
    assert path.read_text() == "one"
    with replacing(path) as part:
        part.write_text("two")
        assert path.read_text() == "one"
    assert path.read_text() == "two"
    assert _names(tmp_path) == ["a.txt", "new"]


def test_a_folder_takes_the_place_of_a_folder_and_nothing_of_the_old_stays(tmp_path):
    path = tmp_path / "docs"
    path.mkdir()
    (path / "old.txt").write_text("old")
    with replacing(path) as part:
        part.mkdir()
        (part / "new.txt").write_text("new")
        assert _names(path) == ["old.txt"]
    assert _names(tmp_path) == ["docs", "new.txt"]


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
def test_what_stood_there_stays_when_writing_fails(tmp_path, kind):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(kind), replacing(path) as part:
        part.write_text("half")
        raise kind
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["a.txt"]


def test_a_half_written_folder_is_removed(tmp_path):
    with pytest.raises(ValueError, match="broken"), replacing(tmp_path / "docs") as part:
        part.mkdir()
        (part / "a").write_text("half")
        raise ValueError("broken")
    assert _names(tmp_path) == []


def _words(write, limit, pause, path):
    program = WRITER.replace("\n    WRITE\n", write)
    return [sys.executable, "-c", program, str(limit), str(pause), str(path)]


@pytest.mark.parametrize(
    "write, limit, reason",
    [
        (PLAIN, 100_000, "File too large"),
        (NUMPY, 100_000, "the disk is full"),
        (HDF5, 100_000, "File too large"),
        (HDF5_CLOSED, 100, "File too large"),
    ],
    ids=["plain", "numpy", "hdf5", "hdf5 at its close"],
)
def test_a_full_disk_leaves_no_half_file_and_says_so(tmp_path, write, limit, reason):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")
    words = _words(write, limit, 0, path)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("lcgan.errors.UserError")
    assert str(path) in last and reason in last and "free space" in last
    assert path.read_bytes() == b"old"
    assert _names(tmp_path) == ["a.bin"]


def test_ctrl_c_leaves_no_half_file(tmp_path):
    path = tmp_path / "a.bin"
    words = _words(PLAIN, 0, 60, path)
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout.readline() == b"writing\n"
        assert len(_names(tmp_path)) == 1  # the part
        process.send_signal(signal.SIGINT)
        began = time.time()
        assert process.wait(timeout=30) != 0
    assert time.time() - began < 30
    assert _names(tmp_path) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=r"file/a\.txt: cannot be written"):
        write_json(tmp_path / "file" / "a.txt", {})


def test_a_folder_without_permission_is_named(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    with pytest.raises(UserError, match="Permission denied"):
        write_json(tmp_path / "a.json", {})


def test_an_input_that_cannot_be_read_is_not_blamed_on_the_output(tmp_path):
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "out.txt") as part:
        part.write_text((tmp_path / "input.txt").read_text())
    assert _names(tmp_path) == []


def test_an_error_that_is_not_about_writing_passes(tmp_path):
    for error in (OSError("not a gzipped file"), RuntimeError("no such group")):
        with pytest.raises(type(error), match=str(error)), replacing(tmp_path / "a"):
            raise error


def test_json_comes_back_as_it_was_and_nan_is_refused(tmp_path):
    content = {"k": 3, "rate": 0.5, "low": None, "per_star": {"HD 1": [1, 2]}}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", {"rate": float("nan")})
    assert read_json(tmp_path / "a.json") == content


def test_json_that_is_missing_or_broken_is_named(tmp_path):
    with pytest.raises(UserError, match=r"a\.json: not there"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(UserError, match=r"a\.json: not JSON"):
        read_json(tmp_path / "a.json")


def test_a_files_md5_is_the_usual_one_and_a_folders_sees_every_change(tmp_path):
    folder = tmp_path / "folder"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("abc")
    (folder / "sub/b").write_text("")
    assert md5_of(folder / "a") == hashlib.md5(b"abc").hexdigest()
    seen = {md5_of(folder)}
    (folder / "a").write_text("abd")
    seen.add(md5_of(folder))
    (folder / "a").rename(folder / "c")
    seen.add(md5_of(folder))
    (folder / "sub/d").write_text("")
    seen.add(md5_of(folder))
    assert len(seen) == 4
    assert md5_of(folder) in seen


def test_a_folder_s_digest_takes_names_of_any_bytes(tmp_path):
    path = os.fsencode(tmp_path) + b"/spec\xff.fits"
    with open(path, "wb") as file:
        file.write(b"x")
    before = md5_of(tmp_path)
    os.rename(path, os.fsencode(tmp_path) + b"/spec\xfe.fits")
    assert md5_of(tmp_path) != before
