"""What one form of training gains over others: differences of O recall, told with their noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.scores.answers import Answers
from lcgan.scores.operating import FPRS, partial_auc, recall_at, smallest_fpr
from lcgan.scores.paired import how, mcnemar, paired_bootstrap
from lcgan.seeds import rng_of


@dataclass(frozen=True)
class Scene:
    """The spectra that forms are compared on.

    Attributes
    ----------
    positives, negatives : dict of str to list of int
        By protocol, the rows of O spectra, and of others.
    contaminants : dict of str to list of int
        By kind, rows of spectra of no class that was taught.
    stars : dict of int to str
        The star of every row.
    """

    positives: Mapping[str, Sequence[int]]
    negatives: Mapping[str, Sequence[int]]
    contaminants: Mapping[str, Sequence[int]]
    stars: Mapping[int, str]


@dataclass(frozen=True)
class Fitted:
    """A form of training at its checkpoint: what its fits said, and the one in the middle."""

    answers: Answers
    fits: np.ndarray
    median: int

    @classmethod
    def of(cls, answers: Answers, form: str, iteration: int | None, repeat: int) -> "Fitted":
        """Return a form's fits at a checkpoint, of which `repeat` is the median one.

        Raises
        ------
        UserError
            If there is no such fit.
        """
        fits = answers.fits(form, iteration)
        middle = fits[answers.repeat[fits] == repeat]
        if not len(middle):
            raise UserError(
                f"no answers of {form} at iteration {iteration}, fit {repeat}; run "
                "`dvc repro train_classifier` again"
            )
        return cls(answers, fits, int(middle[0]))

    def hits(self, rows: Sequence[int]) -> np.ndarray:
        """Return whether each fit calls rows O, shape (R, n)."""
        return self.answers.called[np.ix_(self.fits, self.answers.places(rows))] == 0

    def p_o(self, rows: Sequence[int]) -> np.ndarray:
        """Return the median fit's p(O) of rows, shape (n,)."""
        return self.answers.p_o[self.median, self.answers.places(rows)].astype(float)

    def median_hits(self, rows: Sequence[int]) -> np.ndarray:
        """Return whether the median fit calls rows O, shape (n,)."""
        return self.answers.called[self.median, self.answers.places(rows)] == 0


def differences(
    fitted: Mapping[str, Fitted], ours: str, scene: Scene, protocol: str, seed: int
) -> pd.DataFrame:
    """Return O recall of one form less that of each other, one row per other form.

    Returns
    -------
    DataFrame
        `ours`, `other`, `protocol`, `n` (O spectra), `n_stars`, `repeats` (paired by their
        weights; those that both have); `recall_ours`, `recall_other`, `difference` (means over
        the repeats); `low`, `high` (95 %, spectra and repeats drawn anew), `star_low`,
        `star_high` (stars and repeats drawn anew); `only_ours`, `only_other`, `mcnemar_p` of the
        median fits; `how`, see `lcgan.scores.paired.how`, or "unknown" where there was nothing to
        count.
    """
    rows = list(scene.positives[protocol])
    stars = [scene.stars[row] for row in rows]
    lines = []
    for name, other in fitted.items():
        if name == ours:
            continue
        line = {"ours": ours, "other": name, "protocol": protocol, "n": len(rows)}
        line |= {"n_stars": len(set(stars)), "how": "unknown"}
        if rows:
            line |= _difference(fitted[ours], other, rows, stars, rng_of(seed, protocol, name))
        lines.append(line)
    return pd.DataFrame(lines)


def _difference(ours: Fitted, other: Fitted, rows: list, stars: list, rng) -> dict:
    """Return what two forms differ by on some O spectra."""
    one, two = ours.hits(rows), other.hits(rows)
    if len(two) == 1:  # a baseline draws nothing: it meets every repeat as it is
        two = np.repeat(two, len(one), axis=0)
    n = min(len(one), len(two))
    one, two = one[:n], two[:n]
    low, high = paired_bootstrap(one, two, rng)
    star_low, star_high = paired_bootstrap(one, two, rng, stars)
    test = mcnemar(ours.median_hits(rows), other.median_hits(rows))
    return {
        "repeats": n,
        "recall_ours": float(one.mean()),
        "recall_other": float(two.mean()),
        "difference": float(one.mean() - two.mean()),
        "low": low,
        "high": high,
        "star_low": star_low,
        "star_high": star_high,
        "only_ours": test["only_one"],
        "only_other": test["only_other"],
        "mcnemar_p": test["p"],
        "how": how(low, high, star_low, star_high),
    }


def operating_points(fitted: Mapping[str, Fitted], scene: Scene, seed: int) -> pd.DataFrame:
    """Return each form's recall at given false-positive rates, of its median fit.

    Returns
    -------
    DataFrame
        `form`, `protocol`, `fpr` (asked for), `n` and `n_negatives`, `n_allowed` (negatives that
        may lie above), `threshold` on p(O), `recall` with `recall_low`, `recall_high` (spectra of
        both kinds drawn anew, 95 %), `alarms` (of negatives), `smallest_fpr` (that so many
        negatives can bound, 95 %), `bounded`; `partial_auc` (to FPR 1e-2, McClish); and, per kind
        of contaminant, the share above the threshold as `above_<kind>`.
    """
    lines = []
    for name, one in fitted.items():
        for protocol, rows in scene.positives.items():
            positives, negatives = one.p_o(rows), one.p_o(scene.negatives[protocol])
            area = partial_auc(positives, negatives)
            for fpr in FPRS:
                rng = rng_of(seed, "operating", name, protocol, str(fpr))
                found = recall_at(positives, negatives, fpr, rng)
                line = {"form": name, "protocol": protocol, "fpr": fpr}
                line |= {"n": len(positives), "n_negatives": len(negatives)}
                line |= {key: found[key] for key in ("n_allowed", "threshold", "bounded")}
                line |= {"recall": found["recall"]["rate"], "recall_low": found["boot_low"]}
                line |= {"recall_high": found["boot_high"], "partial_auc": area}
                line |= {"alarms": found["false_alarms"]["rate"]}
                line |= {"smallest_fpr": smallest_fpr(len(negatives))}
                for kind, of in scene.contaminants.items():
                    known = found["threshold"] is not None and len(of)
                    share = (one.p_o(of) > found["threshold"]).mean() if known else None
                    line[f"above_{kind}"] = share
                lines.append(line)
    return pd.DataFrame(lines)
