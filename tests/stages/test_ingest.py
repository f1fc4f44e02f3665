"""`ingest` on a folder of both formats and everything a user may drop beside them."""

import contextlib
import gzip
import os
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from astropy.io import fits

from lcgan import params
from lcgan.errors import UserError
from lcgan.spectra import store
from lcgan.spectra.catalogue import COLUMNS, read_catalogue
from lcgan.stages import ingest
from lcgan.stages.paths import CATALOGUE, REJECTS, SPECTRA
from lcgan.tracking.runs import NoTracking
from tar_files import info, make_tar

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path("data/raw/lamost")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Work in an empty project folder."""
    monkeypatch.chdir(tmp_path)


def run(*overrides: str) -> str:
    overrides = ("ingest.source=lamost", "ingest.workers=1", *overrides)
    return ingest.run(params.load(ROOT / "params.yaml", overrides), NoTracking())


def rejects() -> dict[str, str]:
    table = pd.read_csv(REJECTS)
    return {Path(file).name: reason for file, reason in zip(table.file, table.reason, strict=True)}


def outputs() -> list[Path]:
    """All that stands where outputs go, half files too."""
    folder = Path("data/interim")
    return sorted(folder.iterdir()) if folder.is_dir() else []


def test_both_formats_are_packed_in_the_order_of_names(lamost_file):
    flux = 5 + np.arange(3909.0)
    lamost_file(FOLDER / "b.fits.gz", OBSID=2, SUBCLASS="O9.5", STAR="HD 30614", flux=flux)
    lamost_file(FOLDER / "a.fits", "old", OBSID=1, SUBCLASS="dM0", SNRG=-9999, Z=-9999)
    bad = np.full(3909, 0.5)
    bad[100:110] = 0
    lamost_file(FOLDER / "night" / "c.FITS", OBSID=3, CLASS="QSO", SUBCLASS="Non", ivar=bad)
    (FOLDER / "catalogue.csv").write_text("not a spectrum\n")
    (FOLDER / "._a.fits").write_text("a leftover of another system")

    line = run()
    assert line.startswith("3 spectra in data/interim/spectra.h5, 0 files rejected")
    table = read_catalogue(CATALOGUE)
    assert list(table) == list(COLUMNS)
    assert table["row"].tolist() == [0, 1, 2]
    assert table["file"].tolist() == [
        "data/raw/lamost/a.fits",
        "data/raw/lamost/b.fits.gz",
        "data/raw/lamost/night/c.FITS",
    ]
    assert table["obsid"].tolist() == [1, 2, 3]
    assert table["class"].tolist() == ["M", "O", "QSO"]
    assert table["subclass"].tolist() == ["dM0", "O9.5", "Non"]
    assert table["star"][1] == "HD 30614"
    assert np.isnan(table["snr_g"][0])
    assert np.isnan(table["z"][0])
    assert table["snr_g"][1] == 12.22
    assert table["masked_pixels"].tolist() == [0, 0, 10]
    packed = store.read_rows(SPECTRA, [1])[0]
    assert packed == pytest.approx(flux[:3700] + 0.01724, rel=1e-6)
    assert store.read_rows(SPECTRA, [2], "mask")[0].nonzero()[0].tolist() == list(range(100, 110))
    assert outputs() == sorted([SPECTRA, CATALOGUE, REJECTS])


def bad_inputs(make) -> dict[str, str]:
    """Write every kind of bad input; return what its reason must say, by name."""
    whole = make(FOLDER / "whole.fits.gz", OBSID=50).read_bytes()
    (FOLDER / "truncated.fits.gz").write_bytes(whole[:-1000])
    (FOLDER / "truncated.fits").write_bytes(gzip.decompress(whole)[:40_000])
    (FOLDER / "text.fits").write_text("obsid,class\n101001,O\n")
    (FOLDER / "empty.fits").write_bytes(b"")
    make(FOLDER / "zero.fits", "old", flux=np.zeros(3909))
    make(FOLDER / "nan.fits", flux=np.full(3909, np.nan))
    half_nan = np.where(np.arange(3909) < 2000, np.nan, 1.0)
    make(FOLDER / "half_nan.fits", flux=half_nan)
    make(FOLDER / "step.fits", "old", COEFF1=2e-4)
    make(FOLDER / "red.fits", "old", COEFF0=3.7782)
    make(FOLDER / "linear.fits", third=np.linspace(3700, 9100, 3909))
    make(FOLDER / "keys.fits", "old", without=("COEFF0", "COEFF1", "OBSID"))
    make(FOLDER / "x_again.fits", "old", OBSID=50)
    make(FOLDER / "x_early.fits", "old", without=("OBSID",), FIBERID=77)
    make(FOLDER / "y_later.fits", OBSID=51, FIBERID=77)
    make(FOLDER / "z_early.fits", "old", without=("OBSID",), FIBERID=77)
    pixels = [fits.Column(n, "E", array=np.ones(4000)) for n in ("flux", "loglam", "ivar")]
    sdss = fits.PrimaryHDU(header=fits.Header({"TELESCOP": "SDSS 2.5-M"}))
    arms = [fits.BinTableHDU.from_columns(pixels, name=n) for n in ("COADD_B", "COADD_R")]
    fits.HDUList([fits.PrimaryHDU(), *arms]).writeto(FOLDER / "med.fits")
    coadd = fits.BinTableHDU.from_columns(pixels, name="COADD")
    fits.HDUList([sdss, coadd]).writeto(FOLDER / "spec.fits")
    return {
        "truncated.fits.gz": "truncated gzip",
        "truncated.fits": "truncated FITS",
        "text.fits": "not FITS: text that begins 'obsid,class",
        "empty.fits": "empty file",
        "zero.fits": "all-zero flux",
        "nan.fits": "no finite flux",
        "half_nan.fits": "2,000 of 3,700 pixels have no data (0 of them beyond",
        "step.fits": "wrong grid: 0.0002",
        "red.fits": "(2,100 of them beyond the file's 6001 to",
        "linear.fits": "wrong grid: the WAVELENGTH column",
        "keys.fits": "missing header key COEFF0, COEFF1",
        "x_again.fits": "duplicate: observation 50 is already in data/raw/lamost/whole.fits.gz",
        "y_later.fits": "duplicate: observation 51 is already in data/raw/lamost/x_early.fits",
        "z_early.fits": "observation 55859-F5902-1-77 is already in data/raw/lamost/x_early.fits",
        "med.fits": "LAMOST medium-resolution",
        "spec.fits": "SDSS spec file",
    }


def test_every_bad_input_is_rejected_with_its_reason(lamost_file):
    expected = bad_inputs(lamost_file)
    run()
    reasons = rejects()
    assert set(reasons) == set(expected)
    for name, reason in expected.items():
        assert reason in reasons[name]
    assert read_catalogue(CATALOGUE)["file"].str.split("/").str[-1].tolist() == [
        "whole.fits.gz",
        "x_early.fits",
    ]
    assert read_catalogue(CATALOGUE)["observation"].tolist() == ["50", "55859-F5902-1-77"]


def test_only_bad_files_is_an_error_that_gives_reasons(lamost_file):
    for name in ("whole.fits.gz", "x_early.fits"):
        bad_inputs(lamost_file) if not FOLDER.exists() else None
        (FOLDER / name).unlink()
    for name in ("x_again.fits", "y_later.fits", "z_early.fits"):
        (FOLDER / name).unlink()
    with pytest.raises(UserError) as error:
        run()
    assert str(error.value).startswith("data/raw/lamost: none of 13 files is usable: empty.fits: ")
    assert "half_nan.fits: 2,000 of" in str(error.value)
    assert "\n" not in str(error.value)
    assert outputs() == []


def test_missing_and_empty_folders():
    with pytest.raises(UserError, match=r"data/raw/stelib: no such folder; run `lcgan observe`"):
        ingest.find_files(Path("data/raw/stelib"))
    with pytest.raises(UserError, match=r"data/raw/lamost: no such folder; put your LAMOST"):
        run()
    FOLDER.mkdir(parents=True)
    (FOLDER / "notes.txt").write_text("")
    with pytest.raises(UserError, match=r"data/raw/lamost: no file ends in .fits"):
        run()


def test_the_limit_on_masked_pixels_is_the_parameter(lamost_file):
    ivar = np.where(np.arange(3909) < 1000, 0.0, 1.0)
    lamost_file(FOLDER / "a.fits", ivar=ivar)
    with pytest.raises(UserError, match="1,000 of 3,700 pixels have no data"):
        run("ingest.max_masked_fraction=0.27")
    run("ingest.max_masked_fraction=0.271")
    assert read_catalogue(CATALOGUE)["masked_pixels"].tolist() == [1000]


def test_processes_change_nothing_and_two_runs_give_the_same_bytes(lamost_file, monkeypatch):
    monkeypatch.setattr(ingest, "CHUNK", 3)
    for i in range(12):
        lamost_file(FOLDER / f"{i:02}.fits", OBSID=i // 2 if i > 9 else i)
    run()
    alone = {path: path.read_bytes() for path in outputs()}
    run("ingest.workers=2")
    assert {path: path.read_bytes() for path in outputs()} == alone
    assert len(read_catalogue(CATALOGUE)) == 10


def test_a_folder_of_tars_and_loose_files_is_packed_as_if_all_were_loose(lamost_file, monkeypatch):
    monkeypatch.setattr(ingest, "CHUNK", 3)
    made = [
        lamost_file(Path(f"made/{i}.fits"), OBSID=i, flux=1e3 + i + np.arange(3909.0))
        for i in range(9)
    ]
    content = [path.read_bytes() for path in made]
    link = info("z.fits", kind=tarfile.SYMTYPE, link="/etc/passwd")
    make_tar(FOLDER / "b.tar.gz", *((f"p/{i}.fits", content[i]) for i in (3, 1, 2)), (link, b""))
    whole = make_tar(FOLDER / "c/night.tar", *((f"{i}.fits", content[i]) for i in (1, 4, 5, 6)))
    whole.write_bytes(whole.read_bytes()[:-40_000])
    for i, name in ((0, "a.fits"), (7, "c/a.fits"), (8, "d.fits")):
        (FOLDER / name).parent.mkdir(exist_ok=True)
        (FOLDER / name).write_bytes(content[i])
    run()
    alone = {path: path.read_bytes() for path in outputs()}
    table = read_catalogue(CATALOGUE)
    assert table["file"].str.removeprefix("data/raw/lamost/").tolist() == [
        *("a.fits", "b.tar.gz/p/3.fits", "b.tar.gz/p/1.fits", "b.tar.gz/p/2.fits", "c/a.fits"),
        *("c/night.tar/4.fits", "c/night.tar/5.fits", "d.fits"),
    ]
    assert table["obsid"].tolist() == [0, 3, 1, 2, 7, 4, 5, 8]
    flux = store.read_rows(SPECTRA, range(8))[:, 0]
    assert flux == pytest.approx(1e3 + table["obsid"].to_numpy(float) + 0.01724, rel=1e-6)
    lines = pd.read_csv(REJECTS)
    assert lines["file"].str.removeprefix("data/raw/lamost/").tolist() == [
        *("b.tar.gz/z.fits", "c/night.tar/1.fits", "c/night.tar")
    ]
    assert lines["reason"][0] == "a symbolic link in a tar: never followed"
    assert lines["reason"][1] == (
        "duplicate: observation 1 is already in data/raw/lamost/b.tar.gz/p/1.fits"
    )
    assert lines["reason"][2].startswith("truncated tar: ")
    assert lines["reason"][2].endswith("; what comes after '5.fits' is lost")
    run("ingest.workers=2")
    assert {path: path.read_bytes() for path in outputs()} == alone


def test_names_of_any_bytes_can_be_catalogued(lamost_file):
    odd = os.fsdecode(b"spec\xff.fits")
    data = lamost_file(FOLDER / odd, OBSID=1).read_bytes()
    (FOLDER / os.fsdecode(b"x\xff.fits")).write_bytes(b"")
    make_tar(FOLDER / "t.tar", (odd, data), ('a\n"b,c.fits', data))
    run()
    assert read_catalogue(CATALOGUE)["file"].tolist() == [r"data/raw/lamost/spec\xff.fits"]
    files = pd.read_csv(REJECTS)["file"].str.removeprefix("data/raw/lamost/").tolist()
    assert files == [r"t.tar/spec\xff.fits", 't.tar/a\n"b,c.fits', r"x\xff.fits"]


def test_headers_that_lie_give_a_catalogue_that_can_be_read(lamost_file):
    lies = {"OBSID": 1e300, "RA": 1e300, "DEC": -91.0, "Z": "high", "without": ("DESIG",)}
    lamost_file(FOLDER / "a.fits", **lies)
    path = lamost_file(FOLDER / "b.fits", SUBCLASS="G7 12345", FIBERID=2)
    path.write_bytes(path.read_bytes().replace(b"G7 12345", b'G7\0\n\xff"\r,'))
    run()
    table = read_catalogue(CATALOGUE)
    assert table["obsid"].isna().tolist() == [True, False]
    assert table[["ra", "dec", "z"]].iloc[0].isna().all()
    assert table["star"][0] == "55859-F5902-1-1" == table["observation"][0]
    assert table["subclass"].tolist() == ["G7", 'G7???"?,']


def test_unwritable_output_names_the_file(lamost_file):
    lamost_file(FOLDER / "a.fits")
    Path("data/interim").write_text("a file where the folder should be")
    with pytest.raises(UserError, match=r"data/interim/spectra.h5: cannot be written"):
        run()


SCRIPT = f"""
import sys
from lcgan import params
from lcgan.errors import UserError
from lcgan.stages import ingest
from lcgan.tracking.runs import NoTracking

