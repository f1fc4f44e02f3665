"""Whether a classifier can tell two sets of spectra apart (Lopez-Paz & Oquab 2017, ICLR).

An AUC of 0.5 says that it cannot, 1 that it never errs. Whole stars are held out, so that none is
known by its face; the interval resamples stars, since spectra of one star are not independent.
"""

from dataclasses import dataclass

import numpy as np

#: Principal components that the classifiers see.
N_COMPONENTS = 40
N_FOLDS = 5
#: Resamplings behind an interval.
N_RESAMPLED = 400
#: Quantiles of each pixel, per cent.
QUANTILES = (5, 16, 50, 84, 95)
CLASSIFIERS = ("logistic", "svm")


@dataclass(frozen=True)
class Sample:
    """A set of spectra to be told from another.

    Attributes
    ----------
    flux : ndarray, shape (N, L)
    star : ndarray of str, shape (N,)
        Who is behind each spectrum.
    class_ : ndarray of str, shape (N,)
    snr : ndarray, shape (N,)
        S/N in g; NaN where it is not known.
    """

    flux: np.ndarray
    star: np.ndarray
    class_: np.ndarray
    snr: np.ndarray

    def take(self, rows: np.ndarray) -> "Sample":
        """Return these rows, by number or as a mask."""
        return Sample(self.flux[rows], self.star[rows], self.class_[rows], self.snr[rows])


def matched(real: Sample, other: Sample, per_spectrum: int, rng: np.random.Generator) -> np.ndarray:
    """Return rows of `other`, up to `per_spectrum` for each of `real`: same class, nearest S/N.

    Each row is taken once; where a class runs out, fewer. Spectra without S/N have no match.
    """
    free = np.isfinite(other.snr) & (other.snr > 0)
    level = np.log(np.where(free, other.snr, 1.0))
    taken: list[int] = []
    for row in rng.permutation(len(real.snr)):
        if not real.snr[row] > 0:
            continue
        near = np.flatnonzero(free & (other.class_ == real.class_[row]))
        distance = np.abs(level[near] - np.log(real.snr[row]))
        nearest = near[np.argsort(distance, kind="stable")[:per_spectrum]]
        free[nearest] = False
        taken += nearest.tolist()
    return np.array(sorted(taken), dtype=int)


def two_sample(one: Sample, other: Sample, seed: int) -> dict:
    """Return how well two classifiers tell two samples apart.

    Returns
    -------
    dict
        By classifier ("logistic", "svm", both on principal components of the training folds):
        auc, low, high (95 %, over stars); n_one, n_other and n_stars_one, n_stars_other.

    Raises
    ------
    ValueError
        If a sample has fewer stars than there are folds.
    """
    n_stars = [len(set(sample.star.tolist())) for sample in (one, other)]
    if min(n_stars) < N_FOLDS:
        raise ValueError(f"{min(n_stars)} stars are too few for {N_FOLDS} folds by star")
    flux = np.concatenate([one.flux, other.flux]).astype(np.float64)
    label = np.repeat([1, 0], [len(one.flux), len(other.flux)])
    star = np.concatenate([one.star, other.star]).astype(str)
    scores = held_out_scores(flux, label, star, seed)
    rng = np.random.default_rng(seed)
    return {
        **{name: _auc(scores[name], label, star, rng) for name in CLASSIFIERS},
        **{"n_one": len(one.flux), "n_other": len(other.flux)},
        **{"n_stars_one": n_stars[0], "n_stars_other": n_stars[1]},
    }


def held_out_scores(flux: np.ndarray, label: np.ndarray, star: np.ndarray, seed: int) -> dict:
    """Return each classifier's score of every spectrum, by folds that hold whole stars out.

    Scores are divided by their r.m.s. over the fold's training spectra, so that folds compare.

    Returns
    -------
    dict of str to ndarray, shape (N,)
    """
    from sklearn.decomposition import PCA
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedGroupKFold
    from sklearn.svm import SVC

    models = {
        "logistic": LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced"),
        "svm": SVC(C=1.0, gamma="scale", class_weight="balanced"),
    }
    scores = {name: np.zeros(len(label)) for name in models}
    folds = StratifiedGroupKFold(N_FOLDS, shuffle=True, random_state=seed)
    for train, test in folds.split(flux, label, star):
        n_components = min(N_COMPONENTS, len(train) // 3, flux.shape[1])
        components = PCA(n_components, svd_solver="randomized", random_state=seed, whiten=True)
        seen = components.fit_transform(flux[train])
        unseen = components.transform(flux[test])
        for name, model in models.items():
            model.fit(seen, label[train])
            scale = np.sqrt(np.mean(model.decision_function(seen) ** 2))
            scores[name][test] = model.decision_function(unseen) / scale
    return scores


def area_under_curve(score: np.ndarray, label: np.ndarray, weight: np.ndarray) -> float:
    """Return the weighted chance that a spectrum of label 1 scores above one of label 0.

    Ties count half: the Mann-Whitney statistic.
    """
    value, place = np.unique(score, return_inverse=True)
    ones = np.bincount(place, weight * (label == 1), minlength=value.size)
    zeros = np.bincount(place, weight * (label == 0), minlength=value.size)
    below = np.cumsum(zeros) - zeros
    return float((ones * (below + 0.5 * zeros)).sum() / (ones.sum() * zeros.sum()))


def _auc(score, label, star, rng: np.random.Generator) -> dict[str, float]:
    """Return the AUC and its 95 % interval by resampling each sample's stars."""
    auc = area_under_curve(score, label, np.ones(len(label)))
    drawn = []
    members = [np.unique(star[label == value], return_inverse=True)[1] for value in (1, 0)]
    for _ in range(N_RESAMPLED):
        weight = np.zeros(len(label))
        for value, place in zip((1, 0), members, strict=True):
            n = place.max() + 1
            times = np.bincount(rng.integers(n, size=n), minlength=n)
            weight[label == value] = times[place]
        drawn.append(area_under_curve(score, label, weight))
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"auc": auc, "low": float(low), "high": float(high)}


def halves(sample: Sample, rng: np.random.Generator) -> tuple[Sample, Sample]:
    """Split a sample at random into two that share no star: the floor of a two-sample test."""
    stars = np.unique(sample.star)
    first = np.isin(sample.star, rng.permutation(stars)[: stars.size // 2])
    return sample.take(first), sample.take(~first)


def quantiles(flux: np.ndarray) -> np.ndarray:
    """Return QUANTILES of each pixel, shape (5, L)."""
    return np.percentile(flux, QUANTILES, axis=0)
