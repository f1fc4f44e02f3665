"""What a folder holds, and how it is handed on."""

import os

from lcgan.spectra.found import batches, below, is_tar, tar_above, text_of, unpacked
from lcgan.spectra.tars import Member
from tar_files import make_tar


def test_spectra_and_tars_are_found_part_by_part_and_nothing_else(tmp_path):
    names = ["a/b.fits", "a-c.fit.gz", "night.TAR.GZ", "n.tgz", "x.tar", "a/y.FITS", "z.fits.gz"]
    names += ["o.fits.xz", "t.tar.bz2", "u.txz"]  # not read, but to be named
    for name in [*names, "notes.txt", ".hidden.fits", "a/._b.fits", "night.bz2"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "folder.fits").mkdir()
    found = [file.removeprefix(f"{tmp_path}/") for file in below(tmp_path)]
    order = ["a/b.fits", "a/y.FITS", "a-c.fit.gz", "n.tgz", "night.TAR.GZ"]
    order += ["o.fits.xz", "t.tar.bz2", "u.txz", "x.tar", "z.fits.gz"]
    assert found == order
    assert [name for name in found if is_tar(name)] == [
        *("n.tgz", "night.TAR.GZ", "t.tar.bz2", "u.txz", "x.tar")
    ]


def test_a_tars_members_stand_in_its_place(tmp_path):
    path = make_tar(tmp_path / "n.tar", ("1.fits", b"a"), ("2.fits", b"b"))
    found = list(unpacked(["a.fits", str(path), "z.fits"]))
    assert [text_of(file) for file in found] == [
        "a.fits",
        f"{path}/1.fits",
        f"{path}/2.fits",
        "z.fits",
    ]


def test_the_tar_above_a_member_is_a_file(tmp_path):
    tar = make_tar(tmp_path / "night.tar", ("a.tar/1.fits", b"a"))
    assert tar_above(f"{tar}/a.tar/1.fits") == tar
    assert tar_above(tar) is None and tar_above(tmp_path / "gone.tar/1.fits") is None
    (tmp_path / "folder.tar").mkdir()
    assert tar_above(tmp_path / "folder.tar/1.fits") is None


def test_a_batch_ends_by_number_or_by_what_its_members_take():
    files = [Member("n", bytes(size)) for size in (40, 50, 20, 200, 1)]
    sizes = [[len(it.data) for it in batch] for batch in batches(iter(files), 3, 100)]
    assert sizes == [[40, 50, 20], [200], [1]]
    assert [len(batch) for batch in batches(iter(["a.fits"] * 7), 3, 1)] == [3, 3, 1]


def test_a_name_of_any_bytes_is_text():
    assert text_of(os.fsdecode(b"n\xff.tar/\xc3\xa9.fits")) == r"n\xff.tar/é.fits"
    assert text_of(Member(os.fsdecode(b"\xff"))) == r"\xff"


def test_links_to_folders_are_followed_once_and_links_to_nothing_named(tmp_path):
    folder, other = tmp_path / "night", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    (other / "a.fits").write_bytes(b"")
    (folder / "b").symlink_to(other)
    (folder / "c").symlink_to(other)  # the same again
    (other / "back").symlink_to(folder)
    (folder / "gone.fits").symlink_to(tmp_path / "nowhere")
    (folder / "loop.fits").symlink_to(folder / "loop.fits")
    found = [file.removeprefix(f"{folder}/") for file in below(folder)]
    assert found in (["b/a.fits", "gone.fits", "loop.fits"], ["c/a.fits", "gone.fits", "loop.fits"])


def test_a_folder_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.fits").write_bytes(b"")
    real = os.scandir

    def scandir(path):
        if os.path.basename(path) == "closed":
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert below(tmp_path) == [f"{tmp_path}/a.fits", f"{tmp_path}/closed"]


def test_what_other_programs_make_of_fits_is_named(tmp_path):
    for name in ("a.fits.fz", "b.fits.Z", "c.fits.zip", "d.fit.gz.gz", "e.FTS", "f.zip"):
        (tmp_path / name).write_bytes(b"")
    assert [file[-5:] for file in below(tmp_path)] == ["ts.fz", "its.Z", "s.zip", "gz.gz", "e.FTS"]
