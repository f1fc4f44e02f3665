"""All scores of a set of spectra, against leakage-free real O spectra and against Data set 1.

Sets are compared with one half of the leakage-free spectra after the other, in parts of the size
of the other half: so the other half itself, real O, is scored as every set is.
"""

from collections.abc import Iterator

import numpy as np

from lcgan.scores.authenticity import authenticity
from lcgan.scores.choose import EMBEDDED
from lcgan.scores.classifier_test import by_spectrum, by_star, classifier_tests
from lcgan.scores.distribution import kolmogorov_smirnov
from lcgan.scores.line_widths import KEYS, by_line, correlation_distance
from lcgan.scores.median_rms import median_rms
from lcgan.scores.noise_power import greatest_ratio
from lcgan.scores.seen import Real, Seen
from lcgan.scores.spread import share_within
from lcgan.seeds import rng_of
from lcgan.spectra.pixel_noise import typical

Scores = dict[str, float | None]


def fidelity(found: Seen, real: Real, most: int, seed: int) -> Scores:
    """Return every score of a set that is not the leakage-free spectra.

    Parameters
    ----------
    found : Seen
    real : Real
    most : int
        Spectra of the set, the first ones, that are compared with the leakage-free ones.
    seed : int
    """
    some, n = found[:most], min(len(half) for half in real.halves)
    pairs = [(part, real.held_out[half]) for part in parts(some, n) for half in real.halves]
    return {
        **mean([compare(*pair) for pair in pairs]),
        **told_apart(some, real.held_out, real.star, seed),
        **against_training(found, real),
    }


def held_out_fidelity(real: Real, seed: int) -> Scores:
    """Return every score of the leakage-free spectra themselves, one half against the other."""
    one, other = (real.held_out[half] for half in real.halves)
    return {
        **mean([compare(one, other), compare(other, one)]),
        **told_apart(one, other, real.star[real.halves[1]], seed),
        **against_training(real.held_out, real),
        **copied(real.held_out[real.known_or_all], real),
    }


def by_part(found: Seen, real: Real, most: int, seed: int) -> dict[str, Scores]:
    """Compare a set with all leakage-free spectra, with those of training stars, and with others.

    What Data set 1 has is the floor: no generator that has learnt it all is nearer.

    Returns
    -------
    dict of dict
        ``all``, ``training_stars`` and ``unseen_stars``, each with `n` (real spectra) and what
        `compare` and `told_apart` say; a part with fewer than two spectra is left out.
    """
    rows = {
        "all": np.arange(len(real.held_out)),
        "training_stars": np.flatnonzero(real.known),
        "unseen_stars": np.flatnonzero(~real.known),
    }
    result = {}
    for name, at in rows.items():
        if len(at) < 2:
            continue
        whole, star = real.held_out[at], real.star[at]
        some = found[:most]
        each = [compare(part, whole) for part in parts(some, min(len(at), len(some)))]
        result[name] = {"n": len(at), **mean(each), **told_apart(some, whole, star, seed)}
    return result


def compare(found: Seen, real: Seen) -> Scores:
    """Return the scores of a set against real spectra, best for sets of the same size."""
    widths = by_line(found.widths, real.widths)
    scale = np.nanstd(real.widths, axis=0)
    apart = [widths[key]["wasserstein"] for key in KEYS]
    return {
        **{name: score(found.places, real.places) for name, score in EMBEDDED.items()},
        "width_ks": float(np.mean([widths[key]["ks"] for key in KEYS])),
        "width_wasserstein": None if None in apart else float(np.mean(np.divide(apart, scale))),
        "width_correlation": correlation_distance(found.widths, real.widths),
        "subtype_ks": widths["subtype"]["ks"],
        "slope_ks": kolmogorov_smirnov(found.slope, real.slope),
        "noise_power": greatest_ratio(found.power, real.power),
    }


def told_apart(found: Seen, real: Seen, star: np.ndarray, seed: int) -> Scores:
    """Return the classifier two-sample test's areas.

    Returns
    -------
    dict
        ``c2st_auc``, the headline: whole stars held out, the greater area of the embedding's and
        the flux's; ``c2st_by_spectrum``, the same with spectra dealt whoever their star; and
        ``c2st_embedding``, ``c2st_flux``, the two behind the headline.
    """
    folds = {
        "star": by_star(star),
        "spectrum": by_spectrum(len(star), rng_of(seed, "c2st", "real")),
    }
    views = ((real.places, found.places), (real.flux, found.flux))
    embedded, flux = (
        classifier_tests(one, folds, other, rng_of(seed, "c2st", "set")) for one, other in views
    )
    return {
        "c2st_auc": _greater(embedded["star"], flux["star"]),
        "c2st_by_spectrum": _greater(embedded["spectrum"], flux["spectrum"]),
        "c2st_embedding": embedded["star"],
        "c2st_flux": flux["star"],
    }


def _greater(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else max(one, other)


def against_training(found: Seen, real: Real) -> Scores:
    """Return the scores of a set against Data set 1, which a generator is to be like, not copy."""
    training = real.training
    noise = typical(found.variance) / typical(training.variance)
    return {
        "median_rms": median_rms(found.flux, training.flux),
        "std_within": share_within(found.flux.std(axis=0) / training.flux.std(axis=0)),
        "noise_power_within": share_within(noise),
        **copied(found, real),
    }


def copied(found: Seen, real: Real) -> Scores:
    """Return whether a set copies Data set 1, beside the leakage-free spectra.

    ``authenticity`` and ``closer`` are measured beside those of training stars, if there are any:
    other stars lie further from Data set 1 whether or not a generator copies. ``..._all_stars``
    are measured beside all.
    """
    some, every = (
        authenticity(found.places, real.training.places, held_out)
        for held_out in (real.held_out.places[real.known_or_all], real.held_out.places)
    )
    return {
        "authenticity": some["ratio"],
        "closer": some["closer"],
        "authenticity_all_stars": every["ratio"],
        "closer_all_stars": every["closer"],
    }


def parts(found: Seen, n: int) -> Iterator[Seen]:
    """Yield whole parts of n spectra; the set itself if it has fewer."""
    for first in range(0, max(len(found) - n, 0) + 1, n):
        yield found[first : first + n]


def mean(each: list[Scores]) -> Scores:
    """Return the mean of each score; None where one of them is."""
    values = {name: [scores[name] for scores in each] for name in each[0]}
    return {name: None if None in all_ else float(np.mean(all_)) for name, all_ in values.items()}
