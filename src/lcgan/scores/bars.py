"""What is asked of a GAN: bars that were set before it was trained."""

from collections.abc import Mapping
from typing import NamedTuple


class Bar(NamedTuple):
    """A score and its bound; `at_least`, or else at most."""

    score: str
    words: str
    at_least: bool
    bound: float


#: Of the paper's own arms, and of one that is free of the paper's words, which has them all.
PAPER_BARS = (
    Bar("gan_train", "GAN-train, Data set 2", True, 0.915),
    Bar("gan_train_leakage_free", "GAN-train, leakage-free", True, 0.90),
    Bar("gan_test", "GAN-test", True, 0.955),
    Bar("median_rms", "median spectrum, r.m.s. off", False, 0.01),
    Bar("std_ratio_above_half", "pixels with half the real scatter or more", True, 0.95),
)
BARS = (
    *PAPER_BARS,
    Bar("std_within", "pixels with scatter within 1.3 of the real", True, 0.95),
    Bar("noise_power_within", "pixels with noise power within 1.3 of the real", True, 0.95),
    Bar("coverage", "coverage of held-out O", True, 0.8),
    Bar("density", "density at held-out O", True, 0.8),
    Bar("c2st_auc", "told from held-out O, AUC", False, 0.75),
    Bar("authenticity", "distance to training over held-out O’s", True, 1.0),
)


def met(bar: Bar, scores: Mapping[str, float | None]) -> bool | None:
    """Say whether a bar is met; None where the score is not known."""
    value = scores.get(bar.score)
    if value is None:
        return None
    return value >= bar.bound if bar.at_least else value <= bar.bound
