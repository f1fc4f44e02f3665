"""What one form of training gains over others: differences of O recall, told with their noise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.params.names import BASELINES
from lcgan.scores import equal_alarms
from lcgan.scores.answers import Answers
from lcgan.scores.equal_alarms import EQUAL_FPR, Told
from lcgan.scores.operating import FPRS, partial_auc, recall_at, recall_of, smallest_fpr
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
    """A form of training at its checkpoint: what its fits said.

    Attributes
    ----------
    answers : Answers
    fits : ndarray of int
        Which of the answers are its fits.
    median : int
        The one in the middle of them on the selection set.
    drawn : bool
        Whether fits differ by what was drawn; a baseline draws nothing, and has one.
    """

    answers: Answers
    fits: np.ndarray
    median: int
    drawn: bool = True

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
        return cls(answers, fits, int(middle[0]), form not in BASELINES)

    def paired(self, other: "Fitted") -> tuple["Fitted", "Fitted"]:
        """Return both with the fits alone that began with the same weights, in one order.

        A fit of a form that draws nothing meets every fit of the other.
        """
        if self.drawn and other.drawn:
            numbers = (of.answers.repeat[of.fits] for of in (self, other))
            _, mine, theirs = np.intersect1d(*numbers, return_indices=True)
        else:
            n = max(len(self.fits), len(other.fits))
            mine, theirs = (np.arange(n) % len(of.fits) for of in (self, other))
        return (
            replace(self, fits=self.fits[mine]),
            replace(other, fits=other.fits[theirs]),
        )

    def hits(self, rows: Sequence[int]) -> np.ndarray:
        """Return whether each fit calls rows O, shape (R, n)."""
        return self.answers.called[np.ix_(self.fits, self.answers.places(rows))] == 0

    def told(self, positives: Sequence[int], negatives: Sequence[int]) -> Told:
        """Return p(O) by each fit of O spectra and of others."""
        of = (np.ix_(self.fits, self.answers.places(rows)) for rows in (positives, negatives))
        return Told(*(self.answers.p_o[rows].astype(float) for rows in of))

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
        the repeats, by the most probable class); `low`, `high` (95 %, spectra and repeats drawn
        anew), `star_low`, `star_high` (stars and repeats drawn anew); `only_ours`, `only_other`,
        `mcnemar_p` of the median fits; `how`, see `lcgan.scores.paired.how`, or "unknown" where
        there was nothing to count. And the same, but for McNemar's test, where each fit may call
        a share `fpr` of the negatives O: `recall_ours_at_fpr` to `how_at_fpr`.
    """
    rows = list(scene.positives[protocol])
    stars = [scene.stars[row] for row in rows]
    lines, others = [], list(scene.negatives[protocol])
    of_others = [scene.stars[row] for row in others]
    for name, other in fitted.items():
        if name == ours:
            continue
        line = {"ours": ours, "other": name, "protocol": protocol, "n": len(rows)}
        line |= {"n_stars": len(set(stars)), "how": "unknown", "how_at_fpr": "unknown"}
        one, two = fitted[ours].paired(other)
        if rows and len(one.fits):
            line |= _by_class(one, two, rows, stars, rng_of(seed, protocol, name))
            if others:
                told = one.told(rows, others), two.told(rows, others)
                rng = rng_of(seed, protocol, name, "fpr")
                line |= _at_equal_fpr(*told, (stars, of_others), rng)
        lines.append(line)
    return pd.DataFrame(lines)


def _by_class(ours: Fitted, other: Fitted, rows: list, stars: list, rng) -> dict:
    """Return what two forms, their fits paired, differ by on some O spectra."""
    one, two = ours.hits(rows), other.hits(rows)
    found = _told(one.mean(), two.mean(), paired_bootstrap(one, two, rng))
    found |= _stars(found, paired_bootstrap(one, two, rng, stars))
    test = mcnemar(ours.median_hits(rows), other.median_hits(rows))
    test = {"only_ours": test["only_one"], "only_other": test["only_other"], "mcnemar_p": test["p"]}
    return {"repeats": len(one), **found, **test}


