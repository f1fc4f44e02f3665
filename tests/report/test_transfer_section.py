"""The page's section on the registered model, with and without a folder of real spectra."""

import re

import numpy as np
import pytest

from lcgan.params import load
from lcgan.report import figures, transfer_figures, transfer_section
from lcgan.scores.interval import proportion
from lcgan.stages import paths
from lcgan.stages import report as stage
from lcgan.tracking.runs import NoTracking


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<svg.*?</svg>|<[^>]+>", " ", html, flags=re.S))


def test_the_section_stands_on_the_page_with_its_figures(reported):
    page = (reported / paths.PAGE).read_text()
    text = plain(page)
    assert 'id="fig-most_o_like"' in page and 'id="fig-reliability"' in page
    assert "and 10 real spectra of the folder lamost" in text
    assert "/some/where" not in page, "only the folder's own name"
    assert re.search(r"A 1 (· 1|1 ·) 100.0", text), "the one A star, called O"
    assert "Left out, since a prior may have been fitted on them: 5; seen twice: 1" in text
    assert "at the temperature 1.52" in text
    assert (reported / paths.FIGURES / "most_o_like.png").stat().st_size > 10_000


def test_without_a_folder_it_says_so(project, write_transfer):
    write_transfer(project, "")
    stage.run(load("params.yaml"), NoTracking())
    page = paths.PAGE.read_text()
    assert "Real spectra: no folder is named." in plain(page)
    assert "fig-most_o_like" not in page and "fig-reliability" in page


def test_real_beside_reobserved_spectra_stand_on_the_page(reported):
    page = (reported / paths.PAGE).read_text()
    assert 'id="fig-observation"' in page
    text = plain(page)
    assert "told 48 real F, G, K spectra of 24 stars from 48 re-observed ones of 24 stars" in text
    assert re.search(r"AUC, flux of unit 2-norm [\d.]+\s%", text)
    assert re.search(r"AUC, over the continuum [\d.]+\s%", text)


def test_without_a_folder_nothing_is_said_of_real_beside_reobserved(project, write_transfer):
    write_transfer(project, "")
    stage.run(load("params.yaml"), NoTracking())
    page = paths.PAGE.read_text()
    assert 'id="observation"' not in page and "fig-observation" not in page
    assert not (paths.FIGURES / "observation.png").exists()


def test_each_bar_is_on_its_side():
    report = {
        "reobserved": {"bright": {"O": proportion(95, 100), "B": proportion(11, 100)}},
        "real": {
            "bright": {
                "called_o": {"fgkm": proportion(1, 200), "a": proportion(0, 0)},
                "accuracy": {"fgk": {"strict": proportion(8, 10), "tolerant": proportion(9, 10)}},
            }
        },
    }
    met = {bar["what"]: bar["met"] for bar in transfer_section.bars(report)}
    shown = {bar["what"]: bar["shown"] for bar in transfer_section.bars(report)}
    assert not any(shown.values()), "95 of 100 may be 89 %, 9 of 10 may be 60 %"
    many = {"O": proportion(990, 1000), "B": proportion(10, 1000)}
    surely = transfer_section.bars({"reobserved": {"bright": many}, "real": None})
    assert [bar["shown"] for bar in surely] == [True, True]
    assert met == {
        "re-observed, unseen: O recalled": True,
        "re-observed, unseen: B called O": False,
        "real: F, G, K, M called O": False,  # 0.5 %
        "real: F, G, K right": False,
        "the same, F9/G0 and G9/K0 alike": True,
    }


@pytest.mark.parametrize("n", [0, 3])
def test_the_figure_of_spectra_is_drawn_where_there_are_some(n):
    assert figures.TITLES.keys().isdisjoint(transfer_figures.TITLES)
    line = {"subclass": "A7V", "true": "A", "called": "O", "p_O": 0.5, "snr": None}
    drawn = transfer_figures.draw(
        {
            "calibration": {
                kind: {name: {"bins": [], "ece": {"value": None}} for name in ("called", "o")}
                for kind in ("p", "calibrated")
            },
            "real": {"most_o_like": [line | {"outlier": None}] * n},
        },
        np.full((n, 3700), 1 / np.sqrt(3700)),
    )
    assert list(drawn) == ["reliability", *(["most_o_like"] if n else [])]
