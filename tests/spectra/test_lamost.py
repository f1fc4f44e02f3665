"""The reader of LAMOST files: both formats, their quirks, and everything that is none of them."""

import csv
import gzip
import os
import threading

import numpy as np
import pytest
from astropy.io import fits

from lcgan.spectra.contents import MAX_BYTES
from lcgan.spectra.fits_bytes import hdus
from lcgan.spectra.lamost import Rejected, read
from lcgan.spectra.packing import pack


def astropy_arrays(path):
    """Flux, ivar and and-mask as astropy reads them, and the primary header."""
    with fits.open(path) as opened:
        header = opened[0].header
        if opened[0].data is not None:
            flux, ivar, _, and_mask, _ = opened[0].data.astype(float)
        else:
            row = opened[1].data[0]
            flux, ivar, and_mask = (row[name].astype(float) for name in ("FLUX", "IVAR", "ANDMASK"))
    return flux, ivar, and_mask, header


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("kind", ["old", "new"])
@pytest.mark.parametrize("name", ["a.fits", "a.fits.gz"])
def test_both_formats_give_what_was_written(tmp_path, lamost_file, kind, name, dtype):
    flux = 5 + np.arange(3909.0)
    spectrum = read(lamost_file(tmp_path / name, kind, flux=flux, dtype=dtype))
    assert np.array_equal(spectrum.flux, flux)
    assert np.array_equal(spectrum.ivar, np.full(3909, 0.01, dtype).astype(float))
    assert not spectrum.bad.any()
    assert spectrum.wavelength[[0, 1000]] == pytest.approx([10**3.5682, 10**3.6682], rel=1e-14)
    assert spectrum.wavelength[0] == pytest.approx(3699.985, abs=1e-3)
    assert (spectrum.obsid, spectrum.fibre) == (101001, "55859-F5902-1-1")
    assert (spectrum.class_, spectrum.subclass) == ("STAR", "G7")
    assert spectrum.snr == (0.7, 12.22, 27.16, 36.14, 21.07)
    assert (spectrum.z, spectrum.ra, spectrum.dec) == (-0.0001387, 332.202274, -2.056767)
    assert spectrum.star == "LAMOST J220848.54-020324.3"


def test_real_files_read_as_astropy_reads_them(real):
    files = sorted((real / "lamost").iterdir())[::7]
    for path in files:
        flux, ivar, and_mask, header = astropy_arrays(path)
        spectrum = read(path)
        assert np.array_equal(spectrum.flux, flux), path.name
        assert np.array_equal(spectrum.ivar, ivar), path.name
        assert spectrum.bad[(ivar == 0) | (and_mask != 0) | (flux == 0)].all(), path.name
        assert not spectrum.bad[(ivar > 0) & (and_mask == 0) & (flux != 0)].any(), path.name
        expected = 10 ** (header["COEFF0"] + header["COEFF1"] * np.arange(len(flux)))
        assert spectrum.wavelength == pytest.approx(expected, rel=1e-12), path.name
        assert spectrum.subclass == header["SUBCLASS"].strip()
        snr_g = header.get("SNRG", header.get("SN_G"))
        assert spectrum.snr[1] == snr_g or (snr_g == -9999 and np.isnan(spectrum.snr[1]))
        assert (spectrum.ra, spectrum.dec) == (header["RA"], header["DEC"])
        assert spectrum.obsid == header.get("OBSID")


def number(text: str) -> float:
    """A cell of the manifest: NaN where it is empty or LAMOST's -9999."""
    return float(text) if text and float(text) != -9999 else np.nan


