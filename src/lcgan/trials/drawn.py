"""A study's tables, each written with its figure."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from lcgan.files import replacing, write_csv
from lcgan.report import drawing


def write_drawn(
    folder: Path, tables: Mapping[str, tuple[pd.DataFrame, Callable[[pd.DataFrame], object]]]
) -> list[Path]:
    """Write <name>.csv and <name>.png of each table that has lines; return the paths.

    Parameters
    ----------
    folder : Path
    tables : dict
        Name → a table, and what draws its figure.
    """
    paths = []
    for name, (table, figure) in tables.items():
        if not len(table):
            continue
        write_csv(folder / f"{name}.csv", table)
        with drawing.style(), replacing(folder / f"{name}.png") as part:
            drawing.write_png(figure(table), part)
        paths += [folder / f"{name}.csv", folder / f"{name}.png"]
    return paths
