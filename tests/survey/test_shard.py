"""One shard: the rows of a store and of files, whatever is wrong with some of them."""

import multiprocessing

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from lcgan.classify import classified
from lcgan.errors import UserError
from lcgan.evidence.columns import COLUMNS as EVIDENCE
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise
from lcgan.survey import local, shard
from lcgan.survey.models import fetch
from lcgan.survey.plan import make
from lcgan.tracking.served import load
from packed_stores import flux_of, make_store
from tar_files import make_tar

PROBABILITIES = ["p_O", "p_F", "p_G", "p_K"]
CALIBRATED = [f"calibrated_{name}" for name in "OFGK"]
COLUMNS = ["path", "obsid", "status", "reason", "class", *PROBABILITIES, *CALIBRATED]
COLUMNS += ["snr", "ra", "dec"]


@pytest.fixture
def here(own_store, small_model):
    fetch(str(small_model), own_store / "out/model")
    return own_store


def scorer(folder, precision="float32"):
    return shard.Scorer(folder / "out", "a plan", precision, folder)


def table_of(folder, line):
    return pq.read_table(folder / "out" / line["file"]).to_pandas()


def test_a_row_of_a_store_has_the_networks_answer_and_its_catalogues_line(here):
    make_store(here / "spectra.h5", 300)
    shards = list(make(["spectra.h5"], 140).shards())
    lines = [scorer(here).score(each) for each in shards]
    assert [line["spectra"] for line in lines] == [140, 140, 20]
    table = table_of(here, lines[1])
    assert table.columns.tolist() == COLUMNS
    expected = load(here / "out/model").network(standardise(flux_of(300)))
    assert expected.std(axis=0).max() > 0.05
    found = table[["p_O", "p_F", "p_G", "p_K"]].to_numpy()
    assert found.dtype == np.float32 and np.array_equal(found, expected[140:280])
    assert (table["class"] == np.array(list("OFGK"))[expected[140:280].argmax(axis=1)]).all()
    assert (table["status"] == "ok").all() and table["reason"].isna().all()
    assert table["path"].tolist() == [f"night/spec-{row:05}.fits.gz" for row in range(140, 280)]
    assert table["obsid"].isna().tolist() == [row % 3 == 0 for row in range(140, 280)]
    assert table["snr"].isna().tolist() == [row % 4 == 0 for row in range(140, 280)]
    assert table["ra"].tolist() == [100 + row / 16 for row in range(140, 280)]
    counted = table["class"].value_counts().to_dict()
    assert lines[1]["called"] == counted and lines[1]["rejected"] == 0


def test_rows_that_cannot_be_scored_say_why_and_change_no_other(here):
    hidden = np.zeros(3700, np.uint8)
    hidden[:1500] = 1
    make_store(here / "good.h5", 40, catalogue=False)
    spoilt = {"flux": {3: 0, 17: np.nan}, "mask": {5: hidden}}
    make_store(here / "spoilt.h5", 40, catalogue=False, **spoilt)
    good, bad = make(["good.h5", "spoilt.h5"], 100).shards()
    whole = table_of(here, scorer(here).score(good))
    line = scorer(here).score(bad)
    table = table_of(here, line)
    assert line["rejected"] == 3 and sum(line["called"].values()) == 37
    reasons = table["reason"][table["status"] == "rejected"].to_dict()
    assert reasons == {
        3: "all-zero flux",
        17: "flux is not finite",
        5: "1,500 of 3,700 pixels between 3700 and 8671 Å have no data; at most 35% may",
    }
    assert table.loc[[3, 5, 17], ["class", "p_O", "p_K"]].isna().all(axis=None)
    assert table["path"][17] == "spoilt.h5#17" and table["obsid"].isna().all()
    others = table.drop(index=[3, 5, 17]).drop(columns="path")
    assert others.equals(whole.drop(index=[3, 5, 17]).drop(columns="path"))


