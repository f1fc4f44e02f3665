from types import SimpleNamespace

import pandas as pd
import pytest

from lcgan.datasets import draw, duplicate_to, table_1, training_part
from lcgan.errors import UserError


def sizes(**changes):
    default = {
        "unseen_stars": {"O": 1, "F": 1, "G": 1, "K": 1},
        "data_set_1": {"O": 5},
        "data_set_2": {"O": 12},
        "data_set_3": {"O": 30, "F": 8},
        "data_set_4": {"O": 10, "F": 8, "G": 8, "K": 8},
        "data_set_5": {"O": 10, "F": 10, "G": 10, "K": 10},
        "held_out": {"F": 4, "G": 4, "K": 4},
        "early_stop_fraction": 0.3,
    }
    return SimpleNamespace(**default | changes)


@pytest.fixture
def catalogue():
    """Three O stars of 4 spectra each; four stars of 5 each in F, G, K; two B."""
    lines = []
    for kind, n_stars, each in (("O", 3, 4), ("F", 4, 5), ("G", 4, 5), ("K", 4, 5), ("B", 1, 2)):
        for star in range(n_stars):
            lines += [(kind, f"{kind}{star}")] * each
    table = pd.DataFrame(lines, columns=["class", "star"])
    return table.assign(row=range(len(table)))


def test_sets_hold_and_exclude_what_they_should(catalogue):
    sets, kept_out = draw(catalogue, sizes(), seed=1)
    stars = dict(zip(catalogue["row"], catalogue["star"], strict=True))
    first, second = set(sets["data_set_1"]["O"]), set(sets["data_set_2"]["O"])
    assert len(first) == 5 and len(second) == 12
    assert first < second
    assert set(sets["leakage_free"]["O"]) == second - first
    unseen = sets["unseen_stars"]["O"]
    assert {stars[row] for row in unseen} == set(kept_out["O"])
    assert len(unseen) == 4  # all spectra of the kept-out star: all 12 O are in Data set 2
    assert set(sets["data_set_3"]["O"]) == second
    trained = first | {
        r for n in (3, 4, 5) for rows in sets[f"data_set_{n}"].values() for r in rows
    }
    for kind in "FGK":
        held, out = set(sets["held_out"][kind]), set(sets["unseen_stars"][kind])
        assert len(held) == 4 and len(out) == 5
        assert not held & trained and not out & trained and not held & out
        assert len(sets["data_set_5"][kind]) == 10
        assert set(sets["data_set_4"][kind]) < set(sets["data_set_5"][kind])
        assert len(sets["early_stop"][kind]) == 3  # the 3 of 7:3 of 10
        assert set(sets["early_stop"][kind]) < set(sets["data_set_5"][kind])
    assert sets["early_stop"]["O"] == sets["data_set_1"]["O"][-2:]  # 0.3 · 5, rounded to even
    assert sets["contaminants"] == {"B": [72, 73]}
    for kind in "OFGK":
        training = sets["data_set_1"]["O"] if kind == "O" else sets["data_set_5"][kind]
        assert not {stars[row] for row in training} & set(kept_out[kind])


def test_same_seed_same_sets_other_seed_others(catalogue):
    assert draw(catalogue, sizes(), seed=1) == draw(catalogue, sizes(), seed=1)
    assert draw(catalogue, sizes(), seed=1) != draw(catalogue, sizes(), seed=2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"data_set_1": {"O": 9}}, r"datasets.data_set_1.O: 9 spectra asked for, 8 left"),
        ({"data_set_2": {"O": 13}}, r"datasets.data_set_2.O: 13 spectra asked for, 12 left"),
        ({"data_set_5": dict.fromkeys("OFGK", 16)}, "datasets.data_set_5.F: 16 .* 15 left"),
        ({"held_out": dict.fromkeys("FGK", 6)}, "datasets.held_out.F: 6 .* 5 left"),
        ({"unseen_stars": dict.fromkeys("OFGK", 3)}, "datasets.unseen_stars.O: 3 stars"),
    ],
)
def test_too_few_spectra_are_named_by_their_key(catalogue, changes, message):
    with pytest.raises(UserError, match=message):
        draw(catalogue, sizes(**changes), seed=1)


def test_a_class_that_is_missing_altogether_is_named(catalogue):
    with pytest.raises(UserError, match="unseen_stars.K.*there are 0 K stars"):
        draw(catalogue[catalogue["class"] != "K"], sizes(), seed=1)


def test_duplicates_are_even():
    rows = duplicate_to([3, 5, 9], 8, seed=1)
    counts = sorted(rows.count(row) for row in (3, 5, 9))
    assert counts == [2, 3, 3]
    assert duplicate_to([3, 5, 9], 2, seed=1) != []
    assert len(set(duplicate_to([3, 5, 9], 2, seed=1))) == 2


def test_training_part_keeps_order():
    assert training_part([4, 2, 9, 7], [9, 4]) == [2, 7]


def test_table_1_stands_beside_the_paper(catalogue):
    sets, _ = draw(catalogue, sizes(), seed=1)
    stars = dict(zip(catalogue["row"], catalogue["star"], strict=True))
    table = table_1(sets, sizes(), stars, "stelib").set_index(["data_set", "class"])
    assert table.loc[("data_set_5", "O"), ["n", "n_paper", "kind"]].tolist() == [
        10,
        10000,
        "generated",
    ]
    assert table.loc[("data_set_3", "O"), ["n", "kind", "n_stars"]].tolist() == [
        30,
        "duplicated",
        3,
    ]
    assert table.loc[("data_set_1", "O"), "n_paper"] == 150
    assert pd.isna(table.loc[("held_out", "F"), "n_paper"])
