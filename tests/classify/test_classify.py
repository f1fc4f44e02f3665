"""`lcgan classify` on a handful of files: rows, columns, order, pages."""

import numpy as np
import pandas as pd
import pytest
from classify_command import lcgan

from lcgan import classify as module
from lcgan.classify import ordered
from lcgan.errors import UserError
from lcgan.evidence.columns import COLUMNS as EVIDENCE
from lcgan.spectra import lamost
from lcgan.survey.inputs import find_files
from lcgan.survey.threshold import Threshold
from lcgan.tracking import registry, store
from tar_files import make_tar

COLUMNS = [
    *("path", "obsid", "status", "reason", "class", "candidate"),
    *(f"{kind}_{name}" for kind in ("p", "calibrated") for name in "OFGK"),
    *("snr", "ra", "dec", "z"),
    *EVIDENCE,
]


def test_one_row_per_file_best_candidates_first_and_rejected_last(model, folder):
    done = lcgan("spectra", "--out", "table.csv")
    assert done.exit_code == 0, done.output
    table = pd.read_csv("table.csv")
    assert table.columns.tolist() == COLUMNS
    assert len(table) == 11
    assert table["path"].is_unique and not table["path"].str.contains("notes|hidden").any()
    ok, rejected = table.iloc[:7], table.iloc[7:]
    assert set(ok["status"]) == {"ok"} and set(rejected["status"]) == {"rejected"}
    assert ok["outlier"].is_monotonic_increasing, "what is unlike any star comes after the others"
    for _, group in ok.groupby(["outlier", "candidate"]):
        assert group["p_O"].is_monotonic_decreasing
    assert ok["p_O"].nunique() > 4
    candidate = (ok["class"] == "O") & ~ok["outlier"].astype(bool)
    assert (ok["candidate"].astype(bool) == candidate).all()
    assert ok["o_evidence"].notna().all() and rejected[list(EVIDENCE)].isna().all(axis=None)
    probabilities = ok[["p_O", "p_F", "p_G", "p_K"]]
    assert probabilities.sum(axis=1).to_numpy() == pytest.approx(np.ones(7), abs=2e-6)
    assert (ok["class"] == probabilities.idxmax(axis=1).str.removeprefix("p_")).all()
    assert ok["reason"].isna().all()
    assert rejected[["class", "p_O", "p_F", "p_G", "p_K"]].isna().all(axis=None)
    reasons = dict(
        zip(rejected["path"].str.removeprefix("spectra/"), rejected["reason"], strict=True)
    )
    assert reasons["zero.fits"] == "all-zero flux"
    assert reasons["cut.fits.gz"].startswith("truncated gzip")
    assert reasons["text.fits"].startswith("not FITS")
    assert "of 3,700 pixels between 3700 and 8671 Å have no data" in reasons["half.fits"]
    by_name = table.set_index(table["path"].str.removeprefix("spectra/"))
    known = by_name.loc["night1/spec5.fits.gz"]
    assert (known["obsid"], known["snr"]) == (1005, 15.5)
    assert (known["ra"], known["dec"]) == (128.456789, -5.0)
    assert np.isnan(by_name.loc["dr1.fits", "obsid"]) and by_name.loc["dr1.fits", "snr"] == 7.25
    assert by_name.loc["half.fits", "obsid"] == 77
    assert "7 of 11 files classified by models:/o-star@champion" in done.output


def test_what_the_table_says_is_what_the_model_says(model, folder):
    import mlflow

    lcgan("spectra", "--out", "table.csv")
    table = pd.read_csv("table.csv")
    read = lamost.read(table["path"][0])
    rows = pd.DataFrame({"flux": [read.flux], "wavelength": [read.wavelength]})
    answer = mlflow.pyfunc.load_model(model).predict(rows)
    assert table["p_O"][0] == pytest.approx(answer["p_O"][0], abs=1e-5)
    assert table["class"][0] == answer["class"][0]


