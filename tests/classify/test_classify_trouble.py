"""`lcgan classify` where something is wrong: one line, a row with a reason, an exit status."""

import bz2
import os

import pandas as pd
import pytest
from classify_command import lcgan

from lcgan import classify as module
from lcgan.classify import ordered
from lcgan.spectra import lamost
from lcgan.spectra.found import text_of
from lcgan.tracking import store
from tar_files import make_tar


def test_a_night_by_bzip2_is_a_row_that_says_how_to_convert_it(model, folder):
    (folder / "night.tar.bz2").write_bytes(bz2.compress(b"a tar"))
    done = lcgan("spectra", "--out", "table.csv")
    assert "7 of 12 files classified" in done.output
    reasons = pd.read_csv("table.csv").set_index("path")["reason"]
    assert "`bzip2 -dc OLD | gzip > NEW.tar.gz`" in reasons["spectra/night.tar.bz2"]


def test_a_missing_file_is_a_row_and_the_others_are_classified(model, folder):
    done = lcgan("spectra/dr1.fits", "gone.fits", "--out", "table.csv")
    assert done.exit_code == 0, done.output
    table = pd.read_csv("table.csv")
    assert table["status"].tolist() == ["ok", "rejected"]
    assert table["reason"][1] == "cannot be read (No such file or directory)"


def test_where_nothing_can_be_read_the_table_says_why_and_the_exit_status_is_1(model, folder):
    done = lcgan("spectra/zero.fits", "spectra/text.fits", "--out", "table.csv")
    assert done.exit_code == 1
    assert "none of 2 files could be used" in done.output and "all-zero flux" in done.output
    assert pd.read_csv("table.csv")["status"].tolist() == ["rejected"] * 2


@pytest.mark.parametrize("name", ["table.txt", "table", "table.csv.gz", "table.fits"])
def test_another_suffix_is_refused_before_any_work(own_store, folder, name, monkeypatch):
    monkeypatch.setattr(module, "load", lambda uri: pytest.fail("the model was loaded"))
    done = lcgan("spectra", "--out", name)
    assert done.exit_code == 1
    assert done.output == f"lcgan: --out {name}: the table can be .csv or .parquet; name it so\n"


def test_an_output_that_cannot_be_written_is_refused_before_any_work(
    own_store, folder, monkeypatch
):
    monkeypatch.setattr(module, "load", lambda uri: pytest.fail("the model was loaded"))
    done = lcgan("spectra", "--out", "spectra/text.fits/table.csv")
    assert done.exit_code == 1 and "--out spectra/text.fits/table.csv: cannot be" in done.output
    (own_store / "folder.csv").mkdir()
    assert "is a folder; name a file" in lcgan("spectra", "--out", "folder.csv").output


def test_an_empty_folder_and_a_missing_model_are_said_in_one_line(own_store, folder):
    (own_store / "empty").mkdir()
    done = lcgan("empty", "--out", "table.csv")
    assert done.exit_code == 1 and done.output.startswith("lcgan: empty: no file ends in .fits")
    done = lcgan("spectra", "--out", "table.csv")
    assert done.exit_code == 1
    assert done.output.startswith("lcgan: no registered model 'o-star' here; run `make survey`")
    assert not (own_store / "mlflow.db").exists(), "asking makes no store"
    done = lcgan("spectra", "--out", "table.csv", "--model", "nowhere/model")
    assert done.exit_code == 1 and done.output.count("\n") == 1
    assert done.output.startswith("lcgan: --model nowhere/model: cannot be loaded (")
    assert not (own_store / "table.csv").exists()


def test_a_file_name_of_any_bytes_can_be_told(own_store):
    name = os.fsdecode(b"spec\xff.fits")
    row = {"path": text_of(own_store / name), "status": "ok", "p_O": 0.5}
    module.write(ordered([row], ["p_O"]), own_store / "table.parquet")
    module.write(ordered([row], ["p_O"]), own_store / "table.csv")
    assert pd.read_parquet("table.parquet")["path"][0].endswith(r"spec\xff.fits")


def test_an_interrupt_leaves_the_old_table_and_nothing_else(model, folder, monkeypatch):
    def interrupted(path):
        if path.name == "zero.fits":
            raise KeyboardInterrupt
        return read(path)

    read = lamost.read
    monkeypatch.setattr(lamost, "read", interrupted)
    (folder.parent / "table.csv").write_text("old")
    before = sorted(path.name for path in folder.parent.iterdir())
    done = lcgan("spectra", "--out", "table.csv")
    assert done.exit_code == 130
    assert "lcgan: interrupted; nothing is half written" in done.output
    assert (folder.parent / "table.csv").read_text() == "old"
    assert sorted(path.name for path in folder.parent.iterdir()) == before


def test_a_spectrum_that_the_model_refuses_alone_is_a_row(model, folder):
    done = lcgan("spectra/half.fits", "--out", "table.csv")
    assert done.exit_code == 1 and "none of 1 file could be used" in done.output
    assert "have no data" in pd.read_csv("table.csv")["reason"][0]


def test_an_impossible_redshift_costs_no_row(model, lamost_file, tmp_path):
    for number, z in enumerate((0.001, -2.0, -9998.0)):
        lamost_file(tmp_path / f"{number}.fits", OBSID=number, Z=z)
    done = lcgan(*(f"{number}.fits" for number in range(3)), "--out", "table.csv")
    assert done.exit_code == 0, done.output
    table = pd.read_csv("table.csv").set_index("path")
    assert (table["status"] == "ok").all()
    assert table["z"].isna().to_dict() == {"0.fits": False, "1.fits": True, "2.fits": True}


def test_a_tar_without_spectra_is_a_row(model, tmp_path):
    make_tar(tmp_path / "night.tar", ("readme.txt", b"hello"))
    done = lcgan("night.tar", "--out", "table.csv")
    assert done.exit_code == 1 and "a tar that holds no FITS file" in done.output
    assert len(pd.read_csv("table.csv")) == 1


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("sqlite:////nowhere/mlflow.db", "/nowhere/mlflow.db: no such store"),
        ("sqlite:///mistyped.db", "mistyped.db: no such store"),
        ("bogus://x", "bogus://x: cannot be asked"),
    ],
)
def test_a_store_that_is_none_is_told_in_one_line(own_store, folder, monkeypatch, address, words):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    done = lcgan("spectra", "--out", "table.csv")
    assert done.exit_code == 1 and done.output.startswith(f"lcgan: {words}"), done.output
    assert not (own_store / "mistyped.db").exists()


def test_somebody_else_s_store_is_asked_and_not_written(model, folder, monkeypatch):
    monkeypatch.setattr(store, "alone", None)  # would be called by what makes a store
    assert lcgan("spectra/dr1.fits", "--out", "table.csv").exit_code == 0


@pytest.mark.parametrize("option", ["--out", "--page"])
def test_a_name_that_is_too_long_is_refused_before_any_work(model, folder, option):
    end = "csv" if option == "--out" else "html"
    words = {"--out": "table.csv"} | {option: f"{'n' * 300}.{end}"}
    done = lcgan("spectra", *(word for pair in words.items() for word in pair))
    assert done.exit_code == 1 and "cannot be written (File name too long)" in done.output
