"""A handful of labelled spectra whose rates are counted by hand."""

import pandas as pd
import pytest

from lcgan.scores.transfer import most_o_like, rates, transfer

CLASSES = ("O", "B", "A", "F", "G", "K", "M", "other")
#: true, subclass, called, p_O, snr, outlier
ROWS = [
    ("F", "F9", "G", 0.01, 30.0, False),  # an edge
    ("F", "F5", "F", 0.02, 30.0, False),
    ("F", "F0", "O", 0.90, 12.0, False),
    ("G", "G0", "F", 0.00, 8.0, False),  # an edge, but faint
    ("G", "G9", "F", 0.00, 40.0, False),  # an edge, on the other side
    ("K", "dK0", "G", 0.00, 60.0, False),  # an edge
    ("K", "K5", "O", 0.70, 25.0, True),
    ("M", "M2", "M", 0.00, 11.0, False),
    ("A", "A1V", "O", 0.95, 15.0, False),
    ("A", "A7V", "A", 0.10, float("nan"), False),
    ("GALAXY", "Non", "O", 0.99, 20.0, True),
    ("UNKNOWN", "Non", "O", 1.00, 20.0, None),
    ("O", "O9", "O", 1.00, 20.0, False),
]
TABLE = pd.DataFrame(ROWS, columns=["true", "subclass", "called", "p_O", "snr", "outlier"])


def counts(share: dict) -> tuple[int, int]:
    return share["k"], share["n"]


def test_rates_by_hand():
    found = rates(TABLE)
    assert {name: counts(it) for name, it in found["called_o"].items()} == {
        "fgkm": (2, 8),
        "a": (1, 2),
        "not_o": (4, 11),  # the galaxy too; neither the O star nor what is unknown
    }
    assert counts(found["called_o_kept"]["fgkm"]) == (1, 8)
    assert counts(found["called_o_kept"]["not_o"]) == (2, 11)
    assert counts(found["accuracy"]["fgk"]["strict"]) == (1, 7)
    assert counts(found["accuracy"]["fgk"]["tolerant"]) == (4, 7)
    assert counts(found["accuracy"]["a_to_m"]["strict"]) == (3, 10)
    assert found["called_o"]["a"]["low"] < 0.5 < found["called_o"]["a"]["high"]


def test_bright_and_binned_leave_out_faint_ones_and_those_without_an_snr():
    found = transfer(TABLE, CLASSES, 10.0)
    assert found["n"] == 13 and found["bright"]["n"] == 11
    assert counts(found["bright"]["called_o"]["a"]) == (1, 1)
    assert counts(found["bright"]["accuracy"]["fgk"]["tolerant"]) == (3, 6)
    assert [(it["low"], it["high"], it["n"]) for it in found["by_snr"]] == [
        (0.0, 10.0, 1),
        (10.0, 20.0, 3),
        (20.0, 50.0, 7),
        (50.0, None, 1),
    ]


def test_each_class_and_the_confusion():
    found = transfer(TABLE, CLASSES, 10.0)
    assert list(found["by_class"]) == ["O", "A", "F", "G", "K", "M", "GALAXY", "UNKNOWN"]
    f = found["by_class"]["F"]
    assert (f["n"], f["called"]["O"], f["called"]["G"]) == (3, 1, 1)
    assert counts(found["by_class"]["K"]["called_o_kept"]) == (0, 2)
    assert counts(found["by_class"]["GALAXY"]["outliers"]) == (1, 1)
    assert found["confusion"]["G"] == [0, 0, 0, 2, 0, 0, 0, 0]
    four = transfer(TABLE, ("O", "F", "G", "K"), 10.0)
    assert four["confusion"]["F"] == [1, 1, 1, 0]


def test_the_most_o_like_are_known_to_be_none():
    assert most_o_like(TABLE, 3) == [10, 8, 2]
    assert len(most_o_like(TABLE)) == 10


@pytest.mark.parametrize("subclass", ["F9", "F9V", "dF9"])
def test_an_edge_is_told_however_it_is_written(subclass):
    one = TABLE.iloc[:1].assign(subclass=subclass)
    assert counts(rates(one)["accuracy"]["fgk"]["tolerant"]) == (1, 1)


@pytest.mark.parametrize("subclass", ["F9.5", "F8", "A9", "F"])
def test_what_is_no_edge_is_a_mistake(subclass):
    one = TABLE.iloc[:1].assign(subclass=subclass)
    assert counts(rates(one)["accuracy"]["fgk"]["tolerant"]) == (0, 1)
