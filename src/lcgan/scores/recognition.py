"""Recognition accuracy: O recall, and what it costs (the paper, Figure 7; P9)."""

from collections.abc import Mapping

import numpy as np

from lcgan.scores.confusion import confusion, macro_f1
from lcgan.scores.interval import proportion


def recognition(
    called: Mapping[str, np.ndarray], classes: tuple[str, ...], o_stars: list[str]
) -> dict:
    """Score a network on real spectra of known class.

    The paper's "accuracy on the validation set" is O recall, since Data set 2 holds O alone, and a
    network that always says O has 100 %; so the false positives stand beside it.

    Parameters
    ----------
    called : dict of ndarray
        By true class, the number of the class called for each spectrum.
    classes : tuple of str
        The classes in the network's order, "O" among them.
    o_stars : list of str
        The star of every O spectrum, in the order of ``called["O"]``.

    Returns
    -------
    dict
        recall, fpr_fgk (proportions), fpr_by_class, confusion, macro_f1, per_star (recall).
    """
    o = classes.index("O")
    true = np.concatenate([np.full(len(of), classes.index(name)) for name, of in called.items()])
    counts = confusion(true, np.concatenate(list(called.values())), len(classes))
    negatives = [classes.index(name) for name in called if name != "O"]
    by_star = {}
    for star in sorted(set(o_stars)):
        hits = [one == o for one, of in zip(called["O"], o_stars, strict=True) if of == star]
        by_star[star] = proportion(sum(hits), len(hits))
    return {
        "recall": proportion(counts[o, o], counts[o].sum()),
        "fpr_fgk": proportion(counts[negatives, o].sum(), counts[negatives].sum()),
        "fpr_by_class": {classes[i]: proportion(counts[i, o], counts[i].sum()) for i in negatives},
        "confusion": counts.tolist(),
        "macro_f1": macro_f1(counts),
        "per_star": by_star,
    }