def test_a_file_has_the_row_that_classify_gives_it(here, lamost_file):
    pixel = np.arange(3909)
    for i in range(4):
        flux = 1000 * np.exp((i - 2) * pixel / 3000)
        lamost_file(here / f"night/{i}.fits", ("old", "new")[i % 2], flux=flux, OBSID=50 + i)
    lamost_file(here / "night/9.fits", flux=np.zeros(3909))
    (here / "night/text.fits").write_text("not a spectrum")
    (only,) = make(["night", "gone.fits"], 100).shards()
    table = table_of(here, scorer(here).score(only))
    assert table["status"].tolist() == ["ok"] * 4 + ["rejected"] * 3
    names = PROBABILITIES
    files = [here / name for name in only.files]
    rows = classified(files, load(here / "out/model").predict, names)
    found_rows = pq.read_table(here / "out" / only.name).to_pylist()
    for row, found in zip(rows, found_rows, strict=True):
        assert found["path"] == row["path"].removeprefix(f"{here}/")
        assert found["reason"] == row["reason"] and found["class"] == row["class"]
        if row["status"] == "ok":
            assert [found[name] for name in names] == [row[name] for name in names]
            assert found["obsid"] == row["obsid"] and found["ra"] == row["ra"]
    assert table["reason"][6] == "cannot be read (No such file or directory)"


def test_a_tars_members_have_the_rows_of_the_same_files_loose(here, lamost_file):
    pixel = np.arange(3909)
    pairs = []
    for i in range(70):
        flux = 1000 * np.exp((i - 35) * pixel / 50000)
        path = lamost_file(here / f"night/{i:02}.fits", ("old", "new")[i % 2], flux=flux, OBSID=i)
        pairs.append((path.name, path.read_bytes()))
    pairs[7] = ("07.fits", b"not a spectrum")
    (here / "night/07.fits").write_bytes(b"not a spectrum")
    for name in ("night.tar", "night.tgz"):
        make_tar(here / name, *pairs)
        shards = list(make([name], 30).shards())
        by_turns = scorer(here)
        order = (0, 2, 1)  # on from where it stopped, then back
        lines = {number: by_turns.score(shards[number]) for number in order}
        table = pd.concat([table_of(here, lines[number]) for number in range(3)])
        for line in lines.values():
            (here / "out" / line["file"]).unlink()
        (only,) = make(["night"], 100).shards()
        loose = table_of(here, scorer(here).score(only))
        (here / "out" / only.name).unlink()
        assert table["path"].tolist() == [f"{name}/{i:02}.fits" for i in range(70)]
        assert loose["status"].tolist().count("rejected") == 1
        numbers = [*PROBABILITIES, *CALIBRATED]
        assert np.allclose(table[numbers], loose[numbers], atol=1e-5, equal_nan=True)
        others = [column for column in COLUMNS if column not in ("path", *numbers)]
        assert table[others].reset_index(drop=True).equals(loose[others])


def test_a_tar_that_went_away_or_changed_fails_its_shards_and_keeps_nothing(here, lamost_file):
    data = lamost_file(here / "a.fits").read_bytes()
    path = make_tar(here / "night.tar", *((f"{i}.fits", data) for i in range(5)))
    first, second = make(["night.tar"], 3).shards()
    path.rename(here / "away.tar")
    reason = local.attempt(scorer(here), first)["reason"]
    assert reason.startswith("night.tar: cannot be read (No such file or directory), nor can any")
    make_tar(here / "night.tar", ("0.fits", data), ("1.fits", data), ("2.fits", data))
    assert scorer(here).score(first)["rejected"] == 0
    assert local.attempt(scorer(here), second)["reason"].startswith("night.tar: it changed, nor")
    assert not (here / "out" / second.name).exists()
    make_tar(here / "night.tar", *((f"{i}.fits", data) for i in range(4)))
    assert "it changed" in local.attempt(scorer(here), second)["reason"]
    assert not (here / "out" / second.name).exists()


def test_evidence_of_a_store_is_what_the_model_says_of_its_spectra(here):
    spoilt = {"flux": {3: np.zeros(3700)}}
    make_store(here / "spectra.h5", 40, **spoilt)
    (only,) = make(["spectra.h5"], 100).shards()
    asked = shard.Scorer(here / "out", "a plan", "float32", here, True)
    table = table_of(here, asked.score(only))
    assert table.columns.tolist() == [*COLUMNS, "z", *EVIDENCE]
    model, grid = load(here / "out/model"), wavelength_grid()
    flux = flux_of(40)
    flux[3] = 0
    rows = pd.DataFrame({"flux": list(flux), "ivar": [np.ones(3700)] * 40})
    expected = model.predict(rows.assign(wavelength=[grid] * 40), {"evidence": True})
    for name, kind in EVIDENCE.items():
        if kind is float:
            numbers = expected[name].astype(float)
            assert table[name].to_numpy() == pytest.approx(numbers, rel=1e-3, nan_ok=True), name
        else:
            said, wanted = (of[name].astype(object) for of in (table, expected))
            assert said.fillna("").tolist() == wanted.fillna("").tolist(), name
    assert table.loc[3, list(EVIDENCE)].isna().all()
    assert table["outlier"].notna().sum() == 39
    path = here / "out" / only.name
    path.unlink()
    plain = table_of(here, scorer(here).score(only))
    assert plain.equals(table[COLUMNS]), "asking for evidence changes no answer"


