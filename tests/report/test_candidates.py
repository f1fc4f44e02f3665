"""The page of candidates: what is on it, and that it stands alone."""

import re

import numpy as np
import pytest

from lcgan.evidence.columns import WIDTH_ERRORS, WIDTHS
from lcgan.report import candidate_plots
from lcgan.report.candidates import Gallery, sexagesimal
from lcgan.spectra.lamost import Spectrum

COLUMNS = ["p_O", "p_F", "calibrated_O", "calibrated_F"]
WAVELENGTH = 10 ** (3.5682 + 1e-4 * np.arange(3909))


def spectrum(**changes) -> Spectrum:
    known = {
        "obsid": 1,
        "fibre": "55859-F5902-1-1",
        "class_": "STAR",
        "subclass": "O9",
        "snr": (5.0, 20.0, 30.0, 31.0, float("nan")),
        "z": -1e-4,
        "ra": 83.8221,
        "dec": -5.3911,
        "star": "<b>J0535</b>",
        "wavelength": WAVELENGTH,
        "flux": (WAVELENGTH / 5000) ** -3,
        "ivar": np.ones(3909),
        "bad": np.arange(3909) < 40,
    }
    return Spectrum(**known | changes)


def row(p_o: float, **changes) -> dict:
    known = {"path": "night/a&b.fits", "obsid": 7, "class": "O", "snr": 20.0, "z": -1e-4}
    known |= {"ra": 83.8221, "dec": -5.3911, "o_evidence": "supports", "outlier_score": 0.4}
    known |= {"p_O": p_o, "p_F": 1 - p_o, "calibrated_O": p_o**2, "calibrated_F": 1 - p_o**2}
    known |= dict.fromkeys(WIDTHS, 0.5) | dict.fromkeys(WIDTH_ERRORS, 0.1)
    return known | changes


def page_of(gallery: Gallery, tmp_path, said=()) -> str:
    gallery.write(tmp_path / "page.html", "models:/o-star@champion", COLUMNS, said, 1234)
    return (tmp_path / "page.html").read_text(encoding="utf-8")


def test_a_panel_shows_the_spectrum_and_all_that_is_known_of_it(tmp_path):
    gallery = Gallery()
    gallery.add(row(0.9), spectrum())
    html = page_of(gallery, tmp_path, ["p_O >= 0.5 keeps <some>"])
    assert html.count("<article") == 1 and html.count("<svg") == 3
    for words in (
        "1 O-star candidate <span>among 1,234 files",
        "05:35:17.30 -05:23:28.0",
        "obsid 7",
        "lines support O",
        "night/a&amp;b.fits",
        "&lt;b&gt;J0535&lt;/b&gt;",
        "u 5, g 20, r 30, i 31",
        "-30 km/s",
        "keeps &lt;some&gt;",
        "models:/o-star@champion",
        "He II 4542",
        "± 0.10",
    ):
        assert words in html, words
    assert re.search(r"0\.900.*0\.810", html, re.S), "both probabilities of O"


def test_the_page_needs_nothing_from_elsewhere(tmp_path):
    gallery = Gallery()
    gallery.add(row(0.9), spectrum())
    html = page_of(gallery, tmp_path)
    assert not re.search(r"https?://|<script|<link|<img|url\(|@import", html)


def test_the_best_are_kept_in_order_and_the_cap_is_told(tmp_path):
    gallery = Gallery(most=3)
    for number, p in enumerate((0.6, 0.9, 0.7, 0.95, 0.9)):
        gallery.add(row(p, obsid=number), spectrum())
    assert [it.row["obsid"] for it in gallery.candidates()] == [3, 1, 4]
    html = page_of(gallery, tmp_path)
    assert "5 O-star candidates" in html
    assert "Shown: the 3 with the greatest p(O). The other 2 are in the table only." in html


def test_where_nothing_is_known_the_page_is_still_whole(tmp_path):
    gallery = Gallery()
    nan = float("nan")
    bare = {"path": "x.fits", "obsid": None, "class": "O", "p_O": 0.8, "p_F": 0.2}
    bare |= {"snr": nan, "ra": nan, "dec": nan}
    read = spectrum(ra=nan, dec=nan, z=nan, snr=(nan,) * 5, class_="", bad=np.ones(3909, bool))
    gallery.add(bare, read)
    gallery.write(tmp_path / "page.html", "m", ["p_O", "p_F"], (), 1)
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "x.fits" in html and "lines not measured" in html and "nan" not in html.lower()
    assert "No O-star candidate" in page_of(Gallery(), tmp_path)


@pytest.mark.parametrize(
    ("ra", "dec", "said"),
    [
        (0.0, 0.0, "00:00:00.00 +00:00:00.0"),
        (359.99999, 89.99999, "00:00:00.00 +90:00:00.0"),  # rounded up, not 24:00:60
        (10.0, -0.01, "00:40:00.00 -00:00:36.0"),  # the sign of a small declination
        (float("nan"), 1.0, ""),
    ],
)
def test_positions_are_as_an_observer_types_them(ra, dec, said):
    assert sexagesimal(ra, dec) == said


def test_a_gap_breaks_the_line_and_a_line_is_marked_where_it_is_seen():
    flux = np.ones(3909)
    flux[1000:1100] = np.nan
    whole = candidate_plots.plots(WAVELENGTH, flux, 0.0)["whole"]
    path = re.search(r'class="flux" d="([^"]+)"', whole)[1]
    assert path.count("M") == 2 and "nan" not in whole
    at = [
        float(re.search(r'mark heii" d="M[\d. ]+L([\d.]+)', svg)[1])
        for svg in (candidate_plots.plots(WAVELENGTH, flux, z)["he_ii_5411"] for z in (0, 1e-3))
    ]
    # 5.4 Å to the red in a frame of 148 points for 95 Å
    assert at[1] - at[0] == pytest.approx(5.413 * 148 / 95, abs=0.11)
