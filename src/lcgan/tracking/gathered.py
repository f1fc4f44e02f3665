"""Which spectra of a packed store make a registered model's answers honest."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.evidence import outliers
from lcgan.spectra.standardise import standardise
from lcgan.spectra.store import read_rows
from lcgan.tracking.data_folder import Evidence, HeldOut

#: Spectra of each class that the likeness is learnt from, where there are so many.
MOST_OF_CLASS = 400


def gather(
    store: Path,
    catalogue: pd.DataFrame,
    selection: Mapping[str, Sequence[int]],
    held_out: Mapping[str, Sequence[int]],
    alike: Iterable[int],
    flagged: float,
) -> Evidence:
    """Read them, and learn what training spectra are like.

    Parameters
    ----------
    store : Path
        The packed store.
    catalogue : DataFrame
        Columns row, class and star of the store's rows.
    selection, held_out : dict of str to sequence of int
        Rows by class, see `lcgan.tracking.data_folder.Evidence`.
    alike : iterable of int
        Rows of stars of every class there is: what is like them is a star as LAMOST sees it.
    flagged : float
        See `lcgan.evidence.outliers.fit`.

    Raises
    ------
    UserError
        If the store is missing.
    """
    table = catalogue.set_index("row").loc[sorted(set(alike))]
    evenly = [_evenly(of, MOST_OF_CLASS) for _, of in table.groupby("class", sort=True)]
    chosen = pd.concat(evenly)
    flux, ivar = (read_rows(store, chosen.index.to_numpy(), name) for name in ("flux", "ivar"))
    of = (chosen["class"].tolist(), chosen["star"].tolist())
    likeness = outliers.fit(flux, ivar, *of, flagged)

    chosen_by = {it: standardise(read_rows(store, of)) for it, of in selection.items() if len(of)}
    others = {name: _held_out(store, of) for name, of in held_out.items() if len(of)}
    return Evidence(chosen_by, others, likeness)


def _held_out(store: Path, rows: Sequence[int]) -> HeldOut:
    """Return rows at unit 2-norm, the inverse variance in that unit."""
    flux, ivar = (read_rows(store, rows, name) for name in ("flux", "ivar"))
    norm = np.linalg.norm(flux.astype(np.float64), axis=1, keepdims=True)
    return HeldOut(standardise(flux), (ivar * norm**2).astype(np.float32))


def _evenly(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most so many lines, evenly spread: neighbours are often of one star."""
    n = min(len(table), most)
    return table.iloc[np.linspace(0, len(table) - 1, n).round().astype(int)]
