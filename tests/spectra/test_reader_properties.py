"""What holds for any spectrum, any file and any damage to it."""

import gzip
import resource
import time
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from mutations import damaged

from lcgan.spectra.catalogue import COLUMNS
from lcgan.spectra.contents import Rejected
from lcgan.spectra.grid import LOG10_STEP, wavelength_grid
from lcgan.spectra.lamost import read
from lcgan.spectra.lamost_write import encode
from lcgan.spectra.packing import Packed, pack
from lcgan.spectra.resample import resample
from lcgan.spectra.tars import Member, count, members
from tar_files import make_tar

GRID = wavelength_grid()
LAMOST = 10 ** (3.5682 + LOG10_STEP * np.arange(3909))
#: Seconds within which any file is read or rejected, with much to spare.
SOON = 5.0

anywhere = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
sizes = st.floats(1e-3, 1e3)


@pytest.fixture
def valid(tmp_path, lamost_file) -> list[bytes]:
    """A file of each kind: old and new, in single and in double precision, gzipped."""
    folder = tmp_path / "valid"
    made = [
        lamost_file(folder / f"{kind}{dtype}.fits", kind, dtype=dtype).read_bytes()
        for kind in ("old", "new")
        for dtype in ("f4", "f8")
    ]
    return [*made, gzip.compress(made[0], 1, mtime=0)]


@anywhere
@given(
    noise=arrays(np.float32, 8, elements=st.floats(-100, 100, width=32)),
    shift=st.floats(0, 1),
    level=sizes,
)
def test_total_flux_is_kept_under_any_shift(noise, shift, level):
    """Where pixels are only shifted, what leaves one enters its neighbour."""
    flux = np.full(3909, 1e-6)
    flux[2000:2008] += noise
    wavelength = LAMOST * 10 ** (LOG10_STEP * shift)
    out = resample(wavelength, level * flux, np.ones(3909))
    assert not out.mask[1:].any()
    assert out.flux[1:].sum(dtype=float) == pytest.approx(
        level * (noise.sum(dtype=float) + 3699e-6), rel=1e-4, abs=1e-3 * level
    )


@anywhere
@given(pixels=st.integers(1, 100), seed=st.integers(0, 99))
def test_a_shift_by_whole_pixels_shifts_the_spectrum_and_nothing_else(pixels, seed):
    rng = np.random.default_rng(seed)
    flux, ivar = rng.normal(5, 1, 3909), rng.uniform(0.1, 2, 3909)
    here = resample(LAMOST, flux, ivar)
    there = resample(LAMOST / 10 ** (LOG10_STEP * pixels), flux, ivar)
    np.testing.assert_allclose(there.flux[: 3700 - pixels], here.flux[pixels:], rtol=1e-5)
    np.testing.assert_allclose(there.ivar[: 3700 - pixels], here.ivar[pixels:], rtol=1e-5)


@anywhere
@given(bad=st.sets(st.integers(0, 3699), min_size=1, max_size=200), wrong=st.floats(-1e30, 1e30))
def test_masked_pixels_stay_masked_and_have_no_say(bad, wrong):
    rng = np.random.default_rng(7)
    flux, hidden = rng.normal(5, 1, 3700), np.zeros(3700, bool)
    hidden[list(bad)] = True
    spoilt = np.where(hidden, wrong, flux)
    out, clean = resample(GRID, spoilt, bad=hidden), resample(GRID, flux, bad=hidden)
    assert np.flatnonzero(out.mask).tolist() == sorted(bad)
    assert (out.ivar[out.mask] == 0).all() and (out.ivar[~out.mask] == 1).all()
    np.testing.assert_array_equal(out.flux, clean.flux)
    np.testing.assert_allclose(out.flux[~hidden], flux[~hidden], rtol=1e-6)
    assert flux[~hidden].min() - 1e-6 <= out.flux.min() <= out.flux.max() <= flux.max() + 1e-6


@anywhere
@given(level=sizes, factor=sizes)
def test_flux_and_ivar_scale_as_their_units_do(level, factor):
    rng = np.random.default_rng(3)
    flux, ivar = rng.normal(level, level / 10, 3909), rng.uniform(0.5, 2, 3909) / level**2
    one, other = resample(LAMOST, flux, ivar), resample(LAMOST, factor * flux, ivar / factor**2)
    np.testing.assert_allclose(other.flux, factor * one.flux, rtol=1e-5, atol=1e-6 * factor * level)
    np.testing.assert_allclose(other.ivar, one.ivar / factor**2, rtol=1e-5)