def _at_equal_fpr(one: Told, two: Told, stars: tuple, rng) -> dict:
    """Return what two forms differ by where each fit may call as many of the negatives O."""
    interval = partial(equal_alarms.paired_interval, one, two, EQUAL_FPR, rng)
    recalls = (equal_alarms.recall(of, EQUAL_FPR) for of in (one, two))
    found = _told(*recalls, interval())
    found |= _stars(found, interval(stars))
    return {"fpr": EQUAL_FPR} | {f"{name}_at_fpr": value for name, value in found.items()}


def _told(ours: float, other: float, interval: tuple[float, float]) -> dict:
    found = {"recall_ours": float(ours), "recall_other": float(other)}
    return found | {"difference": float(ours - other), "low": interval[0], "high": interval[1]}


def _stars(found: dict, interval: tuple[float, float]) -> dict:
    said = how(found["low"], found["high"], *interval)
    return {"star_low": interval[0], "star_high": interval[1], "how": said}


def operating_points(fitted: Mapping[str, Fitted], scene: Scene, seed: int) -> pd.DataFrame:
    """Return each form's recall at given false-positive rates, of its median fit and of all.

    Returns
    -------
    DataFrame
        `form`, `protocol`, `fpr` (asked for), `n` and `n_negatives`, `n_allowed` (negatives that
        may lie above), `threshold` on p(O), `recall` with `recall_low`, `recall_high` (spectra of
        both kinds drawn anew, 95 %), `alarms` (of negatives), `smallest_fpr` (that so many
        negatives can bound, 95 %), `bounded`; `partial_auc` (to FPR 1e-2, McClish); and, per kind
        of contaminant, the share above the threshold as `above_<kind>`: all of the median fit.
        Over all fits, each with its own threshold: `fits`, and of recall and partial AUC
        `_mean`, `_least` and `_greatest`.
    """
    lines = []
    for name, one in fitted.items():
        for protocol, rows in scene.positives.items():
            told = one.told(rows, scene.negatives[protocol])
            areas = _over("partial_auc", [partial_auc(*of) for of in zip(*told, strict=True)])
            for fpr in FPRS:
                rng = rng_of(seed, "operating", name, protocol, str(fpr))
                line = {"form": name, "protocol": protocol, "fpr": fpr}
                lines.append(
                    line | _point(one, scene, protocol, fpr, rng) | _each(told, fpr) | areas
                )
    return pd.DataFrame(lines)


def _point(one: Fitted, scene: Scene, protocol: str, fpr: float, rng) -> dict:
    """Return what the median fit has at a false-positive rate."""
    positives = one.p_o(scene.positives[protocol])
    negatives = one.p_o(scene.negatives[protocol])
    found = recall_at(positives, negatives, fpr, rng)
    line = {"n": len(positives), "n_negatives": len(negatives)}
    line |= {key: found[key] for key in ("n_allowed", "threshold", "bounded")}
    line |= {"recall": found["recall"]["rate"], "recall_low": found["boot_low"]}
    line |= {"recall_high": found["boot_high"], "alarms": found["false_alarms"]["rate"]}
    line |= {"smallest_fpr": smallest_fpr(len(negatives))}
    line["partial_auc"] = partial_auc(positives, negatives)
    for kind, of in scene.contaminants.items():
        known = found["threshold"] is not None and len(of)
        line[f"above_{kind}"] = (one.p_o(of) > found["threshold"]).mean() if known else None
    return line


def _each(told: Told, fpr: float) -> dict:
    """Return the recall of all fits at a false-positive rate."""
    known = told.positives.shape[1] and told.negatives.shape[1]
    each = [recall_of(*of, fpr) for of in zip(*told, strict=True)] if known else [None]
    return {"fits": len(told.positives), **_over("recall", each)}


def _over(name: str, values: Sequence[float | None]) -> dict:
    """Return mean, least and greatest of a figure over fits; None where nothing was counted."""
    if None in values:
        return dict.fromkeys((f"{name}_mean", f"{name}_least", f"{name}_greatest"))
    mean = float(np.mean(values))
    return {f"{name}_mean": mean, f"{name}_least": min(values), f"{name}_greatest": max(values)}