def test_every_real_file_is_what_the_manifest_says(real):
    with (real / "MANIFEST.csv").open() as handle:
        lines = [line for line in csv.DictReader(handle) if line["file"].startswith("lamost/")]
    assert len(lines) == len(list((real / "lamost").iterdir())) > 200
    for line in lines:
        spectrum, name = read(real / line["file"]), line["file"]
        assert (spectrum.class_, spectrum.subclass) == (line["class"], line["subclass"]), name
        assert str(spectrum.obsid or "") == line["obsid"], name
        snr = [number(line[f"snr{band}"]) for band in "ugriz"]
        np.testing.assert_array_equal(spectrum.snr, snr, name)
        assert spectrum.z == pytest.approx(number(line["z"]), rel=1e-6, nan_ok=True), name
        assert len(spectrum.flux) == len(spectrum.wavelength) == int(line["npix"]), name
        assert "ivar=0" not in line["oddities"] or spectrum.bad.any(), name
        assert "andmask" not in line["oddities"] or spectrum.bad.any(), name
        assert spectrum.star.startswith("LAMOST J") and spectrum.fibre.count("-") >= 3, name


def test_real_files_of_other_instruments_are_named(real):
    with (real / "MANIFEST.csv").open() as handle:
        lines = [line for line in csv.DictReader(handle) if line["file"].startswith("not_")]
    said = {"LAMOST MRS": "LAMOST medium-res", "SDSS spec": "SDSS spec ", "SDSS DR7": "SDSS spSpec"}
    assert len(lines) == len(list((real / "not_lamost_lrs").iterdir())) > 3
    for line in lines:
        kind = next((said[key] for key in said if line["format"].startswith(key)), "FITS of ")
        with pytest.raises(Rejected, match=f"^{kind}"):
            read(real / line["file"])


@pytest.mark.parametrize("kind", ["old", "new"])
def test_late_starts_and_early_ends_are_masked(tmp_path, lamost_file, kind):
    """As 3837 Å to 8915 Å, or a file that ends within the grid."""
    changes = {"COEFF0": 3.5840, "flux": np.full(3662, 7.0)}
    spectrum = read(lamost_file(tmp_path / "a.fits", kind, **changes))
    assert spectrum.wavelength[[0, -1]] == pytest.approx([3837.07, 8914.6], abs=0.5)
    packed = pack(tmp_path / "a.fits", 0.35)
    assert packed.entry["masked_pixels"] == 158 and packed.spectrum.mask[:158].all()
    assert packed.spectrum.flux == pytest.approx(np.full(3700, 7.0))
    lamost_file(tmp_path / "b.fits", kind, flux=np.full(3300, 7.0))
    packed = pack(tmp_path / "b.fits", 0.35)
    assert packed.entry["masked_pixels"] == 400 and packed.spectrum.mask[3300:].all()


def test_what_is_not_measured_does_not_reach_the_packed_flux(tmp_path, lamost_file):
    """A dead blue end, filling with an inverse variance, flags 1, 4 and 64, and flux without it."""
    clean = 1000 + np.arange(3909.0)
    flux, ivar, flags = clean.copy(), np.full(3909, 0.5), np.zeros(3909)
    flux[:227], flux[3880:] = 0, 0
    flux[1000:1020], ivar[1000:1020] = 1e6, 0
    flux[2000:2006], flags[2000:2006] = -1e6, (1, 1, 4, 4, 64, 64)
    for kind in ("old", "new"):
        keys = {"flux": flux, "ivar": ivar, "and_mask": flags}
        spectrum = pack(lamost_file(tmp_path / f"{kind}.fits", kind, **keys), 0.35).spectrum
        assert np.flatnonzero(spectrum.mask).tolist() == [
            *range(227),
            *range(1000, 1020),
            *range(2000, 2006),
        ]
        assert spectrum.flux[227:] == pytest.approx(clean[227:3700] + 0.01724, rel=1e-5)
        assert np.ptp(spectrum.flux[:227]) == 0 and 1227 <= spectrum.flux[0] <= 1277


