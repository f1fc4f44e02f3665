"""A model on re-observed spectra that no training saw: recall, false alarms, honesty."""

from collections.abc import Sequence

import pandas as pd

from lcgan.evidence.calibration import expected_calibration_error, reliability
from lcgan.scores.interval import proportion
from lcgan.seeds import rng_of


def reobserved(table: pd.DataFrame, min_snr: float) -> dict:
    """Return what re-observed unseen stars are called: O recall, and each other class called O.

    Returns
    -------
    dict
        min_snr; by class, of spectra with that S/N or more and of all: called O; by O star.
    """
    unseen = table[table["set"] == "unseen"]
    bright = unseen[unseen["snr"] >= min_snr]
    order = [name for name in (*"OBAFGKM", "other") if name in set(unseen["true"])]

    def called_o(of: pd.DataFrame) -> dict:
        return proportion(int((of["called"] == "O").sum()), len(of))

    o = bright[bright["true"] == "O"]
    return {
        "min_snr": min_snr,
        "bright": {name: called_o(bright[bright["true"] == name]) for name in order},
        "all": {name: called_o(unseen[unseen["true"] == name]) for name in order},
        "o_stars": {star: called_o(of) for star, of in o.groupby("star", sort=True)},
    }


def calibration(table: pd.DataFrame, classes: Sequence[str], seed: int) -> dict:
    """Return how honest the probabilities are on held-out spectra of the model's own classes.

    Returns
    -------
    dict
        For the network's own probabilities and the calibrated ones (`p`, `calibrated`): of the
        class called and of p(O), the reliability plot's bins and the expected calibration error.
    """
    part = "held_out" if (table["set"] == "held_out").any() else "unseen"
    known = table[(table["set"] == part) & table["true"].isin(classes)]
    right = (known["called"] == known["true"]).to_numpy()
    found: dict = {
        "n": len(known),
        "n_by_class": known["true"].value_counts().sort_index().to_dict(),
    }
    for kind in ("p", "calibrated"):
        p = known[[f"{kind}_{name}" for name in classes]].to_numpy(float)
        pairs = {
            "called": (p.max(axis=1, initial=0.0), right),
            "o": (p[:, list(classes).index("O")], (known["true"] == "O").to_numpy()),
        }
        found[kind] = {
            name: {
                "bins": reliability(*pair),
                "ece": expected_calibration_error(*pair, rng_of(seed, "transfer", kind, name)),
            }
            for name, pair in pairs.items()
        }
    return found
