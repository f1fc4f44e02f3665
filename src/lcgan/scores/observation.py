"""How near re-observed spectra come to real ones: a two-sample test, and quantiles per pixel."""

import numpy as np

from lcgan.scores.two_sample import CLASSIFIERS, N_FOLDS, Sample, halves, matched, two_sample
from lcgan.scores.two_sample import quantiles as quantiles_of
from lcgan.spectra.continuum import lines

#: Classes compared: the paper's without O, of which there are no public LAMOST spectra.
CLASSES = ("F", "G", "K")
#: Re-observed spectra per real one.
PER_SPECTRUM = 3
#: S/N in g below which LAMOST gives no class.
LEAST_SNR = 4.0
#: Random halves of the real spectra, whose mean AUC is the floor.
N_HALVES = 5
#: Width of the smoothing that is the continuum, pixels of 69 km/s: wider than lines.
CONTINUUM_SCALE = 60.0


def chosen(class_: np.ndarray, snr: np.ndarray) -> np.ndarray:
    """Return which spectra are compared, shape (N,), bool."""
    return np.isin(class_, CLASSES) & (np.nan_to_num(snr) >= LEAST_SNR)


def partners(real: Sample, other: Sample, seed: int) -> np.ndarray:
    """Return the rows of `other` to compare with `real`: its fluxes are not looked at."""
    return matched(real, other, PER_SPECTRUM, np.random.default_rng(seed))


def divided(flux: np.ndarray) -> np.ndarray:
    """Return flux (N, L) of unit 2-norm over its continuum, within 0 and 2, same shape."""
    return 1 + lines(flux, CONTINUUM_SCALE)


def compare(real: Sample, other: Sample, seed: int) -> tuple[dict, dict[str, np.ndarray]]:
    """Tell real from re-observed spectra of the same classes and S/N.

    Parameters
    ----------
    real, other : Sample
        Of unit 2-norm (eq. 1), `other` as `partners` chose them.
    seed : int

    Returns
    -------
    numbers : dict
        By representation ("raw": eq. 1; "divided": over the continuum) what `two_sample` says,
        and `floor`: by classifier the mean AUC of halves of the real spectra; None where there
        are too few stars. `note` says what is lacking.
    curves : dict of str to ndarray, shape (5, L)
        Quantiles per pixel: raw_F_real, raw_F_other ... and divided_real, divided_other.
    """
    stars = min(len(set(sample.star.tolist())) for sample in (real, other))
    if stars < 2 * N_FOLDS:
        few = f"{stars} stars of F, G, K are too few to compare (at least {2 * N_FOLDS})"
        return {"raw": None, "divided": None, "note": few}, {}
    numbers: dict = {"note": ""}
    views = {"raw": lambda flux: flux, "divided": divided}
    seen = {}
    for name, view in views.items():
        seen[name] = [
            Sample(view(sample.flux), sample.star, sample.class_, sample.snr)
            for sample in (real, other)
        ]
        numbers[name] = two_sample(*seen[name], seed) | {"floor": _floor(seen[name][0], seed)}
    curves = {}
    for which, name in enumerate(("real", "other")):
        for class_ in CLASSES:
            sample = seen["raw"][which]
            if (rows := sample.class_ == class_).any():
                curves[f"raw_{class_}_{name}"] = quantiles_of(sample.flux[rows])
        curves[f"divided_{name}"] = quantiles_of(seen["divided"][which].flux)
    return numbers, {key: curve.astype(np.float32) for key, curve in curves.items()}


def _floor(real: Sample, seed: int) -> dict[str, float]:
    """Return each classifier's mean AUC between random halves of the real spectra."""
    rng = np.random.default_rng(seed)
    found = [two_sample(*halves(real, rng), seed) for _ in range(N_HALVES)]
    return {name: float(np.mean([it[name]["auc"] for it in found])) for name in CLASSIFIERS}
