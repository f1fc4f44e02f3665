"""Nights in tars: read in passing, nothing followed, nothing unpacked, bounds kept."""

import bz2
import gzip
import lzma
import os
import re
import subprocess
import tarfile
import tracemalloc

import numpy as np
import pytest

from lcgan.spectra import tar_stream
from lcgan.spectra.contents import MAX_BYTES, Rejected, contents
from lcgan.spectra.lamost import read
from lcgan.spectra.tars import Tar, count, members
from tar_files import info, make_tar

NAMES = ["night.tar", "night.tar.gz", "night.tgz"]


@pytest.fixture
def spectra(tmp_path, lamost_file) -> list[tuple[str, bytes]]:
    """Four LAMOST files of both formats, plain and gzipped, as members in folders."""
    made = []
    for i, name in enumerate(("F5902/a.fits", "F5902/b.fits.gz", "./B6212/c.FITS", "d.fit")):
        path = lamost_file(tmp_path / "made" / name, ("old", "new")[i % 2], OBSID=100 + i)
        made.append((name, path.read_bytes()))
    return made


def told(path) -> dict[str, str | None]:
    """What is told of each member, by its name within the tar."""
    found = list(members(path))
    assert count(path) == len(found)
    return {member.name.removeprefix(f"{path}/"): member.reason for member in found}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_every_spectrum_in_a_tar_reads_as_it_does_loose(tmp_path, spectra, name, format):
    beside = [("notes.txt", b"not looked at"), (".hidden.fits", b"x"), ("F5902/._a.fits", b"x")]
    folder = (info("F5902", kind=tarfile.DIRTYPE), b"")
    path = make_tar(tmp_path / name, folder, *spectra, *beside, format=format)
    found = list(members(path))
    assert [member.name for member in found] == [
        f"{path}/{within}"
        for within in ("F5902/a.fits", "F5902/b.fits.gz", "B6212/c.FITS", "d.fit")
    ]
    for member, (within, data) in zip(found, spectra, strict=True):
        assert member.data == data and member.reason is None
        loose = read(tmp_path / "made" / within)
        assert read(member).obsid == loose.obsid
        np.testing.assert_array_equal(read(member).flux, loose.flux)
    assert count(path) == 4
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "made", path])


def test_a_member_is_read_by_its_name_as_if_the_tar_were_a_folder(tmp_path, spectra):
    path = make_tar(tmp_path / "night.tar.gz", *spectra)
    assert read(path / "B6212/c.FITS").obsid == 102
    assert read(str(path / "F5902/b.fits.gz")).obsid == 101
    with pytest.raises(Rejected, match=r"^cannot be read \(no such file in .*night.tar.gz\)$"):
        read(path / "gone.fits")
    with pytest.raises(Rejected, match=r"^cannot be read \(Not a directory\)$"):
        read(tmp_path / "made/d.fit/gone.fits")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Rejected, match=r"^truncated tar: its gzip has no end"):
        read(path / "gone.fits")


