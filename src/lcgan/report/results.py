"""What the stages before the report found, in one object that the tables and figures read."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lcgan.params import ARM_OF, BASELINES
from lcgan.params.names import RUN_GANS

#: A share k/n with its Wilson 95 % interval: {"k", "n", "rate", "low", "high"}; n may be 0.
Proportion = dict

#: The GANs of the pipeline, the paper's own first.
GANS = RUN_GANS
FORMS = tuple(ARM_OF)
#: Forms that train the network.
NETWORK_FORMS = tuple(name for name in FORMS if name not in BASELINES)
NONE_FORMS = FORMS[:3]
LABEL = {
    "lcgan": "LCGAN",
    "sgan": "SGAN",
    "none": "no augmentation",
    "none_as_is": "none, as is",
    "none_weighted": "none, class weights",
    "none_duplicated": "none, duplicated",
    "lcgan_plus": "LCGAN+",
    "wgan_gp": "WGAN-GP",
    "smote": "SMOTE",
    "mixup": "mixup",
    "physics": "physics",
    "lcgan_plus_physics": "LCGAN+ with physics",
    "lcgan_real_stop": "LCGAN, stopped by real O",
    "equivalent_widths": "equivalent widths",
    "templates": "template matching",
}
#: The three protocols of a fit, with the word each has on the page.
PROTOCOLS = {
    "leakage_free": "leakage-free",
    "paper": "paper’s protocol",
    "unseen_stars": "unseen stars",
}
CLASSES = ("O", "F", "G", "K")


@dataclass(frozen=True)
class Spectra:
    """Spectra to draw: flux of unit 2-norm on the packed grid.

    Attributes
    ----------
    real : ndarray, shape (N, 3700)
        Data set 1, on which the GANs were trained.
    generated : dict of str to ndarray, shape (M, 3700)
        Per GAN, what it generated at the checkpoint named in `iteration`.
    iteration : dict of str to int
    """

    real: np.ndarray
    generated: dict[str, np.ndarray]
    iteration: dict[str, int]


@dataclass(frozen=True)
class Saliency:
    """Where a network looks, on O spectra that are in no training.

    Attributes
    ----------
    saliency : ndarray, shape (3700,)
        Mean of the absolute integrated gradients per pixel, of sum 1.
    signed : ndarray, shape (3700,)
        Their mean with its sign, in units of the same sum: positive speaks for O.
    attention : ndarray, shape (blocks, 2, channels)
        Mean channel attention of each block on O spectra and on F, G, K; NaN beyond a block's
        channels.
    n : int
        O spectra.
    """

    saliency: np.ndarray
    signed: np.ndarray
    attention: np.ndarray
    n: int


@dataclass(frozen=True)
class Results:
    """Every number that the page shows.

    Attributes
    ----------
    source : str
        The folder below data/raw that was ingested: "stelib", or the user's own.
    table1 : DataFrame
        reports/table1.csv.
    gans, arms : dict of str to dict
        reports/gan/<model>.json, with <model>_repeats.json below `repeats`, and
        reports/recognition/<arm>.json.
    losses, curves : dict of str to DataFrame
        The CSVs beside them.
    runs : dict of str to dict
        Run record per stage, in the order of the pipeline.
    validation : dict
        reports/validation.json.
    stars_kept_out : dict of str to list of str
        Class → the stars that no training saw.
    differences : DataFrame
        LCGAN less every other form, see `lcgan.scores.benefit.differences`, all protocols.
    operating : DataFrame
        See `lcgan.scores.benefit.operating_points`.
    against : dict of str to list of dict
        O recall in bins of S/N (`snr`), extinction (`ebv`) and `subtype`, what is known of them;
        see `lcgan.scores.conditions.recall_by`.
    saliency : dict of str to Saliency
        By form of training, where its network looks.
    most_epochs : int, optional
        Of a fit, `train_classifier.max_epochs`.
    """

    source: str
    scale: str
    table1: pd.DataFrame
    gans: dict[str, dict]
    losses: dict[str, pd.DataFrame]
    arms: dict[str, dict]
    curves: dict[str, pd.DataFrame]
    runs: dict[str, dict]
    validation: dict
    stars_kept_out: dict[str, list[str]] = field(default_factory=dict)
    differences: pd.DataFrame = field(default_factory=pd.DataFrame)
    operating: pd.DataFrame = field(default_factory=pd.DataFrame)
    against: dict[str, list[dict]] = field(default_factory=dict)
    saliency: dict[str, Saliency] = field(default_factory=dict)
    most_epochs: int | None = None

    def compared(self, protocol: str) -> list[str]:
        """Return the forms that LCGAN is compared with under a protocol."""
        of = self.differences
        return of.loc[of["protocol"] == protocol, "other"].tolist()

    def difference(self, name: str, protocol: str) -> pd.Series:
        """Return LCGAN less a form under a protocol: a row of `differences`."""
        of = self.differences
        return of[(of["other"] == name) & (of["protocol"] == protocol)].iloc[0]

    def form(self, name: str) -> dict:
        """Return the form of training called `name`."""
        return self.arms[ARM_OF[name]]["forms"][name]

    def median_fit(self, name: str) -> dict:
        """Return the form's median fit, at the checkpoint chosen on the selection set."""
        form = self.form(name)
        return form["fits"][form["median_fit"]]

    def fits_chosen(self, name: str) -> list[dict]:
        """Return all repeats of the form at the chosen checkpoint."""
        form = self.form(name)
        return [fit for fit in form["fits"] if fit["iteration"] == form["best_iteration"]]

    def cut_short(self) -> tuple[int, int]:
        """Return how many of the networks' fits shown ended at the most epochs, and of how many."""
        fits = [fit for name in NETWORK_FORMS for fit in self.fits_chosen(name)]
        return sum(fit["epochs"] == self.most_epochs for fit in fits), len(fits)

    def scores(self, name: str, protocol: str) -> dict:
        """Return the median fit's scores under a protocol of PROTOCOLS."""
        return self.median_fit(name)["protocols"][protocol]

    def recall(self, name: str, protocol: str) -> Proportion:
        """Return the median fit's O recall under a protocol."""
        return self.scores(name, protocol)["recall"]


def rate(proportion: Proportion) -> float:
    """Return the share, NaN where there was nothing to count."""
    value = proportion["rate"]
    return float("nan") if value is None else float(value)