def test_gzip_named_fits_and_plain_named_gz_are_both_read(tmp_path, lamost_file):
    assert read(lamost_file(tmp_path / "a.fits", zipped=True)).obsid == 101001
    assert read(lamost_file(tmp_path / "a.fits.gz", zipped=False)).obsid == 101001


def test_a_pipe_is_read_to_its_end(tmp_path, lamost_file):
    """`lcgan classify <(gunzip -c …)`: a pipe has no size to go by."""
    whole = lamost_file(tmp_path / "a.fits")
    pipe = tmp_path / "pipe.fits"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(whole.read_bytes()), daemon=True)
    writer.start()
    np.testing.assert_array_equal(read(pipe).flux, read(whole).flux)
    writer.join(10)


def test_early_files_have_other_keys_and_another_third_row(tmp_path, lamost_file):
    path = lamost_file(
        tmp_path / "a.fits",
        "old",
        third=np.linspace(-1, 1, 3909),
        without=("OBSID", "DATA_V", "SNRU", "SNRG", "SNRR", "SNRI", "SNRZ"),
        EXTEN0="Flux Inverse Subcontinuum Andmask Ormask",
        SN_U=2.36,
        SN_G=6.19,
        SN_R=19.68,
        SN_I=35.63,
        SN_Z=99.0,
    )
    spectrum = read(path)
    assert spectrum.obsid is None
    assert spectrum.fibre == "55859-F5902-1-1"
    assert spectrum.snr == (2.36, 6.19, 19.68, 35.63, 99.0)
    assert spectrum.wavelength[0] == pytest.approx(3699.985, abs=1e-3)


def test_placeholders_and_missing_keys_become_nan(tmp_path, lamost_file):
    spectrum = read(lamost_file(tmp_path / "a.fits", without=("SNRU", "DEC"), Z=-9999, SNRG=-9999))
    assert np.isnan(spectrum.z)
    assert np.isnan(spectrum.dec)
    assert np.isnan(spectrum.snr[:2]).all()
    assert spectrum.snr[2] == 27.16


def test_a_file_without_class_and_subclass_is_still_a_spectrum(tmp_path, lamost_file):
    spectrum = read(lamost_file(tmp_path / "a.fits", without=("CLASS", "SUBCLASS")))
    assert (spectrum.class_, spectrum.subclass) == ("", "")


def test_bad_pixels(tmp_path, lamost_file):
    flux, ivar, and_mask = np.full(3909, 7.0), np.full(3909, 0.5), np.zeros(3909)
    ivar[10] = 0  # with flux
    flux[20] = 0  # with ivar > 0
    flux[30] = np.nan
    ivar[40] = np.inf
    and_mask[50] = 64
    ivar[60] = -1
    flux[70] = -3  # negative flux is noise, not a fault
    spectrum = read(lamost_file(tmp_path / "a.fits", flux=flux, ivar=ivar, and_mask=and_mask))
    assert np.flatnonzero(spectrum.bad).tolist() == [10, 20, 30, 40, 50, 60]


def test_star_is_named_by_star_then_designation_then_place(tmp_path, lamost_file):
    assert read(lamost_file(tmp_path / "a.fits", STAR="HD 47839")).star == "HD 47839"
    place = read(lamost_file(tmp_path / "b.fits", without=("DESIG",)))
    assert place.star == "332.2023-2.0568"


def test_table_without_coefficients_takes_its_wavelength_column(tmp_path, lamost_file):
    path = lamost_file(tmp_path / "a.fits", without=("COEFF0", "COEFF1"))
    assert read(path).wavelength == pytest.approx(10 ** (3.5682 + 1e-4 * np.arange(3909)), rel=1e-7)


def test_an_observation_without_its_keys_is_named_by_its_flux(tmp_path, lamost_file):
    one = read(lamost_file(tmp_path / "a.fits", without=("OBSID", "PLANID")))
    same = read(lamost_file(tmp_path / "b.fits", "old", without=("OBSID", "PLANID"), RA=1.0))
    other = read(lamost_file(tmp_path / "c.fits", without=("PLANID",), flux=np.arange(1, 3910)))
    assert one.fibre == same.fibre != other.fibre


