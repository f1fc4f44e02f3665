"""O recall under conditions: in bins of S/N, extinction and subtype."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lcgan.scores.interval import proportion

#: Bins of a number, of equal counts.
N_BINS = 4


def recall_by(values: pd.Series, hits: Mapping[str, np.ndarray]) -> list[dict]:
    """Return O recall in bins of a quantity.

    Parameters
    ----------
    values : Series, n rows
        Numbers, cut into `N_BINS` of equal counts, or texts, each a bin; what is missing is left
        out.
    hits : dict of ndarray of bool, shape (n,)
        By form of training, whether each spectrum was called O.

    Returns
    -------
    list of dict
        Bin by bin: label, n, and recall, by form a proportion.
    """
    known = values.notna() & (values.astype(str) != "")
    if not known.any():
        return []
    if pd.api.types.is_numeric_dtype(values):
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, N_BINS + 1)))
        place = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, max(0, len(edges) - 2))
        pairs = zip(edges[:-1], edges[1:], strict=True) if len(edges) > 1 else [(edges[0],) * 2]
        labels = [f"{low:.3g} to {high:.3g}" for low, high in pairs]
        of = [known & (place == i) for i in range(len(labels))]
    else:
        labels = sorted(values[known].unique())
        of = [known & (values == label) for label in labels]
    return [
        {"label": label, "n": int(some.sum()), "recall": _shares(some.to_numpy(), hits)}
        for label, some in zip(labels, of, strict=True)
    ]


def _shares(some: np.ndarray, hits: Mapping[str, np.ndarray]) -> dict[str, dict]:
    return {name: proportion(int(of[some].sum()), int(some.sum())) for name, of in hits.items()}


def subtype(spectral_types: Sequence[str]) -> list[str]:
    """Return subtypes without luminosity class, to half a class: "O9.5Iae" → "O9.5"; "" unknown.

    Examples
    --------
    >>> subtype(["O9.5Iae", "O5 V((f))", "B0", ""])
    ['O9.5', 'O5', '', '']
    """
    found = pd.Series(spectral_types, dtype=str).str.extract(r"^\s*(O\d(?:\.\d)?)", expand=False)
    return found.fillna("").tolist()
