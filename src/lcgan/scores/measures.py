"""What each score is, which way it is good, and whether it can be trusted to choose by."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

#: Rows that every score is shown on, beside each GAN's: real spectra and what is known to be bad.
CONTROLS = ("held_out", "white_noise", "training_copied", "memorised", "real_f")
#: Those of them that are made of Data set 1.
OF_DATA_SET_1 = ("training_copied", "memorised")


@dataclass(frozen=True)
class Measure:
    """A score.

    Attributes
    ----------
    words : str
        As the page names it.
    best : {"high", "low", "one", "half"}
        Which values are good: high ones, low ones, those near 1 as a ratio, those near 0.5.
    itself : bool
        Whether it compares with Data set 1, so that its copies are compared with themselves.
    """

    words: str
    best: Literal["high", "low", "one", "half"]
    itself: bool = False

    def badness(self, value: float | None) -> float:
        """Return a number that is the lower the better; infinite where nothing was measured."""
        if value is None or math.isnan(value):
            return math.inf
        if self.best == "high":
            return -value
        if self.best == "one":
            return abs(math.log(value)) if value > 0 else math.inf
        return abs(value - 0.5) if self.best == "half" else value


MEASURES = {
    "precision": Measure("precision", "high"),
    "recall": Measure("recall", "high"),
    "density": Measure("density", "high"),
    "coverage": Measure("coverage", "high"),
    "frechet": Measure("Fréchet distance", "low"),
    "kernel_distance": Measure("kernel distance", "low"),
    "c2st_auc": Measure("told apart, stars held out, AUC", "low"),
    "c2st_by_spectrum": Measure("told apart, spectra held out, AUC", "low"),
    "authenticity": Measure("distance to training, over held-out’s", "one"),
    "closer": Measure("closer to training than held-out", "half"),
    "width_ks": Measure("line widths, mean KS", "low"),
    "width_wasserstein": Measure("line widths, mean Wasserstein, σ", "low"),
    "width_correlation": Measure("line widths, r.m.s. of correlations", "low"),
    "subtype_ks": Measure("log He I 4471 / He II 4542, KS", "low"),
    "slope_ks": Measure("continuum slope, KS", "low"),
    "noise_power": Measure("noise power, worst band’s ratio", "one"),
    "median_rms": Measure("median spectrum, r.m.s. off", "low", itself=True),
    "std_within": Measure("pixels with scatter within 1.3", "high", itself=True),
    "noise_power_within": Measure("pixels with noise power within 1.3", "high", itself=True),
}


def usable(name: str, controls: Mapping[str, Mapping[str, float | None]]) -> bool:
    """Say whether a score puts held-out real O first and white noise last of the controls.

    A score that does not is shown, but nothing is chosen by it. Ties count as in order, but not
    of held-out real O with noise. What is made of Data set 1 is left out where that is what a score
    compares with.

    Parameters
    ----------
    name : str
        Of MEASURES.
    controls : dict of dict
        By CONTROLS, every score.
    """
    measure = MEASURES[name]
    names = [row for row in CONTROLS if not (measure.itself and row in OF_DATA_SET_1)]
    bad = {row: measure.badness(controls[row][name]) for row in names}
    first = all(bad["held_out"] <= bad[row] for row in names)
    last = all(bad["white_noise"] >= bad[row] for row in names)
    return first and last and bad["held_out"] < bad["white_noise"]
