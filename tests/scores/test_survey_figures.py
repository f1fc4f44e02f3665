import numpy as np
import pandas as pd

from lcgan.scores.survey import survey_figures

CLASSES = ("O", "B", "F")


def test_by_hand():
    """O: 3 bright, 2 of them called O, and a faint one called O; B: one of two called O."""
    table = pd.DataFrame(
        {
            "class": ["O", "O", "O", "O", "B", "B", "F"],
            "star": ["HD1", "HD1", "HD2", "HD2", "HD3", "HD3", "HD4"],
            "library": ["stelib", "stelib", "miles", "miles", "miles", "miles", "miles"],
            "snr": [30.0, 12.0, 60.0, 5.0, 20.0, 10.0, 15.0],
        }
    )
    called = np.array([0, 1, 0, 0, 1, 0, 2])
    found = survey_figures(called, table, CLASSES)
    assert found["confusion"] == [[3, 1, 0], [1, 1, 0], [0, 0, 1]]
    of = {name: (p["k"], p["n"]) for name, p in found["called_o_by_class"].items()}
    assert of == {"O": (2, 3), "B": (1, 2), "F": (0, 1)}
    of = {name: (p["k"], p["n"]) for name, p in found["right_by_class"].items()}
    assert of == {"O": (2, 3), "B": (1, 2), "F": (1, 1)}
    stars = {name: (p["k"], p["n"]) for name, p in found["o_recall_by_star"].items()}
    assert stars == {"HD1 (stelib)": (1, 2), "HD2 (miles)": (1, 1)}
    bins = [(b["snr_from"], b["snr_to"], b["k"], b["n"]) for b in found["o_recall_by_snr"]]
    assert bins == [(0.0, 10.0, 1, 1), (10.0, 20.0, 0, 1), (20.0, 50.0, 1, 1), (50.0, None, 1, 1)]
    # F1 of O 2·3/(4+4), of B 2/(2+2), of F 1
    np.testing.assert_allclose(found["macro_f1"], (0.75 + 0.5 + 1) / 3)