def test_in_8_bits_the_answers_differ_a_little(here):
    make_store(here / "spectra.h5", 100)
    (only,) = make(["spectra.h5"], 100).shards()
    exact = table_of(here, scorer(here).score(only))
    (here / "out" / only.name).unlink()
    rounded = table_of(here, scorer(here, "int8").score(only))
    change = (exact["p_O"] - rounded["p_O"]).abs()
    assert 0 < change.mean() < 0.05
    assert exact["path"].equals(rounded["path"])


def test_a_part_of_the_plan_is_kept_and_one_of_another_is_not(here):
    make_store(here / "spectra.h5", 30)
    (only,) = make(["spectra.h5"], 100).shards()
    first = scorer(here).score(only)
    path = here / "out" / only.name
    inode = path.stat().st_ino
    assert scorer(here).score(only) == first and path.stat().st_ino == inode
    other = shard.Scorer(here / "out", "another plan", "float32", here)
    assert other.score(only)["md5"] != first["md5"]
    assert path.stat().st_ino != inode
    assert shard.kept(path, "another plan")["spectra"] == 30 and shard.kept(path, "a plan") is None
    path.write_bytes(path.read_bytes()[:-9])
    assert shard.kept(path, "another plan") is None


def test_a_store_that_cannot_be_read_is_one_shards_reason(here):
    import h5py

    make_store(here / "spectra.h5", 30)
    with h5py.File(here / "spectra.h5", "a") as file:
        del file["mask"]
    (only,) = make(["spectra.h5"], 100).shards()
    with pytest.raises(UserError, match=r"^spectra\.h5: .*mask.*run `dvc repro ingest` again$"):
        scorer(here).score(only)
    line = local.attempt(scorer(here), only)
    assert line["file"] == only.name and "spectra.h5" in line["reason"]
    assert list((here / "out").glob("*.part*")) == list((here / "out").glob(".*part*")) == []


def test_a_killed_worker_takes_one_shard_with_it_and_is_replaced(here):
    make_store(here / "spectra.h5", 400)
    shards = make(["spectra.h5"], 50).shards()

    def killing():
        yield next(shards)
        for process in multiprocessing.active_children():  # the worker with the first shard
            process.kill()
        yield from shards

    lines = list(local.score(killing(), 2, here / "out", "a plan", "float32", here))
    assert sorted(line["file"] for line in lines) == [f"part-{i:05}.parquet" for i in range(8)]
    (killed,) = (line for line in lines if "reason" in line)
    assert killed == {"file": "part-00000.parquet", "reason": local.KILLED}
    assert len(list((here / "out").glob("part-*"))) == 7


def test_a_model_that_cannot_be_loaded_is_told_as_that(here, capfd):
    make_store(here / "spectra.h5", 20)
    (here / "out/model/settings.json").unlink()
    shards = make(["spectra.h5"], 10).shards()
    lines = list(local.score(shards, 1, here / "out", "a plan", "float32", here))
    assert len(lines) == 2
    assert all("settings.json" in line["reason"] for line in lines), lines
    assert "Traceback" not in capfd.readouterr().err


def test_a_number_that_no_column_holds_does_not_lose_the_other_files(here, lamost_file):
    lamost_file(here / "night/1.fits", OBSID=5)
    lamost_file(here / "night/2.fits", OBSID=1e30)
    (only,) = make(["night"], 100).shards()
    table = table_of(here, scorer(here).score(only))
    assert table["status"].tolist() == ["ok", "ok"]
    assert table["obsid"].isna().tolist() == [False, True] and table["obsid"][0] == 5


def test_files_none_of_which_can_be_read_here_fail_and_are_not_kept(here, lamost_file):
    for i in range(3):
        lamost_file(here / f"night/{i}.fits", OBSID=i)
    (only,) = make(["night"], 100).shards()
    (here / "night").rename(here / "away")  # as a folder that is not mounted on this node
    line = local.attempt(scorer(here), only)
    assert line[
        "reason"
    ] == "night/0.fits: cannot be read (No such file or directory), nor can " + (
        "any other of this part's 3 files; is their folder there?"
    )
    assert not (here / "out" / only.name).exists()
    (here / "away").rename(here / "night")
    assert scorer(here).score(only)["rejected"] == 0