@pytest.mark.parametrize("format", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_and_strange_names_are_whole(tmp_path, format):
    odd = os.fsdecode(b"spec\xff.fits")
    names = ["deep/" * 60 + "a.fits", "n" * 150 + ".fits", "ünï.fits", odd]
    path = make_tar(tmp_path / "night.tar", *((name, b"x") for name in names), format=format)
    assert list(told(path)) == names


def test_links_devices_and_ways_out_are_told_and_never_followed(tmp_path, spectra):
    secret = tmp_path / "secret.fits"
    secret.write_bytes(spectra[0][1])
    kinds = {
        "link.fits": info("link.fits", kind=tarfile.SYMTYPE, link=str(secret)),
        "hard.fits": info("hard.fits", kind=tarfile.LNKTYPE, link="F5902/a.fits"),
        "disk.fits": info("disk.fits", kind=tarfile.BLKTYPE),
        "null.fits": info("null.fits", kind=tarfile.CHRTYPE),
        "pipe.fits": info("pipe.fits", kind=tarfile.FIFOTYPE),
        "odd.fits": info("odd.fits", kind=b"V"),
    }
    ways = {"../out.fits": b"x", "a/../../out2.fits": b"x", "/etc/in.fits": spectra[3][1]}
    nested = ("inner.tar.gz", b"x")
    path = make_tar(
        tmp_path / "night.tar.gz",
        *((header, b"") for header in kinds.values()),
        *ways.items(),
        nested,
        *spectra,
    )
    reasons = told(path)
    assert reasons == {
        "link.fits": "a symbolic link in a tar: never followed",
        "hard.fits": "a hard link in a tar: never followed",
        "disk.fits": "a block device in a tar: never followed",
        "null.fits": "a character device in a tar: never followed",
        "pipe.fits": "a named pipe in a tar: never followed",
        "odd.fits": "a member of type 'V' in a tar: not read",
        "out.fits": "its name leads out of the tar ('../out.fits'): not read",
        "a/out2.fits": "its name leads out of the tar ('a/../../out2.fits'): not read",
        "etc/in.fits": None,
        "inner.tar.gz": "a tar within a tar: not read; unpack the outer one",
        "F5902/a.fits": None,
        "F5902/b.fits.gz": None,
        "B6212/c.FITS": None,
        "d.fit": None,
    }
    with pytest.raises(Rejected, match="a symbolic link in a tar"):
        read(path / "link.fits")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["made", "night.tar.gz", "secret.fits"]


def test_a_sparse_file_is_told_and_what_follows_it_is_read(tmp_path, spectra):
    pax = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
    new = info("holes.fits", **pax)
    old = bytearray(info("older.fits", 1 << 40).tobuf(tarfile.GNU_FORMAT))
    old[156:157], old[124:136] = b"S", b"%011o\0" % 512
    old[482] = 1  # the list of holes goes on in a block of its own
    old[148:156] = b" " * 8
    old[148:156] = b"%06o\0 " % sum(old)
    path = make_tar(tmp_path / "night.tar", (new, b"12"), spectra[0])
    sparse = bytes(old) + bytes(512) + b"x" * 512
    path.write_bytes(sparse + path.read_bytes())
    assert told(path) == {
        "older.fits": "a member of type sparse in a tar: not read",
        "holes.fits": "a member of type sparse in a tar: not read",
        "F5902/a.fits": None,
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_truncated_tar_gives_what_was_readable_and_one_reason(tmp_path, spectra, name):
    path = make_tar(tmp_path / name, *spectra)
    whole = path.read_bytes()
    n_found = set()
    filling = tarfile.RECORDSIZE if name.endswith(".tar") else 1
    for part in np.linspace(0, len(whole) - filling, 40).astype(int).tolist():
        path.write_bytes(whole[:part])
        found = list(members(path))
        assert count(path) == len(found)
        *read_ones, broken = found
        n_found.add(len(read_ones))
        for member, (_, data) in zip(read_ones, spectra, strict=False):
            assert member.data == data and member.reason is None
        assert broken.name == str(path) and broken.reason.startswith("truncated tar: ")
        last = "nothing in it was read" if not read_ones else spectra[len(read_ones) - 1][0]
        assert last in broken.reason
    assert n_found >= {0, 1, 2, 3}


def test_a_damaged_tar_says_what_it_lost(tmp_path, spectra):
    path = make_tar(tmp_path / "night.tar", *spectra[:2])
    whole = path.read_bytes()
    second = 512 + -(-len(spectra[0][1]) // 512) * 512
    path.write_bytes(whole[: second + 20] + b"\xff" + whole[second + 21 :])
    assert told(path) == {
        "F5902/a.fits": None,
        str(path): "damaged tar: no header where one belongs (bad checksum); what comes after "
        "'F5902/a.fits' is lost",
    }
    path.write_bytes(whole + whole)
    assert list(told(path).values())[-1].startswith("more follows the tar's end, perhaps another")
    zipped = make_tar(tmp_path / "night.tgz", *spectra[:2])
    data = zipped.read_bytes()
    zipped.write_bytes(data[:-8] + b"12345678")
    assert "its gzip cannot be read (CRC check failed" in told(zipped)[str(zipped)]


def test_what_is_no_tar_is_told_as_that(tmp_path):
    path = tmp_path / "night.tar"
    assert told(path) == {str(path): "cannot be read (No such file or directory)"}
    path.write_bytes(b"")
    assert told(path)[str(path)] == "truncated tar: it has no end mark; nothing in it was read"
    path.write_text("<!DOCTYPE html><title>404</title>" * 99)
    assert told(path)[str(path)].startswith("damaged tar: no header where one belongs")
    path.unlink()
    path.mkdir()
    assert told(path) == {str(path): "cannot be read (Is a directory)"}


@pytest.mark.parametrize(
    ("name", "compress", "program"),
    [("n.tar.bz2", bz2.compress, "bzip2"), ("n.txz", lzma.compress, "xz")],
)
def test_another_compression_is_named_with_what_converts_it(
    tmp_path, spectra, name, compress, program
):
    plain = make_tar(tmp_path / "night.tar", *spectra).read_bytes()
    path = tmp_path / name
    path.write_bytes(compress(plain))
    ((what, reason),) = told(path).items()
    assert what == str(path) and f"compressed by {program}" in reason
    with pytest.raises(Rejected, match=f"compressed by {program}"):
        contents(path / "F5902/a.fits")
    command = re.search("`(.*)`", reason)[1].replace("OLD", str(path)).replace("NEW", f"{path}.new")
    subprocess.run(command, shell=True, check=True)
    assert len(told(f"{path}.new.tar.gz")) == 4
    path.write_bytes(plain)  # what it holds counts, not how it is called
    assert len(told(path)) == 4
    outer = make_tar(tmp_path / "outer.tar", (name, plain))
    assert told(outer) == {name: "a tar within a tar: not read; unpack the outer one"}
    loose = tmp_path / "a.fits.other"
    loose.write_bytes(compress(spectra[0][1]))
    with pytest.raises(Rejected, match=f"not FITS: compressed by {program}, .*`{program} -d`"):
        contents(loose)


def test_a_spectrum_that_is_gzipped_twice_is_told_as_that(tmp_path, spectra):
    path = tmp_path / "a.fits.gz"
    path.write_bytes(gzip.compress(gzip.compress(spectra[0][1])))
    with pytest.raises(Rejected, match="not FITS: gzipped twice; unzip it once"):
        contents(path)


def test_a_plain_tar_whose_first_name_begins_like_bzip2_is_read(tmp_path, spectra):
    path = make_tar(tmp_path / "night.tar", ("BZh9.fits", spectra[0][1]))
    assert told(path) == {"BZh9.fits": None}


def test_a_tar_called_fits_is_named(tmp_path, spectra):
    path = make_tar(tmp_path / "night.tar", spectra[3]).rename(tmp_path / "night.fits")
    with pytest.raises(Rejected, match=r"not FITS: a tar archive; let its name end in \.tar"):
        contents(path)


def test_a_large_member_is_passed_over_and_the_others_are_read(tmp_path, spectra):
    noise = np.random.default_rng(0).bytes(MAX_BYTES + 1)
    for name in NAMES[:2]:
        path = make_tar(tmp_path / name, spectra[0], ("large.fits", noise), spectra[1])
        assert told(path) == {
            "F5902/a.fits": None,
            "large.fits": "larger than 16 MiB: no LAMOST low-resolution spectrum is",
            "F5902/b.fits.gz": None,
        }


def test_a_gzip_bomb_is_not_read_on(tmp_path, monkeypatch, spectra):
    monkeypatch.setattr(tar_stream, "FREE_BYTES", 2 << 20)
    member = ("zeros.fits", bytes(1 << 20))
    path = make_tar(tmp_path / "night.tar.gz", spectra[0], *[member] * 40)
    found = list(members(path))
    assert found[-1].reason.startswith("unzips to 100 times its size: no LAMOST night does")
    assert "'zeros.fits' is lost" in found[-1].reason and found[0].data == spectra[0][1]
    assert 2 < len(found) < 20
    monkeypatch.setattr(tar_stream, "FREE_BYTES", 64 << 20)
    monkeypatch.setattr(tar_stream, "MAX_TAR_BYTES", 8 << 20)
    for name in NAMES[:2]:
        path = make_tar(tmp_path / name, *[member] * 40)
        found = list(members(path))
        assert "holds more than 0 GiB" in found[-1].reason and len(found) == 8


@pytest.mark.parametrize(
    ("size", "reason"),
    [
        (1 << 62, "damaged tar: a member of 4611686018427387904 bytes"),
        (-5, "damaged tar: a member of -5 bytes"),
        (5 << 30, "truncated tar"),
    ],
)
def test_a_size_that_is_a_lie_takes_no_memory(tmp_path, size, reason):
    path = tmp_path / "night.tar"
    path.write_bytes(info("a.fits", size).tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    tracemalloc.start()
    assert told(path)[str(path)].startswith(reason)
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


def test_a_header_before_a_header_is_bounded_and_chains_of_them_end(tmp_path, spectra):
    path = tmp_path / "night.tar"
    long_name = info("././@LongLink", 4 << 20, tarfile.GNUTYPE_LONGNAME)
    path.write_bytes(long_name.tobuf() + b"a" * (4 << 20) + bytes(1024))
    assert "damaged tar: a header of 4194304 bytes" in told(path)[str(path)]
    link = info("././@LongLink", 5, tarfile.GNUTYPE_LONGNAME).tobuf() + b"b.fits".ljust(512, b"\0")
    end = make_tar(tmp_path / "end.tar", spectra[0]).read_bytes()
    path.write_bytes(link * 5000 + end)
    assert told(path) == {"b.fit": None}
    name = info("././@LongLink", 5000, tarfile.GNUTYPE_LONGNAME).tobuf() + b"a" * 5120
    path.write_bytes(name + end)
    assert "damaged tar: a name of 5,000 bytes" in told(path)[str(path)]
    for records in (b"12 path=a", b"0 path=a\n", b"x path=a\n", b"99 path=a\n", b"9 pathab\n"):
        header = info("pax", len(records), tarfile.XHDTYPE).tobuf()
        path.write_bytes(header + records.ljust(512, b"\0") + end)
        assert "damaged tar: a pax header that cannot be read" in told(path)[str(path)]


@pytest.mark.parametrize("name", NAMES)
def test_how_far_a_count_is_ends_near_the_files_size(tmp_path, spectra, name):
    path = make_tar(tmp_path / name, *spectra)
    steps = []
    assert count(path, steps.append) == 4 == len(steps)
    assert min(steps) >= 0 and steps[0] > 0
    assert path.stat().st_size - (2 << 13) <= sum(steps) <= path.stat().st_size


def test_what_is_passed_over_is_not_read(tmp_path, spectra, monkeypatch):
    path = make_tar(tmp_path / "night.tar", *spectra)
    with monkeypatch.context() as patch:
        patch.setattr(tar_stream.Stream, "exactly", lambda *_: pytest.fail("it was read"))
        assert count(path) == 4
    assert [len(it.data) for it in Tar(path).run(3)] == [len(spectra[3][1])]


def test_a_run_begins_anywhere_and_the_next_goes_on(tmp_path):
    for name in NAMES[:2]:
        every = [(f"{i}.fits", b"%d" % i) for i in range(10)]
        path = make_tar(tmp_path / name, *every)
        tar = Tar(path, "told")
        assert [(it.name, it.data) for it in tar.run(2, 3)] == [
            (f"told/{i}.fits", b"%d" % i) for i in (2, 3, 4)
        ]
        assert tar.place == 5
        assert [it.data for it in tar.run(7)] == [b"7", b"8", b"9"]
        tar.close()


def test_a_tar_without_a_spectrum_is_told_as_that(tmp_path):
    path = make_tar(tmp_path / "n.tar", ("readme.txt", b"hello"))
    assert told(path) == {str(path): "a tar that holds no FITS file"}
    assert count(path) == 1
