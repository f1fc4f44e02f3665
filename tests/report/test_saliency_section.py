"""What is said of where a network looks, on both sides of each limit."""

import numpy as np
import pytest

from lcgan.report import saliency_figures
from lcgan.report.drawing import style
from lcgan.report.figures import as_svg
from lcgan.report.lines import O_LINES
from lcgan.report.results import Saliency
from lcgan.report.saliency_section import render
from lcgan.spectra.grid import wavelength_grid


def looking(times: float) -> Saliency:
    """A network with `times` the even share near He II, the rest spread evenly."""
    wavelength = wavelength_grid()
    near = np.zeros(len(wavelength), bool)
    for line in O_LINES:
        if line.name.startswith("He II"):
            near |= np.abs(wavelength - line.wavelength) <= saliency_figures.WINDOW
    share = near.mean()
    size = np.where(near, times / len(near), (1 - times * share) / (~near).sum())
    return Saliency(size, size, np.full((2, 2, 4), 0.5), 7)


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (2.1, "it looks at He II."),
        (1.9, "a little more than elsewhere"),
        (1.3, "a little more than elsewhere"),
        (1.2, "does not look at He II more"),
        (0.5, "does not look at He II more"),
    ],
)
def test_the_words_follow_the_share_of_he_ii(times, words):
    text = saliency_figures.sentence("lcgan", looking(times))
    assert words in text and f"{times:.1f} times" in text


def test_the_section_has_a_sentence_and_both_figures_and_is_empty_without_networks():
    found = {"lcgan": looking(2.5)}
    with style():
        drawn = saliency_figures.draw(found)
    text = str(render(found, as_svg(drawn, saliency_figures.TITLES)))
    assert text.count("<svg") == 2 and "LCGAN: " in text
    assert str(render({}, {})) == ""