@settings(anywhere, max_examples=40)
@given(
    flux=arrays(np.float32, 3800, elements=st.floats(-1e6, 1e6, width=32), fill=st.just(1.0)),
    ivar=arrays(np.float32, 3800, elements=st.floats(0, 1e6, width=32), fill=st.just(0.5)),
    coeff0=st.floats(3.55, 3.60),
    z=st.floats(-0.01, 0.01),
    obsid=st.integers(0, 2**53),
    subclass=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=12),
)
def test_what_is_written_is_read_back(flux, ivar, coeff0, z, obsid, subclass):
    cards = [("OBSID", obsid, ""), ("CLASS", "STAR", ""), ("SUBCLASS", subclass, ""), ("Z", z, "")]
    mask = np.zeros(3800)
    mask[5:9] = 64
    data = encode(cards, flux, ivar, mask, mask, coeff0, LOG10_STEP)
    try:
        spectrum = read(Member("night.tar/a.fits.gz", data))
    except Rejected as rejected:
        assert not ((flux != 0) & (ivar > 0)).any() and "flux" in rejected.reason
        return
    np.testing.assert_array_equal(spectrum.flux, flux.astype(float))
    np.testing.assert_array_equal(spectrum.ivar, ivar.astype(float))
    np.testing.assert_array_equal(spectrum.bad, (flux == 0) | (ivar == 0) | (mask != 0))
    assert (spectrum.obsid, spectrum.z) == (obsid, z)
    assert spectrum.subclass == subclass.rstrip()
    assert spectrum.wavelength == pytest.approx(10 ** (coeff0 + 1e-4 * np.arange(3800)), rel=1e-12)


def check(packed: Packed) -> None:
    """See that a spectrum is one that the store and the catalogue can hold."""
    spectrum, entry = packed.spectrum, packed.entry
    assert np.isfinite(spectrum.flux).all() and spectrum.flux.any()
    assert np.isfinite(spectrum.ivar).all()
    np.testing.assert_array_equal(spectrum.ivar > 0, ~spectrum.mask)
    for name in COLUMNS.keys() - {"row", "file"}:
        if COLUMNS[name] == "str":
            assert entry[name].isascii() and entry[name].isprintable()
    assert entry["star"] and entry["observation"]
    assert entry["obsid"] is None or 0 <= entry["obsid"] < 2**63


@contextmanager
def raising_warnings() -> Iterator[None]:
    """Let any warning be an error: a user would see it on the terminal."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def verdict(file: Path | Member) -> str:
    """Return "spectrum" or the reason against it; anything else that comes of it is a fault."""
    began = time.perf_counter()
    try:
        with raising_warnings():
            check(pack(file, 0.35))
        found = "spectrum"
    except Rejected as rejected:
        found = rejected.reason
        assert found and found.isprintable()
    assert time.perf_counter() - began < SOON
    return found


@settings(anywhere, max_examples=400)
@given(st.data())
def test_any_damage_to_a_file_gives_a_spectrum_or_a_reason(valid, drawn):
    data = drawn.draw(st.sampled_from(valid).flatmap(damaged), label="file")
    assert verdict(Member("night.tar/a.fits", data))


@settings(anywhere, max_examples=150)
@given(st.data())
def test_any_damage_to_a_tar_gives_what_is_whole_and_reasons(valid, tmp_path, drawn):
    whole = make_tar(tmp_path / "night.tar", ("a.fits", valid[0]), ("p/b.fits", valid[4]))
    data = drawn.draw(damaged(whole.read_bytes()), label="tar")
    path = tmp_path / "damaged.tar"
    path.write_bytes(zlib.compress(data, 1, 31) if drawn.draw(st.booleans()) else data)
    with raising_warnings():
        found = list(members(path))
    for member in found:
        assert member.name.startswith(str(path))
        verdict(member)
    assert count(path) == len(found)
    assert sorted(it.name for it in tmp_path.iterdir()) == ["damaged.tar", "night.tar", "valid"]


LIES = ["NAXIS1", "NAXIS2", "NAXIS", "PCOUNT", "TFIELDS", "BITPIX"]


@pytest.mark.parametrize("key", LIES)
@pytest.mark.parametrize("value", ["999", "2000000000", "99999999999999999999", "-7"])
def test_a_size_that_is_a_lie_takes_no_memory(valid, key, value):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for data in valid[:4]:
        for place in range(0, len(data) - 80, 80):
            if data[place : place + 10] == key.ljust(8).encode() + b"= ":
                card = f"{key:<8}= {value:>20}".ljust(80).encode()
                verdict(Member("a.fits", data[:place] + card + data[place + 80 :]))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 200_000  # KiB
