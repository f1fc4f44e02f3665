"""The section on likeness: every set beside its controls, every bar beside what was reached."""

import re

import pytest

from gan_likeness import curves, likeness, repeats
from lcgan.report import likeness_figures
from lcgan.report.likeness_section import bars, columns, number, parts, render, rows
from lcgan.scores.bars import BARS
from lcgan.scores.interval import proportion
from lcgan.scores.measures import MEASURES

SVG = {name: "<svg></svg>" for name in likeness_figures.TITLES}


def gan(shift: float = 0.0, **chosen) -> dict:
    content = likeness(2000, shift)
    content["chosen"] |= chosen
    rates = {"gan_train": proportion(300, 323), "gan_train_leakage_free": proportion(140, 173)}
    rates |= {"gan_test": proportion(990, 1000), "std_ratio_above_half": 0.7}
    others = {"gan_train": proportion(1, 323)}
    content["checkpoints"] = [{"iteration": 1000, **others}, {"iteration": 2000, **rates}]
    return content | {"repeats": repeats(content)}


@pytest.fixture
def gans():
    """Two GANs, one of a name that the report does not know."""
    return {"lcgan": gan(), "another_gan": gan(0.3)}


def test_each_score_is_shown_on_every_set(gans):
    assert columns(gans)[1:3] == ["LCGAN", "another_gan"]
    table = {row["words"]: row for row in rows(gans)}
    assert len(table) == len(MEASURES)
    row = table["precision"]
    # held-out first, then both GANs, noise, Data set 1 copied and with new noise, real F
    assert row["values"] == pytest.approx([0.0, 0.5, 0.8, 0.1, 0.2, 0.3, 0.4])
    assert [words for words, row in table.items() if not row["usable"]] == [
        MEASURES["authenticity"].words
    ]


def test_bars_are_held_against_the_chosen_checkpoint(gans):
    found = {bar["words"]: bar["values"] for bar in bars(gans)}
    assert len(found) == len(BARS)
    mean, spread, _ = found["GAN-train, Data set 2"][0]
    assert (mean, spread) == pytest.approx((300 / 323, 0.02))
    assert [met for *_, met in found["GAN-train, Data set 2"]] == [True, True]
    assert [met for *_, met in found["GAN-train, leakage-free"]] == [False, False]
    assert [met for *_, met in found["coverage of held-out O"]] == [False, True]  # 0.53, 0.83


def test_bars_are_of_the_mean_over_trainings(gans):
    gans["another_gan"]["repeats"]["scores"]["coverage"] |= {"mean": 0.1, "std": None}
    found = {bar["words"]: bar["values"] for bar in bars(gans)}
    assert found["coverage of held-out O"][1] == (0.1, None, False)  # the first training: 0.83


def test_data_set_1_itself_is_the_floor(gans):
    table = parts(gans)
    assert [row["set"] for row in table[::3]] == ["Data set 1 itself", "LCGAN", "another_gan"]
    assert [row["n"] for row in table[:3]] == [173, 80, 93]


def test_the_section_says_how_each_checkpoint_was_chosen(gans):
    gans["another_gan"]["chosen"] |= {"by": None}
    text = re.sub(r"<[^>]+>|\s+", " ", render(gans, SVG))
    assert "LCGAN: iteration 2,000, chosen among 2 by the best Fréchet distance" in text
    assert "another_gan: iteration 2,000, the last, since no score" in text
    assert "no: misplaces a control" in text and "not met" in text


def test_the_figures_have_a_row_for_every_gan_there_is():
    drawn = likeness_figures.draw({"lcgan": curves(), "another_gan": curves()})
    assert set(drawn) == set(likeness_figures.TITLES)
    labels = [text.get_text() for text in drawn["line_widths"].axes[0].get_yticklabels()]
    assert labels == ["real F", "another_gan", "LCGAN", "real O, held out", "real O, Data set 1"]
    # the subtype of F spectra was not measured: four sets are drawn
    assert len(drawn["line_widths"].axes[-1].lines) == 4 * 3


@pytest.mark.parametrize(
    ("value", "printed"),
    [(None, "–"), (0.12345, "0.123"), (-1.234, "−1.23"), (0.9997, "1.00"), (30018.2, "30,018")],
)
def test_numbers_have_three_digits(value, printed):
    assert number(value) == printed
