"""The plan: the same inputs give the same shards; nothing left out, nothing twice."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lcgan.errors import UserError
from lcgan.stages import augment
from lcgan.survey import catalogue_lines, inputs
from lcgan.survey.plan import Shard, decode, encode, make
from packed_stores import catalogue_line, make_store
from tar_files import make_tar

COLUMNS_LINE = ",".join(catalogue_lines.COLUMNS) + "\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for i in range(5):
        path = tmp_path / f"night/{i}.fits"
        path.parent.mkdir(exist_ok=True)
        path.write_text("x")
    make_store(tmp_path / "a/spectra.h5", 23)
    make_store(tmp_path / "b/spectra.h5", 10, catalogue=False)
    return tmp_path


def test_every_row_and_file_is_in_one_shard_in_the_order_of_the_inputs(here):
    paths = ["b/spectra.h5", "night", "gone.fits", "a/spectra.h5"]
    plan = make(paths, 10)
    shards = list(plan.shards())
    assert len(plan) == len(shards) == 5
    assert [shard.number for shard in shards] == list(range(5))
    assert [shard.name for shard in shards[:2]] == ["part-00000.parquet", "part-00001.parquet"]
    assert [(shard.store, shard.first, shard.size) for shard in shards] == [
        ("b/spectra.h5", 0, 10),
        (None, 0, 6),
        ("a/spectra.h5", 0, 10),
        ("a/spectra.h5", 10, 10),
        ("a/spectra.h5", 20, 3),
    ]
    assert shards[1].files == (*(f"night/{i}.fits" for i in range(5)), "gone.fits")
    assert plan.size == 39
    again = make(paths, 10)
    assert list(again.shards()) == shards and again.described() == plan.described()


def test_another_store_size_name_or_file_is_another_plan(here):
    described = make(["a/spectra.h5", "night"], 10).described()
    assert make(["a/spectra.h5", "night"], 9).described() != described
    assert make(["night", "a/spectra.h5"], 10).described() != described
    os.utime("a/spectra.h5", ns=(1, 1))
    changed = make(["a/spectra.h5", "night"], 10).described()
    assert changed != described
    Path("night/0.fits").rename("night/9.fits")
    assert make(["a/spectra.h5", "night"], 10).described() != changed


def test_a_tar_is_cut_into_shards_of_its_members_and_loose_files_stay_beside_it(here):
    make_tar(here / "night/2a.tar.gz", *((f"{i}.fits", b"x") for i in range(23)))
    make_tar(here / "z.tar", *((f"{i}.fits", b"x") for i in range(3)))
    plan = make(["night", "z.tar", "night/2a.tar.gz", "gone.tar"], 10)
    shards = list(plan.shards())
    assert [(shard.tar, shard.first, shard.size, len(shard.files)) for shard in shards] == [
        (None, 0, 3, 3),
        ("night/2a.tar.gz", 0, 10, 0),
        ("night/2a.tar.gz", 10, 10, 0),
        ("night/2a.tar.gz", 20, 3, 0),
        (None, 0, 2, 2),
        ("z.tar", 0, 3, 0),
        ("gone.tar", 0, 1, 0),
    ]
    assert [shard.number for shard in shards] == list(range(7)) and len(plan) == 7
    assert [each["kind"] for each in plan.described()["inputs"]] == [
        *("files", "tar", "files", "tar", "tar")
    ]
    assert decode(encode(shards[1])) == shards[1]
    assert plan.changed() is None
    os.utime("z.tar", ns=(1, 1))
    assert plan.changed() == "z.tar"
    assert make(["z.tar"], 10).described() != make(["night/2a.tar.gz"], 10).described()


class Terminal(io.StringIO):
    """What somebody reads."""

    def isatty(self):
        return True


@pytest.mark.parametrize("least", [0, 1 << 40])
def test_large_tars_are_counted_with_a_bar_and_small_ones_without(here, monkeypatch, least):
    monkeypatch.setattr(inputs, "MANY_BYTES", least)
    noise = np.random.default_rng(0).bytes(60_000)
    for name in ("a.tar", "b.tar.gz"):
        make_tar(here / name, *((f"{i}.fits", noise) for i in range(3)))
    for tars in (["a.tar"], ["a.tar", "b.tar.gz", "gone.tar"]):
        monkeypatch.setattr(sys, "stderr", Terminal())
        assert inputs.counted(tars) == [3, 3, 1][: len(tars)]
        shown = sys.stderr.getvalue()
        assert ("count: 100%" in shown or "count:  9" in shown) == (least == 0), shown


def test_nothing_to_score_is_refused(here):
    Path("empty").mkdir()
    with pytest.raises(UserError, match=r"empty: no file ends in \.fits"):
        make(["empty"])
    make_store(here / "c/spectra.h5", 0)
    with pytest.raises(UserError, match=r"c/spectra\.h5: holds no spectra"):
        make(["c/spectra.h5"])
    with pytest.raises(UserError, match=r"--shard-size 0: at least one"):
        make(["night"], 0)


def test_a_shard_is_text_and_back_whatever_its_files_are_called():
    shard = Shard(7, 2, files=(os.fsdecode(b"spec\xff.fits"), 'a "b".fits'))
    assert decode(encode(shard)) == shard
    shard = Shard(8, 10, "spectra.h5", 30, 999)
    assert decode(encode(shard)) == shard and encode(shard).isascii()


def test_a_slice_of_the_catalogue_is_its_rows(here):
    path = here / "a/catalogue.csv"
    starts = list(catalogue_lines.starts(path, 23, 10))
    text = path.read_bytes()
    assert [text[start:].split(b",")[0] for start in starts] == [b"0", b"10", b"20"]
    table = catalogue_lines.read(path, starts[1], 10, 10)
    assert table.columns.tolist() == ["path", "obsid", "snr", "z", "ra", "dec"]
    assert table["path"].tolist() == [f"night/spec-{row:05}.fits.gz" for row in range(10, 20)]
    assert table["obsid"].fillna(0).tolist() == [
        0 if r % 3 == 0 else 1000 + r for r in range(10, 20)
    ]
    assert table["snr"].isna().tolist() == [row % 4 == 0 for row in range(10, 20)]
    assert table["ra"].tolist() == [100 + row / 16 for row in range(10, 20)]


def test_a_line_break_in_a_file_name_is_no_line(tmp_path):
    path = tmp_path / "catalogue.csv"
    lines = [
        catalogue_line(row, '"odd\nname, ""x"".fits"' if row in (1, 3) else None)
        for row in range(5)
    ]
    path.write_text(COLUMNS_LINE + "\n".join(lines) + "\n")
    starts = list(catalogue_lines.starts(path, 5, 2))
    assert len(starts) == 3
    table = catalogue_lines.read(path, starts[1], 2, 2)
    assert table["path"].tolist() == ["night/spec-00002.fits.gz", 'odd\nname, "x".fits']
    assert catalogue_lines.read(path, starts[2], 4, 1)["path"].tolist() == [
        "night/spec-00004.fits.gz"
    ]


def test_a_catalogue_of_another_store_is_refused(here):
    with pytest.raises(UserError, match=r"has 23 lines, the store beside it 24 spectra"):
        list(catalogue_lines.starts(here / "a/catalogue.csv", 24, 10))
    with pytest.raises(UserError, match=r"has 23 lines, the store beside it 22 spectra"):
        list(catalogue_lines.starts(here / "a/catalogue.csv", 22, 10))
    start = next(catalogue_lines.starts(here / "a/catalogue.csv", 23, 10))
    with pytest.raises(UserError, match="not in the store's order"):
        catalogue_lines.read(here / "a/catalogue.csv", start, 1, 5)


def test_another_catalogue_or_none_is_another_plan(here):
    described = make(["a/spectra.h5"], 10).described()
    os.utime("a/catalogue.csv", ns=(1, 1))
    changed = make(["a/spectra.h5"], 10).described()
    assert changed != described
    Path("a/catalogue.csv").rename("a/away.csv")
    assert make(["a/spectra.h5"], 10).described() not in (described, changed)


def test_a_file_in_another_state_is_another_plan(here):
    described = make(["night", "gone.fits"], 10).described()
    assert make(["night", "gone.fits"], 10).described() == described
    Path("night/0.fits").write_text("the whole of it")
    changed = make(["night", "gone.fits"], 10).described()
    assert changed != described
    Path("gone.fits").write_text("x")
    assert make(["night", "gone.fits"], 10).described() != changed


def test_what_is_named_twice_is_scored_once(here):
    paths = ["night", "a/spectra.h5", f"{here}/night/0.fits", "./a/spectra.h5", "night", "b/x.fits"]
    plan = make(paths, 10)
    assert [(each.name, each.size) for each in plan.inputs] == [
        ("night", 5),
        ("a/spectra.h5", 23),
        (f"{here}/night/0.fits night b/x.fits", 1),
    ]
    assert plan.inputs[2].files == ("b/x.fits",)
    assert len(make(["night", "a/spectra.h5", "night"], 10).inputs) == 2


def test_a_pattern_may_name_stores(here):
    plan = make(["*/spectra.h5", "night/*"], 10)
    assert [(each.name, each.size) for each in plan.inputs] == [
        ("a/spectra.h5", 23),
        ("b/spectra.h5", 10),
        ("night/*", 5),
    ]


@pytest.mark.parametrize("name", ["gone/spectra.h5", "gone/*.h5", "night/text.h5"])
def test_a_store_that_is_none_is_refused(here, name):
    Path("night/text.h5").write_text("not HDF5")
    with pytest.raises(UserError) as refused:
        make(["a/spectra.h5", name])
    assert str(refused.value) == f"{name}: no packed store is there; mend the name, or leave it out"


def test_hdf5_that_is_no_packed_store_or_on_another_grid_is_refused(here):
    import h5py

    with h5py.File("weights.h5", "w") as file:
        file["layers"] = [1.0]
    with h5py.File("b/spectra.h5", "a") as file:
        file.attrs["grid_hash"] = "another"
    for name in ("weights.h5", "b/spectra.h5"):
        with pytest.raises(UserError, match=f"^{name}: no packed store of this project's grid"):
            make(["a/spectra.h5", name])


def test_a_store_of_augment_is_scored_by_its_rows_alone(here):
    """Its catalogue has other columns: no file, no OBSID."""
    path = make_store(here / "augmented/spectra.h5", 12, catalogue=False)
    table = pd.DataFrame(0, index=range(12), columns=list(augment.COLUMNS))
    table.to_csv(path.with_name("catalogue.csv"), index=False)
    shards = list(make(["augmented/spectra.h5"], 10).shards())
    assert [(shard.size, shard.catalogue) for shard in shards] == [(10, None), (2, None)]
    assert next(make(["a/spectra.h5"], 30).shards()).catalogue == len(COLUMNS_LINE)