def test_parquet_holds_the_same_and_batches_change_nothing(model, folder, monkeypatch):
    lcgan("spectra", "--out", "table.csv")
    monkeypatch.setattr(module, "BATCH", 2)
    done = lcgan("spectra", "--out", "deep/er/table.PARQUET")
    assert done.exit_code == 0, done.output
    parquet = pd.read_parquet("deep/er/table.PARQUET")
    csv = pd.read_csv("table.csv")
    assert parquet.columns.tolist() == COLUMNS
    assert parquet["obsid"].dtype == "Int64"
    assert parquet["path"].tolist() == csv["path"].tolist()
    assert parquet["p_O"].to_numpy() == pytest.approx(csv["p_O"].to_numpy(), abs=2e-6, nan_ok=True)
    assert parquet["reason"].isna().tolist() == csv["reason"].isna().tolist()


def test_files_folders_and_globs_name_each_file_once(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    every = [path.as_posix() for path in find_files(["spectra"])]
    assert every == sorted(every) and len(every) == 11
    named = ["spectra/zero.fits", "spectra/night*/spec[0-3].fits*", "spectra/**/spec0.fits", "gone"]
    (folder / "again.fits").symlink_to(folder / "zero.fits")
    named.append("spectra/again.fits")
    assert [path.as_posix() for path in find_files(named)] == [
        "spectra/zero.fits",
        "spectra/night0/spec0.fits",
        "spectra/night0/spec2.fits.gz",
        "spectra/night1/spec1.fits.gz",
        "spectra/night1/spec3.fits",
        "gone",
    ]
    odd = folder / "a[1].fits"
    odd.write_bytes(b"x")
    assert find_files([str(odd)]) == [odd]


def test_a_tar_has_a_row_for_each_spectrum_in_it(model, folder, monkeypatch):
    monkeypatch.setattr(module, "BATCH", 4)
    loose = sorted(path for path in folder.rglob("*.fits*") if not path.name.startswith("."))
    pairs = [(str(path.relative_to(folder)), path.read_bytes()) for path in loose]
    make_tar(folder.parent / "nights/one.tar.gz", *pairs)
    path = make_tar(folder.parent / "two.tar", *pairs[:3])
    path.write_bytes(path.read_bytes()[:-90_000])
    lcgan("spectra", "--out", "loose.csv")
    done = lcgan("nights", "two.tar", "gone.tar", "--out", "table.csv")
    assert done.exit_code == 0, done.output
    assert "of 15 files classified" in done.output
    table, alone = pd.read_csv("table.csv"), pd.read_csv("loose.csv")
    one = table[table["path"].str.startswith("nights/one.tar.gz/")].reset_index(drop=True)
    one["path"] = one["path"].str.replace("nights/one.tar.gz", "spectra")
    one, alone = (it.sort_values("path").reset_index(drop=True) for it in (one, alone))
    pd.testing.assert_frame_equal(one, alone, atol=2e-6)
    told = table.set_index("path")["reason"]
    assert told["two.tar"].startswith("truncated tar: ")
    assert told["gone.tar"] == "cannot be read (No such file or directory)"
    within = f"nights/one.tar.gz/{pairs[0][0]}"
    assert lcgan(within, "--out", "one.csv").exit_code in (0, 1)
    assert pd.read_csv("one.csv")["path"].tolist() == [within]


def test_the_champion_is_asked_else_the_candidate(model):
    client = store.client()
    assert module.default_model() == "models:/o-star@champion"
    client.delete_registered_model_alias("o-star", "champion")
    assert module.default_model() == "models:/o-star@candidate"
    client.delete_registered_model_alias("o-star", "candidate")
    with pytest.raises(UserError, match="no registered model 'o-star'"):
        module.default_model()
    registry.promote(client, "o-star", model.rpartition("/")[2], None)
    assert module.default_model() == "models:/o-star@champion"


def test_equal_candidates_stay_in_the_order_given():
    names = [f"{i:03}" for i in range(200)]
    rows = [{"path": it, "status": "ok", "p_O": 0.9 if int(it) % 3 else 0.1} for it in names]
    rows.insert(1, {"path": "no", "status": "rejected", "reason": "no"})
    expected = [it for it in names if int(it) % 3] + [it for it in names if not int(it) % 3]
    assert ordered(rows, ["p_O"])["path"].tolist() == [*expected, "no"]


def test_outliers_come_after_the_others_and_are_no_candidates():
    known = {"status": "ok", "class": "O", "outlier_score": 1.0}
    rows = [
        known | {"path": "galaxy", "p_O": 0.99, "outlier": True},
        known | {"path": "faint", "p_O": 0.6, "outlier": None},
        known | {"path": "star", "p_O": 0.9, "outlier": False},
        {"path": "no", "status": "rejected", "reason": "no"},
    ]
    table = ordered(rows, ["p_O"], evidence=True)
    assert table["path"].tolist() == ["star", "faint", "galaxy", "no"]
    assert table["candidate"].tolist()[:3] == [True, True, False]
    assert pd.isna(table["candidate"][3])
    strict = ordered(rows, ["p_O"], Threshold(0.7), evidence=True)
    assert strict["candidate"].tolist()[:3] == [True, False, False]


def test_a_page_and_a_threshold_for_a_purity(model, folder):
    done = lcgan("spectra", "--out", "t.csv", "--page", "deep/page.html", "--threshold", "0.0")
    assert done.exit_code == 0, done.output
    table = pd.read_csv("t.csv")
    candidates = table[table["candidate"].fillna(False).astype(bool)]
    assert len(candidates) == (table["outlier"] == False).sum()  # noqa: E712
    page = module.Path("deep/page.html").read_text()
    assert page.count("<article") == len(candidates)
    assert "12 of 12 O kept (100.0%), 19 of 19 others (12 F, 3 G, 2 K, 2 B)" in done.output
    assert f"{len(candidates)} candidates: t.csv, deep/page.html" in done.output
    one = lcgan("spectra/dr1.fits", "--out", "t.csv", "--threshold", "0.0")
    assert "1 of 1 file classified" in one.output
    strange = bool(pd.read_csv("t.csv")["outlier"][0])
    assert ("0 candidates: " if strange else "1 candidate: ") in one.output
    done = lcgan("spectra", "--out", "t.csv", "--purity", "0.5")
    assert done.exit_code == 0, done.output
    assert "a purity of 0.5 cannot be shown with 19 negatives" in done.output or (
        "no held-out O spectrum reaches it" in done.output
    )
    done = lcgan("spectra", "--out", "t.csv", "--page", "page.pdf")
    assert done.exit_code == 1 and "--page page.pdf: the page can be .html" in done.output


def test_pixels_that_lamost_flags_have_no_say(model, lamost_file):
    flux = 1000 + 100 * np.sin(np.arange(3909) / 50)
    spoilt, flags = flux.copy(), np.zeros(3909)
    spoilt[1000:1040], flags[1000:1040] = 1e6, 4
    lamost_file(module.Path("clean.fits"), flux=flux)
    lamost_file(module.Path("flagged.fits"), flux=spoilt, and_mask=flags)
    lamost_file(module.Path("spoilt.fits"), flux=spoilt)
    lcgan("clean.fits", "flagged.fits", "spoilt.fits", "--out", "table.csv")
    p_o = pd.read_csv("table.csv").set_index("path")["p_O"]
    assert p_o["flagged.fits"] == pytest.approx(p_o["clean.fits"], abs=1e-3)
    assert abs(p_o["spoilt.fits"] - p_o["clean.fits"]) > 0.01


def test_on_real_files(model, real):
    done = lcgan(real / "lamost", real / "not_lamost_lrs", "--out", "table.parquet")
    assert done.exit_code == 0, done.output
    table = pd.read_parquet("table.parquet")
    from_lamost = table["path"].str.contains("/lamost/")
    assert (table["status"][from_lamost] == "ok").mean() > 0.98
    assert (table["status"][~from_lamost] == "rejected").all()
    assert table["reason"][~from_lamost].notna().all()


def test_candidates_come_before_others_whose_p_o_is_greater():
    rows = [
        {"path": "f", "status": "ok", "class": "F", "p_O": 0.44},
        {"path": "o", "status": "ok", "class": "O", "p_O": 0.30},
    ]
    assert ordered(rows, ["p_O"])["path"].tolist() == ["o", "f"]