REJECTED_KEYS = {
    "air": ({"VACUUM": False}, "wavelengths in air"),
    "step": ({"COEFF1": 0.0002}, r"wrong grid: 0.0002 .*\(COEFF1\)"),
    "first": ({"COEFF0": 8.0}, r"wrong grid: the first pixel lies at 10\^8"),
    "zero": ({"flux": np.zeros(3909)}, "all-zero flux"),
    "nan": ({"flux": np.full(3909, np.nan)}, "no finite flux"),
    "no ivar": ({"ivar": np.zeros(3909)}, "no pixel has both flux and inverse variance"),
    "coeff": ({"without": ("COEFF0", "COEFF1")}, "missing header key COEFF0, COEFF1"),
    "coeff1": ({"without": ("COEFF1",)}, "missing header key COEFF1"),
    "inf": ({"COEFF1": "1E999"}, "missing header key COEFF1"),
    "short": ({"flux": [1.0]}, "a spectrum of 1 pixels"),
    "long": ({"flux": np.ones(20_000)}, "a spectrum of 20,000 pixels"),
}


@pytest.mark.parametrize("case", REJECTED_KEYS)
def test_old_file_rejected(tmp_path, lamost_file, case):
    changes, reason = REJECTED_KEYS[case]
    with pytest.raises(Rejected, match=reason):
        read(lamost_file(tmp_path / "a.fits", "old", **changes))


def test_new_file_rejected(tmp_path, lamost_file):
    linear = np.linspace(3700, 9100, 3909)
    with pytest.raises(Rejected, match="wrong grid: the WAVELENGTH column leaves"):
        read(lamost_file(tmp_path / "a.fits", third=linear))
    with pytest.raises(Rejected, match="lacks the column IVAR"):
        read(lamost_file(tmp_path / "b.fits", columns=("FLUX", "WAVELENGTH")))
    gaps = 10 ** (3.5682 + 1e-4 * np.arange(3909))
    gaps[:9] = -9999, np.nan, 0, *gaps[3:9]
    assert read(lamost_file(tmp_path / "gaps.fits", third=gaps)).wavelength[0] > 3699
    with pytest.raises(Rejected, match="missing header key COEFF0"):
        read(lamost_file(tmp_path / "d.fits", third=gaps, without=("COEFF0",)))
    with pytest.raises(Rejected, match="missing header key COEFF0"):
        without = {"without": ("COEFF0", "COEFF1"), "columns": ("FLUX", "IVAR")}
        read(lamost_file(tmp_path / "c.fits", **without))


