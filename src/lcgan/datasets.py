"""The paper's Data sets 1 to 5 (Table 1) and the splits that keep its figures honest."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.seeds import rng_of

Rows = dict[str, list[int]]

#: Classes outside Data sets 1 to 5, which only show what a network makes of them.
CONTAMINANTS = ("B", "A", "M", "other")
#: The paper's Table 1; `generated` where no real spectrum is meant, `duplicated` where repeated.
PAPER_TABLE_1 = {
    "data_set_1": {"O": 150},
    "data_set_2": {"O": 323},
    "data_set_3": {"O": 1000, "F": 1000},
    "data_set_4": {"O": 1000, "F": 1000, "G": 1000, "K": 1000},
    "data_set_5": {"O": 10000, "F": 10000, "G": 10000, "K": 10000},
}


def draw(catalogue: pd.DataFrame, sizes, seed: int) -> tuple[dict[str, Rows], Rows]:
    """Draw every set as lists of rows of the packed store.

    Parameters
    ----------
    catalogue : DataFrame
        Columns row, class, star of every packed spectrum.
    sizes : Datasets
        The `datasets` block of params.yaml.
    seed : int
        Of every draw.

    Returns
    -------
    sets : dict of dict of list of int
        data_set_1 to data_set_5 (of 4 and 5 the real part), early_stop, held_out, leakage_free,
        unseen_stars, contaminants: rows by class.
    kept_out : dict of list of str
        By class, the stars that no training sees in any observation.

    Raises
    ------
    UserError
        If a class has too few spectra or stars; the message names the key.

    Notes
    -----
    Whole stars are kept out first. Data set 1 is drawn from the other O stars; Data set 2 holds it
    and, of the rest, both kinds, so that Data set 2 less Data set 1 is the leakage-free set and
    its part of kept-out stars the unseen one. F, G, K of Data sets 3 to 5 come from stars that are
    not kept out and share one pool, as the paper's 10,000 of each do; held-out ones from the
    same stars, but other observations.
    """
    rows = {name: part for name, part in catalogue.groupby("class", sort=True)}
    kept_out, seen, unseen = {}, {}, {}
    for name in ("O", "F", "G", "K"):
        table = rows.get(name, catalogue.iloc[:0])
        kept_out[name] = _draw_stars(table, name, sizes.unseen_stars[name], seed)
        is_out = table["star"].isin(kept_out[name])
        shuffled = rng_of(seed, "rows", name)
        seen[name] = shuffled.permutation(table.loc[~is_out, "row"].to_numpy())
        unseen[name] = shuffled.permutation(table.loc[is_out, "row"].to_numpy())
    sets = _o_sets(seen["O"], unseen["O"], sizes, seed)
    for name in ("F", "G", "K"):
        _add_real_class(sets, name, seen[name], sizes)
        sets["unseen_stars"][name] = _rows(unseen[name])
    share = sizes.early_stop_fraction
    sets["early_stop"] = {
        "O": _share(sets["data_set_1"]["O"], share),
        **{name: _share(sets["data_set_5"][name], share) for name in ("F", "G", "K")},
    }
    sets["contaminants"] = {
        name: _rows(rows[name]["row"].to_numpy()) for name in CONTAMINANTS if name in rows
    }
    return sets, kept_out


def training_part(rows: Sequence[int], early_stop: Sequence[int]) -> list[int]:
    """Return the 7 of the 7:3: the rows that are not in the early-stopping set."""
    apart = set(early_stop)
    return [row for row in rows if row not in apart]


def duplicate_to(rows: Sequence[int], n: int, seed: int) -> list[int]:
    """Return `n` rows: each of `rows` as often as any other but one, in a drawn order."""
    whole, rest = divmod(n, len(rows))
    rng = rng_of(seed, "duplicate", n)
    some = rng.choice(len(rows), rest, replace=False)
    return _rows(rng.permutation([*list(rows) * whole, *(rows[i] for i in some)]))


def table_1(sets: Mapping[str, Rows], sizes, stars: Mapping[int, str], source: str) -> pd.DataFrame:
    """Return each set's composition beside the paper's (Table 1).

    Parameters
    ----------
    sets : dict
        From `draw`.
    sizes : Datasets
        What was asked for, generated parts included.
    stars : dict
        The star of every row.
    source : str
        Where the real spectra come from.
    """
    lines = []
    for name, paper in PAPER_TABLE_1.items():
        for kind, n_paper in paper.items():
            found = sets[name].get(kind)
            what = "generated" if found is None else "real"
            if name == "data_set_3" and kind == "O":
                what = "duplicated"
            n_stars = len({stars[row] for row in found}) if found is not None else 0
            n = getattr(sizes, name)[kind] if found is None else len(found)
            lines.append(
                (name, kind, n, n_paper, what, n_stars, "GAN" if found is None else source)
            )
    for name in ("early_stop", "held_out", "leakage_free", "unseen_stars", "contaminants"):
        for kind, found in sets[name].items():
            n_stars = len({stars[row] for row in found})
            lines.append((name, kind, len(found), None, "real", n_stars, source))
    columns = ["data_set", "class", "n", "n_paper", "kind", "n_stars", "from"]
    table = pd.DataFrame(lines, columns=columns)
    return table.astype({"n_paper": "Int64"})


def _draw_stars(table: pd.DataFrame, name: str, n: int, seed: int) -> list[str]:
    """Draw the stars of a class that are kept out of every training."""
    stars = sorted(table["star"].unique())
    if len(stars) <= n:
        raise UserError(
            f"datasets.unseen_stars.{name}: {n} stars to keep out, but there are {len(stars)} "
            f"{name} stars in all; lower it or add spectra"
        )
    chosen = rng_of(seed, "unseen", name).choice(len(stars), n, replace=False)
    return sorted(stars[i] for i in chosen)


def _o_sets(seen: np.ndarray, unseen: np.ndarray, sizes, seed: int) -> dict[str, Rows]:
    """Draw the O part of every set."""
    n_1, n_2 = sizes.data_set_1["O"], sizes.data_set_2["O"]
    _enough("data_set_1", "O", n_1, len(seen))
    _enough("data_set_2", "O", n_2, len(seen) + len(unseen))
    first = _rows(seen[:n_1])
    others = rng_of(seed, "data_set_2").permutation(np.concatenate([seen[n_1:], unseen]))
    others = _rows(others[: n_2 - n_1])
    apart = set(unseen.tolist())
    return {
        "data_set_1": {"O": first},
        "data_set_2": {"O": first + others},
        "data_set_3": {"O": duplicate_to(first + others, sizes.data_set_3["O"], seed)},
        "data_set_4": {},
        "data_set_5": {},
        "held_out": {},
        "leakage_free": {"O": others},
        "unseen_stars": {"O": [row for row in others if row in apart]},
    }


def _add_real_class(sets: dict[str, Rows], name: str, seen: np.ndarray, sizes) -> None:
    """Add F, G or K to the sets: a pool for training, and after it the held-out ones."""
    wanted = {"data_set_4": sizes.data_set_4[name], "data_set_5": sizes.data_set_5[name]}
    if name in sizes.data_set_3:
        wanted["data_set_3"] = sizes.data_set_3[name]
    pool, held = max(wanted.values()), sizes.held_out[name]
    _enough("data_set_5", name, pool, len(seen))
    _enough("held_out", name, held, len(seen) - pool)
    for key, n in wanted.items():
        sets[key][name] = _rows(seen[:n])
    sets["held_out"][name] = _rows(seen[pool : pool + held])


def _enough(key: str, name: str, wanted: int, there: int) -> None:
    if wanted > there:
        raise UserError(
            f"datasets.{key}.{name}: {wanted} spectra asked for, {there} left; lower it, or add "
            "spectra (observe.n_spectra, or files in your own folder)"
        )


def _share(rows: Sequence[int], share: float) -> list[int]:
    """Return the last `share` of rows that were drawn in random order."""
    return list(rows[len(rows) - round(len(rows) * share) :])


def _rows(rows) -> list[int]:
    return [int(row) for row in rows]
