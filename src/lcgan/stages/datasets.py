"""Stage `datasets`: the row lists of every set, and Table 1."""

import pandas as pd

from lcgan.datasets import draw, table_1
from lcgan.files import replacing, write_json
from lcgan.params import Params
from lcgan.stages import paths
from lcgan.written_by import not_there


def run(params: Params, tracker) -> str:
    """Draw the sets from the catalogue and write data/processed/datasets.json and Table 1."""
    try:
        catalogue = pd.read_csv(paths.CATALOGUE, dtype={"star": str, "class": str})
    except FileNotFoundError:
        raise not_there(paths.CATALOGUE) from None
    tracker.inputs(paths.CATALOGUE)
    sets, kept_out = draw(catalogue, params.datasets, params.seed)
    stars = dict(zip(catalogue["row"], catalogue["star"], strict=True))
    table = table_1(sets, params.datasets, stars, params.ingest.source)
    write_json(
        paths.DATASETS,
        {"source": params.ingest.source, "sets": sets, "stars_kept_out": kept_out},
    )
    with replacing(paths.TABLE_1) as part:
        table.to_csv(part, index=False)
    tracker.artifact(paths.TABLE_1)
    tracker.metrics(
        {f"n.{name}.{kind}": len(rows) for name, of in sets.items() for kind, rows in of.items()}
    )
    free = len(sets["leakage_free"]["O"])
    return f"Data sets 1 to 5 drawn, {free} O spectra leakage-free: {paths.TABLE_1}"
