import csv
import errno
from collections import Counter
from pathlib import Path

import pytest
from astropy.io import fits

from lcgan.errors import UserError
from lcgan.files import md5_of
from lcgan.params import load
from lcgan.stages import observe
from lcgan.stars.library import load_library
from lcgan.tracking.runs import NoTracking

PARAMS = Path(__file__).parents[2] / "params.yaml"
COUNTS = {"O": 10, "B": 1, "A": 1, "F": 3, "G": 2, "K": 2, "M": 1, "other": 1}


@pytest.fixture(scope="module")
def library():
    return load_library()


@pytest.fixture
def here(tmp_path, monkeypatch, library):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(observe, "load_library", lambda: library)
    return tmp_path


def _params(workers=1, **more):
    counts = COUNTS | more
    overrides = [f"observe.n_spectra.{c}={n}" for c, n in counts.items()]
    return load(PARAMS, [*overrides, f"observe.workers={workers}"])


def _catalogue(here):
    with (here / "data/raw/stelib/catalogue.csv").open() as handle:
        return list(csv.DictReader(handle))


def test_files_catalogue_and_headers_agree(here):
    message = observe.run(_params(), NoTracking())
    assert "21 spectra" in message
    rows = _catalogue(here)
    assert Counter(row["class"] for row in rows) == COUNTS
    files = sorted(path.name for path in (here / "data/raw/stelib").glob("*.fits.gz"))
    assert [row["file"] for row in rows] == files
    assert len({row["obsid"] for row in rows}) == len(rows)
    for row in rows:
        with fits.open(here / "data/raw/stelib" / row["file"]) as hdus:
            header = hdus[0].header
            assert header["STAR"] == row["star"]
            assert header["OBSID"] == int(row["obsid"])
            assert header["SUBCLASS"] == row["subclass"]
            assert header["EBV"] == float(row["ebv"])
            assert header["SNR"] == float(row["snr"])
            assert header["Z"] == pytest.approx(
                float(row["radial_velocity"]) / 299792.458, abs=1e-8
            )
            assert "STELIB" in header["ORIGIN"] and header["TELESCOP"] != "LAMOST"
            assert hdus["COADD"].data["FLUX"].shape == (1, 3909)


def test_spectra_are_spread_evenly(here):
    observe.run(_params(), NoTracking())
    per_star = Counter(row["star"] for row in _catalogue(here) if row["class"] == "O")
    assert sorted(per_star.values()) == [1, 1, 1, 1, 2, 2, 2]


def test_the_number_of_processes_changes_no_byte(here):
    observe.run(_params(workers=1), NoTracking())
    one = md5_of(here / "data/raw/stelib")
    observe.run(_params(workers=2), NoTracking())
    assert md5_of(here / "data/raw/stelib") == one


def test_a_greater_count_keeps_what_was_there(here):
    folder = here / "data/raw/stelib"
    observe.run(_params(), NoTracking())
    before = {path.name: path.read_bytes() for path in folder.glob("*.fits.gz")}
    observe.run(_params(O=19), NoTracking())
    after = {path.name: path.read_bytes() for path in folder.glob("*.fits.gz")}
    assert len(after) == len(before) + 9
    assert {name: after[name] for name in before} == before


@pytest.mark.parametrize(
    ("error", "expected"),
    [(OSError(errno.ENOSPC, "No space left on device"), UserError), (KeyboardInterrupt(), None)],
)
def test_a_full_disk_or_ctrl_c_leaves_what_stood_and_no_half(here, monkeypatch, error, expected):
    observe.run(_params(), NoTracking())
    before = md5_of(here / "data/raw/stelib")
    write, written = observe.write_lamost, []

    def fail_late(path, *rest):
        if len(written) == 5:
            raise error
        written.append(path)
        write(path, *rest)

    monkeypatch.setattr(observe, "write_lamost", fail_late)
    with pytest.raises(expected or KeyboardInterrupt) as caught:
        observe.run(_params(O=14), NoTracking())
    if expected:
        assert "data/raw/stelib" in str(caught.value) and "No space left" in str(caught.value)
    assert md5_of(here / "data/raw/stelib") == before
    assert [path.name for path in (here / "data/raw").iterdir()] == ["stelib"]


def test_an_unwritable_place_is_said(here):
    (here / "data").write_text("a file where a folder should be")
    with pytest.raises(UserError, match="data/raw/stelib"):
        observe.run(_params(), NoTracking())


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("observe.snr.range=[50,4]", "observe.snr.*range"),
        ("observe.dead.blue=1.5", "observe.dead.blue"),
        ("observe.ebv.maximum=-1", "observe.ebv.maximum"),
        ("observe.ebv.median={O: 0.4}", None),
        ("observe.arm_join.range=[6500,5500]", "observe.arm_join.*range"),
        ("observe.throughput.nodes=[[3700, 1], [5000, 1]]", "observe.throughput.*nodes"),
        ("observe.resolution.scatter=0.7", "observe.resolution.*scatter"),
        ("observe.radial_velocity=900", "observe.radial_velocity"),
        ("observe.rotation.range=[-5,100]", "observe.rotation.*range"),
        ("observe.rotation.fraction.O=1.5", "observe.rotation.fraction.O"),
        ("observe.nebula.h_alpha_width=0", "observe.nebula.h_alpha_width"),
        ("observe.ends.red_to=[3760,9200]", "observe.ends.*red_to"),
        ("observe.ends.blue_from=[3700,7500]", "observe.ends.*stop before it starts"),
        ("observe.sky.forest=[[6000,0.1],[5900,0.1]]", "observe.sky.*forest"),
        ("observe.n_spectra.O=0", "observe.n_spectra.O"),
        ("observe.noise.correlation=0.9", "observe.noise.correlation"),
    ],
)
def test_impossible_priors_are_refused_by_name(override, named):
    if named is None:  # laid over the file, a part of a mapping leaves the rest
        assert load(PARAMS, [override]).observe.ebv.median["O"] == 0.4
        return
    with pytest.raises(UserError, match=named):
        load(PARAMS, [override])
