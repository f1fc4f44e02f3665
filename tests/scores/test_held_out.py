"""Unseen stars and honest probabilities, counted by hand."""

import pandas as pd
import pytest

from lcgan.scores.held_out import calibration, reobserved

CLASSES = ("O", "F")


def table(rows) -> pd.DataFrame:
    """Rows of set, true, star, snr, p_O; called O from one half on."""
    of = pd.DataFrame(rows, columns=["set", "true", "star", "snr", "p_O"])
    of["called"] = ["O" if p >= 0.5 else "F" for p in of["p_O"]]
    of["p_F"] = 1 - of["p_O"]
    return of.assign(calibrated_O=of["p_O"], calibrated_F=of["p_F"])


def test_recall_and_false_alarms_of_unseen_stars():
    of = table(
        [
            ("unseen", "O", "HD 1", 20, 0.9),
            ("unseen", "O", "HD 1", 9, 0.1),
            ("unseen", "O", "HD 2", 30, 0.2),
            ("unseen", "B", "HD 3", 30, 0.7),
            ("unseen", "B", "HD 3", 30, 0.3),
            ("held_out", "O", "HD 4", 30, 0.1),
        ]
    )
    found = reobserved(of, 10.0)
    assert (found["bright"]["O"]["k"], found["bright"]["O"]["n"]) == (1, 2)
    assert (found["all"]["O"]["k"], found["all"]["O"]["n"]) == (1, 3)
    assert (found["bright"]["B"]["k"], found["bright"]["B"]["n"]) == (1, 2)
    assert list(found["bright"]) == ["O", "B"]
    assert {name: it["n"] for name, it in found["o_stars"].items()} == {"HD 1": 1, "HD 2": 1}


def test_calibration_looks_at_the_models_own_classes_of_held_out_spectra():
    rows = [("held_out", "O", "HD 1", 20, 0.9)] * 9 + [("held_out", "F", "HD 2", 20, 0.9)]
    rows += [("held_out", "B", "HD 3", 20, 0.9), ("unseen", "O", "HD 4", 20, 0.1)]
    found = calibration(table(rows), CLASSES, 1)
    assert found["n"] == 10 and found["n_by_class"] == {"F": 1, "O": 9}
    for panel in ("called", "o"):
        # nine of ten are O, as the probability says
        assert found["p"][panel]["ece"]["value"] == pytest.approx(0.0, abs=1e-12)
        ((only),) = found["p"][panel]["bins"]
        assert (only["n"], only["k"]) == (10, 9)
    assert calibration(table(rows), CLASSES, 1) == found
