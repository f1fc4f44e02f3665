"""`lcgan score`: parts and manifest, resumed after a kill, refused where another run lies."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from lcgan.cli import app
from packed_stores import make_store


@pytest.fixture
def here(own_store):
    make_store(own_store / "a/spectra.h5", 130)
    make_store(own_store / "b/spectra.h5", 70, seed=1)
    return own_store


@pytest.fixture
def score(here, small_model):
    def run(*words, out="out", size=50):
        options = ["--out", out, "--model", small_model, "--shard-size", size]
        return CliRunner().invoke(app, ["score", *map(str, [*words, *options])])

    return run


def parts(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("part-*"))}


def test_parts_and_manifest_hold_every_spectrum_in_the_order_of_the_inputs(score):
    done = score("b/spectra.h5", "a/spectra.h5", "--workers", 1)
    assert done.exit_code == 0, done.output
    assert "200 of 200 spectra scored by" in done.output
    assert "out/manifest.json and 5 parts" in done.output
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert manifest["complete"] and manifest["spectra"] == 200 and manifest["rejected"] == 0
    assert [line["spectra"] for line in manifest["shards"]] == [50, 20, 50, 50, 30]
    assert [each["name"] for each in manifest["inputs"]] == ["b/spectra.h5", "a/spectra.h5"]
    table = pd.concat([pd.read_parquet(f"out/{line['file']}") for line in manifest["shards"]])
    expected = [f"night/spec-{row:05}.fits.gz" for n in (70, 130) for row in range(n)]
    assert table["path"].tolist() == expected
    assert table["class"].value_counts().to_dict() == manifest["called"]
    assert table["p_O"].nunique() > 190
    assert sorted(path.name for path in Path("out").iterdir()) == sorted(
        [".lock", "manifest.json", "model", *parts("out")]
    )


def test_the_number_of_workers_changes_no_byte_and_files_can_be_mixed_in(score, here, lamost_file):
    lamost_file(here / "night/1.fits", OBSID=5)
    (here / "night/2.fits").write_text("not a spectrum")
    assert score("a/spectra.h5", "night", out="one", size=20).exit_code == 0
    done = score("a/spectra.h5", "night", "--workers", 3, out="three", size=20)
    assert done.exit_code == 0, done.output
    assert parts("one") == parts("three") and len(parts("one")) == 8
    assert Path("one/manifest.json").read_bytes() == Path("three/manifest.json").read_bytes()
    last = pd.read_parquet("one/part-00007.parquet")
    assert last["status"].tolist() == ["ok", "rejected"] and last["obsid"].tolist()[0] == 5
    assert "131 of 132 spectra" in done.output


def test_a_second_run_does_nothing_again(score):
    first = score("a/spectra.h5")
    before = {path.name: path.stat().st_ino for path in Path("out").glob("part-*")}
    Path("out/part-00001.parquet").unlink()
    Path("out/.part-00001.parquet.123.part").write_text("half written")
    again = score("a/spectra.h5")
    assert again.output == first.output and again.exit_code == 0
    after = {path.name: path.stat().st_ino for path in Path("out").glob("part-*")}
    assert {name for name in after if after[name] == before[name]} >= {
        "part-00000.parquet",
        "part-00002.parquet",
    }
    assert list(Path("out").glob(".*.part")) == []


@pytest.mark.parametrize(
    ("words", "size", "what"),
    [
        (["b/spectra.h5"], 50, "inputs"),
        (["a/spectra.h5"], 60, "--shard-size"),
        (["a/spectra.h5", "--precision", "int8"], 50, "--precision"),
        (["b/spectra.h5", "--precision", "int8"], 60, "inputs, --shard-size, --precision"),
    ],
)
def test_another_run_in_the_same_folder_is_refused_in_one_line(score, words, size, what):
    assert score("a/spectra.h5").exit_code == 0
    before = parts("out")
    done = score(*words, size=size)
    assert done.exit_code == 1
    assert done.output == (
        f"lcgan: --out out: holds another run's scores ({what} differ); name another folder, or "
        "remove it\n"
    )
    assert parts("out") == before


def test_another_model_in_the_same_folder_is_refused(score, small_model, tmp_path):
    import shutil

    assert score("a/spectra.h5").exit_code == 0
    other = tmp_path / "other"
    shutil.copytree(small_model, other)
    settings = other / "data/model/settings.json"
    settings.write_text(settings.read_text().replace("0.35", "0.3"))
    words = ["a/spectra.h5", "--out", "out", "--model", other, "--shard-size", 50]
    done = CliRunner().invoke(app, ["score", *map(str, words)])
    assert done.exit_code == 1 and "another run's scores (model differ)" in done.output


def test_two_runs_in_one_folder_at_once_are_refused(score):
    import fcntl

    Path("out").mkdir()
    with open("out/.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = score("a/spectra.h5")
    assert done.output == "lcgan: --out out: another `lcgan score` is at work there\n"


def test_a_bad_store_does_not_lose_the_others(score):
    import h5py

    with h5py.File("b/spectra.h5", "a") as file:
        del file["mask"]
    done = score("b/spectra.h5", "a/spectra.h5")
    assert done.exit_code == 1
    assert "score: part-00000.parquet: b/spectra.h5: " in done.output
    assert "2 of 5 shards failed: run it again" in done.output
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert not manifest["complete"] and manifest["spectra"] == 130
    assert [line["file"] for line in manifest["failed"]] == [
        f"part-0000{i}.parquet" for i in (0, 1)
    ]
    assert len(parts("out")) == 3


def test_where_nothing_can_be_used_the_exit_status_is_1(score, here):
    (here / "night").mkdir()
    (here / "night/2.fits").write_text("not a spectrum")
    done = score("night")
    assert done.exit_code == 1
    assert "no spectrum could be used, night/2.fits: not FITS: text" in done.output


def test_what_is_not_there_is_told_and_leaves_no_folder(score, here):
    (here / "20111024.tar").write_bytes(bytes(10240))
    for word in ("nihgt", "n*.fits"):
        done = score(word)
        assert done.exit_code == 1 and not Path("out").exists()
        assert done.output == f"lcgan: {word}: not there; mend the name\n"
    done = score("20111024.tar/a.fits")
    assert done.exit_code == 1 and "no spectrum could be used, 20111024.tar/a" in done.output


def test_a_folder_that_holds_no_part_is_free(score):
    Path("out").mkdir()
    Path("out/manifest.json").write_text(json.dumps({"inputs": ["of a run that did not begin"]}))
    assert score("a/spectra.h5").exit_code == 0
    assert json.loads(Path("out/manifest.json").read_text())["complete"]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--precision", "int4"], "--precision int4: not known; use one of float32, int8"),
        (["--engine", "slurm"], "--engine slurm: not known; use one of local, ray"),
        (["--workers", "0"], "--workers 0: at least one is needed"),
        (["--address", "auto"], "--address auto: only --engine ray has one; add it"),
    ],
)
def test_wrong_options_are_refused_before_any_work(score, words, line):
    done = score("a/spectra.h5", *words)
    assert done.exit_code == 1 and done.output == f"lcgan: {line}\n"
    assert not Path("out").exists()


def test_a_model_without_a_network_for_openvino_is_refused(score, small_model, tmp_path):
    import shutil

    old = tmp_path / "old"
    shutil.copytree(small_model, old)
    (old / "data/model/network.xml").unlink()
    words = ["a/spectra.h5", "--out", "out", "--model", old]
    done = CliRunner().invoke(app, ["score", *map(str, words)])
    assert done.exit_code == 1 and done.output.count("\n") == 1
    assert "holds no network for OpenVINO" in done.output
    done = CliRunner().invoke(app, ["score", *map(str, [*words[:-1], "nowhere"])])
    assert done.exit_code == 1 and done.output.count("\n") == 1
    assert done.output.startswith("lcgan: --model nowhere: cannot be loaded (")


def test_killed_midway_and_run_again_gives_the_same_files(score, here, small_model):
    make_store(here / "c/spectra.h5", 3000)
    words = ["c/spectra.h5", "--out", "killed", "--model", str(small_model), "--shard-size", "30"]
    run = [sys.executable, "-m", "lcgan.cli", "score", *words, "--workers", "1"]
    started = subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(parts("killed")) < 3:
        assert started.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(started.pid, signal.SIGKILL)
    started.wait()
    time.sleep(1)  # its worker ends by itself
    made = {path: path.stat().st_ino for path in Path("killed").glob("part-*")}
    assert 3 <= len(made) < 100
    assert not json.loads(Path("killed/manifest.json").read_text())["complete"]
    assert score("c/spectra.h5", out="killed", size=30).exit_code == 0
    assert {path: path.stat().st_ino for path in made} == made
    assert score("c/spectra.h5", out="whole", size=30).exit_code == 0
    assert parts("killed") == parts("whole") and len(parts("whole")) == 100
    whole = Path("whole/manifest.json").read_bytes()
    assert Path("killed/manifest.json").read_bytes() == whole


def test_a_model_left_by_another_run_is_not_scored_with(score, small_model, tmp_path):
    import shutil

    assert score("a/spectra.h5").exit_code == 0
    other = tmp_path / "other"
    shutil.copytree(small_model, other)
    settings = other / "data/model/settings.json"
    settings.write_text(settings.read_text().replace("0.35", "0.3"))
    for path in [*Path("out").glob("part-*"), Path("out/manifest.json")]:
        path.unlink()
    words = ["a/spectra.h5", "--out", "out", "--model", other, "--shard-size", 50]
    done = CliRunner().invoke(app, ["score", *map(str, words)])
    assert done.exit_code == 1 and parts("out") == {}
    assert done.output == "lcgan: --out out: model there is not the one asked for; remove it\n"
    assert not Path("out/manifest.json").exists()
    shutil.rmtree("out/model")
    assert CliRunner().invoke(app, ["score", *map(str, words)]).exit_code == 0


def test_a_part_that_the_disk_lost_and_a_killed_runs_scratch_are_made_good(score):
    assert score("a/spectra.h5").exit_code == 0
    before = parts("out")
    whole = before["part-00000.parquet"]
    Path("out/part-00000.parquet").write_bytes(whole[:4] + bytes(1496) + whole[1500:])
    Path("out/.model-killed").mkdir()
    done = score("a/spectra.h5")
    assert done.exit_code == 0, done.output
    assert parts("out") == before
    assert not list(Path("out").glob(".model-*"))


def test_a_store_that_changes_meanwhile_is_told_and_not_called_complete(score, monkeypatch):
    from lcgan import score as module

    scored = module._scored

    def replaced(*words):
        found = scored(*words)
        make_store(Path("a/spectra.h5"), 130, seed=7)
        return found

    monkeypatch.setattr(module, "_scored", replaced)
    done = score("b/spectra.h5", "a/spectra.h5")
    assert done.exit_code == 1
    assert done.output == (
        "lcgan: a/spectra.h5: changed while it was scored; remove out and run it again\n"
    )
    assert not json.loads(Path("out/manifest.json").read_text())["complete"]
