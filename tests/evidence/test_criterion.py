"""What the lines say of an O star, on widths given by hand."""

import numpy as np
import pytest

from lcgan.evidence.criterion import METALS, NO_HE_II, SUPPORTS, UNDECIDED, o_evidence
from lcgan.evidence.equivalent_width import Measured
from lcgan.evidence.lines import LINES

KEYS = [line.key for line in LINES]
#: An O star's widths (Å), as the library's O7 V has them.
O_STAR = {"he_ii_4542": 0.6, "he_ii_5411": 0.8, "ca_k": 0.1, "g_band": -0.2}


def said(error: float = 0.08, **widths: float) -> str:
    value = np.array([[widths.get(key, 0.0) for key in KEYS]])
    return o_evidence(Measured(value, np.full_like(value, error)))[0]


@pytest.mark.parametrize(
    ("changed", "error", "expected"),
    [
        ({}, 0.08, SUPPORTS),
        ({}, 0.4, UNDECIDED),  # the same lines in noise: 0.7 Å is 2.5 times 0.28
        ({"ca_k": 0.9}, 0.08, SUPPORTS),  # interstellar
        ({"ca_k": 7.0}, 0.08, METALS),  # a K star whose blends fill He II
        ({"g_band": 5.0}, 0.08, METALS),
        ({"ca_k": 7.0}, 4.0, UNDECIDED),
        ({"he_ii_4542": 0.0, "he_ii_5411": 0.02}, 0.05, NO_HE_II),
        ({"he_ii_4542": 0.0, "he_ii_5411": 0.02}, 0.2, UNDECIDED),
        ({"he_ii_4542": 0.15, "he_ii_5411": 0.15}, 0.06, UNDECIDED),  # 0.15 ± 0.04 Å
        ({"he_ii_4542": np.nan}, 0.08, UNDECIDED),
        ({"ca_k": np.nan}, 0.08, UNDECIDED),
        ({"he_ii_4542": np.nan, "g_band": 6.0}, 0.08, METALS),
    ],
)
def test_each_star_is_told_by_its_lines(changed, error, expected):
    assert said(error, **O_STAR | changed) == expected


def test_one_word_for_each_spectrum_in_order():
    value = np.array([[(O_STAR | {"ca_k": k}).get(key, 0.0) for key in KEYS] for k in (0.1, 8.0)])
    assert o_evidence(Measured(value, np.full_like(value, 0.05))) == [SUPPORTS, METALS]
