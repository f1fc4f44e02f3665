"""Whether the lines support an O star: He II without the metals that mimic it.

He II in absorption defines the class (Walborn & Fitzpatrick 1990, PASP 102, 379). In F to M stars
blends of metals fill the same windows, and there Ca K and the G band are strong.
"""

import numpy as np

from lcgan.evidence.equivalent_width import Measured
from lcgan.evidence.lines import LINES

SUPPORTS, METALS, NO_HE_II, UNDECIDED = "supports", "metal lines", "no He II", "undecided"

#: He II: the mean of 4542 and 5411, Å. The weakest of STELIB's O stars (O9.5 Iab, re-observed) has
#: 0.33, B and A stars 0.0; 0.2 lies between.
HE_II, LEAST_HE_II = ("he_ii_4542", "he_ii_5411"), 0.2
#: Ca K and the G band, Å: interstellar Ca K reaches 1 Å before an O star (0.8 in 95 % of the
#: re-observed), F stars have 5 Å; O and B stars have no G band, G and K stars 4 Å and more.
METAL_LINES, MOST_METAL = ("ca_k", "g_band"), 1.5
#: Standard deviations that a line is present by, and that decide between two sides.
PRESENT, DECIDED = 3.0, 2.0


def o_evidence(measured: Measured, keys: tuple[str, ...] = tuple(it.key for it in LINES)):
    """Say of each spectrum what its lines say.

    Parameters
    ----------
    measured : Measured
        Shape (n, L), in the order of `keys`.

    Returns
    -------
    list of str
        "supports": He II is there (three standard deviations, and 0.2 Å or more) and both metal
        lines are weak. "metal lines": Ca K or the G band is too strong for an O star, by two
        standard deviations. "no He II": He II is weaker than 0.2 Å by as much. "undecided": the
        noise, a gap or the lines themselves do not tell.
    """
    value, error = (dict(zip(keys, each.T, strict=True)) for each in measured)
    he_ii = np.mean([value[key] for key in HE_II], axis=0)
    he_ii_error = np.sqrt(np.sum([error[key] ** 2 for key in HE_II], axis=0)) / len(HE_II)
    with np.errstate(invalid="ignore"):
        metals = np.any(
            [value[key] - DECIDED * error[key] > MOST_METAL for key in METAL_LINES], axis=0
        )
        weak = np.all([value[key] < MOST_METAL for key in METAL_LINES], axis=0)
        there = (he_ii >= LEAST_HE_II) & (he_ii > PRESENT * he_ii_error)
        absent = he_ii + DECIDED * he_ii_error < LEAST_HE_II
    said = np.select(
        [metals, there & weak, absent], [METALS, SUPPORTS, NO_HE_II], default=UNDECIDED
    )
    return said.tolist()