def test_files_that_are_no_fits(tmp_path, lamost_file):
    whole = lamost_file(tmp_path / "a.fits.gz").read_bytes()
    plain = gzip.decompress(whole)
    cases = {
        "empty": (b"", r"empty file \(0 bytes\)"),
        "cut.gz": (whole[: len(whole) // 2], r"truncated gzip: [\d,]+ bytes could be unzipped"),
        "cut_at_the_end.gz": (whole[:-8], "truncated gzip"),
        "crc.gz": (whole[:-8] + b"12345678", "damaged gzip"),
        "cut": (plain[:60000], r"truncated FITS: [\d,]+ of 93,816 bytes of data"),
        "cut_in_header": (plain[:1000], "truncated FITS: the file ends after 1,000 bytes"),
        "text": (b"file,class\na,O\n", r"not FITS: text that begins 'file,class"),
        "html": (b"<!DOCTYPE html><title>403", "an HTML page"),
        "png": (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        "bytes": (b"\x00\x01\x02" * 99, "it begins with the bytes 00 01 02"),
        "huge": (plain + bytes(MAX_BYTES), "larger than 16 MiB"),
        "chain.gz": (gzip.compress(b"") * 99_999, "more than 16 gzip files in one"),
        "bomb.gz": (gzip.compress(bytes(MAX_BYTES + 2880)), "unzips to more than 16 MiB"),
    }
    for name, (content, reason) in cases.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(Rejected, match=reason):
            read(path)
    with pytest.raises(Rejected, match=r"cannot be read \(No such file"):
        read(tmp_path / "absent.fits")
    with pytest.raises(Rejected, match="cannot be read"):
        read(tmp_path)


def write(path, *parts):
    fits.HDUList(list(parts)).writeto(path)
    return path


def test_other_instruments_are_named(tmp_path):
    names = ("flux", "loglam", "ivar")
    pixels = [fits.Column(name, "E", array=np.ones(4000)) for name in names]
    table = fits.BinTableHDU.from_columns(pixels, name="COADD")
    sdss = fits.PrimaryHDU(header=fits.Header({"TELESCOP": "SDSS 2.5-M", "COEFF0": 3.58}))
    with pytest.raises(Rejected, match="SDSS spec file"):
        read(write(tmp_path / "spec.fits", sdss, table))
    with pytest.raises(Rejected, match="SDSS spec file"):
        read(write(tmp_path / "unnamed.fits", fits.PrimaryHDU(), table))
    image = fits.PrimaryHDU(np.ones((5, 3820), "f4"), sdss.header.copy())
    with pytest.raises(Rejected, match=r"SDSS spSpec file \(image of 5 rows\)"):
        read(write(tmp_path / "spSpec.fits", image))
    arms = [fits.BinTableHDU.from_columns(pixels, name=f"COADD_{arm}") for arm in "BR"]
    with pytest.raises(Rejected, match="LAMOST medium-resolution"):
        read(write(tmp_path / "med.fits", fits.PrimaryHDU(), *arms))
    single = [fits.BinTableHDU.from_columns(pixels, name=f"{arm}-84107311") for arm in "BR"]
    with pytest.raises(Rejected, match="LAMOST medium-resolution"):
        read(write(tmp_path / "single.fits", fits.PrimaryHDU(), *single))
    keys = fits.Header({"PLATEID": 1117, "MJD": 52885, "COEFF0": 3.582, "COEFF1": 1e-4})
    with pytest.raises(Rejected, match=r"SDSS spSpec file \(image of 5 rows\)"):
        read(write(tmp_path / "bare.fits", fits.PrimaryHDU(np.ones((5, 3820), "f4"), keys)))
    catalogue = fits.BinTableHDU.from_columns(pixels[:1], name="catalogue")
    with pytest.raises(Rejected, match="1 extension, CATALOGUE of 4,000 rows; a LAMOST"):
        read(write(tmp_path / "catalogue.fits", fits.PrimaryHDU(), catalogue))
    whole = (tmp_path / "med.fits").read_bytes()
    (tmp_path / "cut.fits").write_bytes(whole[: whole.index(b"COADD_R")])
    with pytest.raises(Rejected, match="LAMOST medium-resolution"):
        read(tmp_path / "cut.fits")
    coude = fits.PrimaryHDU(np.ones(1997), fits.Header({"TELESCOP": "ZEISS-2m"}))
    with pytest.raises(Rejected, match=r"FITS of ZEISS-2m with an image of shape \(1997,\)"):
        read(write(tmp_path / "oe.fits", coude))


@pytest.mark.filterwarnings("error")
def test_any_damage_is_either_read_or_rejected(tmp_path, lamost_file):
    """Cut and flipped bytes never raise anything but Rejected."""
    rng = np.random.default_rng(1)
    path, n_rejected = tmp_path / "damaged.fits", 0
    for kind in ("old", "new"):
        data = lamost_file(tmp_path / f"{kind}.fits", kind).read_bytes()
        for _ in range(300):
            damaged = bytearray(data[: rng.integers(1, len(data))] if rng.random() < 0.3 else data)
            for at in rng.integers(0, min(len(damaged), 11520), 20):
                damaged[at] = rng.integers(256)
            path.write_bytes(damaged)
            try:
                pack(path, 0.35)
            except Rejected as rejected:
                n_rejected += 1
                assert "\n" not in rejected.reason
    assert n_rejected > 100


@pytest.mark.parametrize(("value", "obsid"), [(1.5, None), (7.0, 7), (-1, None)])
def test_an_obsid_is_a_whole_number(tmp_path, lamost_file, value, obsid):
    spectrum = read(lamost_file(tmp_path / "a.fits", "old", OBSID=value))
    assert spectrum.obsid == obsid


def test_columns_of_text_and_bits_are_passed_over(tmp_path):
    flux = 5 + np.arange(3909.0)
    vectors = {"NOTE": ("20A", ["a text"]), "BITS": ("12X", np.ones((1, 12), bool))}
    vectors |= {name: ("3909E", values[None]) for name, values in (("flux", flux), ("ivar", flux))}
    columns = [fits.Column(name, form, array=it) for name, (form, it) in vectors.items()]
    header = fits.Header({"COEFF0": 3.5682, "COEFF1": 1e-4})
    table = fits.BinTableHDU.from_columns(columns, name="COADD")
    spectrum = read(write(tmp_path / "a.fits", fits.PrimaryHDU(header=header), table))
    assert np.array_equal(spectrum.flux, flux) and np.array_equal(spectrum.ivar, flux)


def test_headers_read_as_astropy_reads_them(tmp_path):
    header = fits.Header()
    header["QUOTE"] = "it's / quoted"
    header["EXPO"] = 1.5e-7
    header["FLAG"] = False
    fits.PrimaryHDU(np.ones((2, 3), "i2"), header).writeto(tmp_path / "a.fits")
    (hdu,) = hdus((tmp_path / "a.fits").read_bytes())
    assert hdu.text("QUOTE") == "it's / quoted"
    assert hdu.number("EXPO") == 1.5e-7
    assert hdu.text("FLAG") == "F"
    assert np.isnan(hdu.number("QUOTE"))
    assert hdu.shape == (2, 3)
    assert np.array_equal(hdu.image(), np.ones((2, 3)))


def test_the_header_ends_at_the_card_end_and_a_key_given_twice_counts_once():
    cards = ["SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0", "COMMENT to the END      of it"]
    cards += ["NOTE    = 'the END     of'", "WHICH   = 1", "WHICH   = 2", "END", "LATE    = 3"]
    header = hdu_of("".join(card.ljust(80) for card in cards).encode().ljust(2880))
    assert header.whole("WHICH") == 1 and header.text("NOTE") == "the END     of"
    assert "COMMENT" not in header and "LATE" not in header and header.text("LATE") == ""
    assert header.data_start == 2880
    with pytest.raises(Rejected, match="truncated FITS: the file ends after 560 bytes, in a head"):
        hdu_of("".join(card.ljust(80) for card in cards[:7]).encode())
    with pytest.raises(Rejected, match="truncated FITS"):
        hdu_of("".join(card.ljust(80) for card in cards[:7]).encode() + b"END     ")


def hdu_of(data):
    return next(hdus(data))


def test_a_header_without_its_filling_is_truncated_whatever_it_announces(tmp_path):
    cards = ["SIMPLE  =                    T", "BITPIX  =                  -32"]
    cards += ["NAXIS   =                    2", "NAXIS1  =                    0"]
    cards += ["NAXIS2  =                    5", "TELESCOP= 'LAMOST  '", "END"]
    path = tmp_path / "cut.fits"
    path.write_bytes("".join(card.ljust(80) for card in cards).encode())
    with pytest.raises(Rejected, match=r"truncated FITS: the file ends after 560 bytes, in a head"):
        read(path)