if __name__ == "__main__":
    overrides = ["ingest.source=lamost", "ingest.workers=" + sys.argv[1]]
    try:
        ingest.run(params.load({str(ROOT / "params.yaml")!r}, overrides), NoTracking())
    except UserError as error:
        print(error)
    except KeyboardInterrupt:
        print("interrupted")
"""


def start(workers: int, **options) -> subprocess.Popen:
    Path("script.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, "script.py", str(workers)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        **options,
    )


def test_a_full_disk_while_packing_leaves_no_half_file(lamost_file):
    """A limit on the size of files stands in for a full disk."""
    for i in range(40):
        lamost_file(FOLDER / f"{i:02}.fits", OBSID=i)
    SPECTRA.parent.mkdir()
    SPECTRA.write_text("of an earlier run")
    size = 500_000

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    process = start(1, preexec_fn=limit)
    stdout, stderr = process.communicate(timeout=60)
    assert stdout.startswith("data/interim/spectra.h5: cannot be written (File too large)"), stderr
    assert stderr == ""
    assert outputs() == [SPECTRA]
    assert SPECTRA.read_text() == "of an earlier run"


def alive_in_group(group: int) -> list[int]:
    alive = []
    for process in psutil.process_iter(["pid", "status"]):
        with contextlib.suppress(ProcessLookupError):
            zombie = process.info["status"] == psutil.STATUS_ZOMBIE
            if os.getpgid(process.info["pid"]) == group and not zombie:
                alive.append(process.info["pid"])
    return alive


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_no_half_file_and_no_process(lamost_file, workers):
    first = lamost_file(FOLDER / "0000.fits")
    for i in range(1, 6000):
        os.link(first, FOLDER / f"{i:04}.fits")
    process = start(workers, start_new_session=True)
    half = Path(f"data/interim/.rejects.csv.{process.pid}.part")
    for _ in range(18000):
        if half.exists() and half.stat().st_size:
            break
        time.sleep(0.01)
    assert half.exists(), "it never began to write"
    os.killpg(process.pid, signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    assert (stdout, stderr) == ("interrupted\n", "")
    assert outputs() == []
    deadline = time.time() + 10
    while alive_in_group(process.pid) and time.time() < deadline:
        time.sleep(0.05)
    assert alive_in_group(process.pid) == []


def test_real_nights_in_tars_are_packed_as_the_loose_files_are(real):
    files = sorted(real.rglob("*.fit*"))[::6]
    for i, path in enumerate(files):
        (FOLDER / f"{i:03}").mkdir(parents=True)
        (FOLDER / f"{i:03}" / path.name).symlink_to(path)
    run()
    loose = SPECTRA.read_bytes(), list(rejects().values())
    shutil.rmtree(FOLDER)
    content = [(path.name, path.read_bytes()) for path in files]
    make_tar(FOLDER / "1.tar.gz", *content[:30])
    make_tar(FOLDER / "2.tar", *content[30:])
    run()
    assert (SPECTRA.read_bytes(), list(rejects().values())) == loose and loose[1]


def test_every_real_file_is_packed_or_rejected_with_a_reason(real, monkeypatch):
    FOLDER.mkdir(parents=True)
    for path in sorted(real.rglob("*.fit*")):
        (FOLDER / path.name).symlink_to(path)
    run()
    table, reasons = read_catalogue(CATALOGUE), rejects()
    assert len(table) + len(reasons) == len(list(FOLDER.iterdir()))
    lamost = {path.name for path in (real / "lamost").iterdir()}
    aliens = {path.name: reasons[path.name] for path in (real / "not_lamost_lrs").iterdir()}
    assert len(lamost - set(reasons)) == len(table) > 0.97 * len(lamost)
    for name, reason in aliens.items():
        kind = {"med": "medium-resolution", "spS": "SDSS spSpec", "spe": "SDSS spec"}
        assert kind.get(name[:3], "ZEISS-2m") in reason
    for name in set(reasons) & lamost:
        assert "pixels have no data" in reasons[name] or "duplicate" in reasons[name]
    assert np.isfinite(store.read_rows(SPECTRA, range(len(table)))).all()
