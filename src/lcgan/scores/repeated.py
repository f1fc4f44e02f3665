"""Scores of one GAN over several trainings, which differ in their draws alone."""

import statistics
from collections.abc import Mapping, Sequence

Scores = Mapping[str, float | None]


def chosen_scores(gan: Mapping) -> dict[str, float | None]:
    """Return every score of a GAN at its chosen checkpoint, shares as their rate.

    Parameters
    ----------
    gan : mapping
        reports/gan/<model>.json.
    """
    at = gan["chosen"]["iteration"]
    found = next(of for of in gan["checkpoints"] if of["iteration"] == at)
    return rates(found) | gan["scores"]["generated"]


def rates(found: Mapping) -> dict[str, float]:
    """Return a checkpoint's scores, each as one number: a proportion's rate."""
    return {
        name: value["rate"] if isinstance(value, dict) else value
        for name, value in found.items()
        if name != "iteration"
    }


def over_trainings(scores: Sequence[Scores]) -> dict[str, dict]:
    """Return each score over trainings.

    Returns
    -------
    dict of dict
        By score: `values`, in the order of the trainings; `mean`; `std`, the standard deviation of
        a sample. None where one training has none; `std` also of a single training.
    """
    found = {}
    for name in scores[0]:
        values = [of[name] for of in scores]
        known = None not in values
        found[name] = {
            "values": values,
            "mean": statistics.fmean(values) if known else None,
            "std": statistics.stdev(values) if known and len(values) > 1 else None,
        }
    return found
