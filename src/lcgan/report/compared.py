"""The forms of training compared, from what every fit said of every spectrum."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lcgan.params import ARM_OF
from lcgan.scores.answers import Answers
from lcgan.scores.benefit import Fitted, differences, operating_points
from lcgan.scores.conditions import recall_by, subtype
from lcgan.scores.protocols import Scored
from lcgan.spectra.catalogue import read_catalogue
from lcgan.stages import paths

#: The form that all others are compared with.
OURS = "lcgan"
PROTOCOLS = ("leakage_free", "paper", "unseen_stars")


def compare(arms: Mapping[str, Mapping], datasets: Mapping, seed: int) -> dict:
    """Return the differences, the operating points and recall against conditions.

    Parameters
    ----------
    arms : dict of dict
        reports/recognition/<arm>.json of each arm.
    datasets : dict
        What the stage `datasets` wrote: source, sets.
    seed : int
        Of the resamplings.

    Returns
    -------
    dict
        differences, operating, against: as `lcgan.report.results.Results` has them.
    """
    answers = {arm: Answers.read(paths.RECOGNITION_REPORTS / f"{arm}_answers.npz") for arm in arms}
    fitted = {}
    for name, arm in ARM_OF.items():
        form = arms[arm]["forms"][name]
        repeat = form["fits"][form["median_fit"]]["repeat"]
        fitted[name] = Fitted.of(answers[arm], name, form["best_iteration"], repeat)
    table = read_catalogue(paths.CATALOGUE).set_index("row")
    known = table["star"].to_dict(), table["subclass"].to_dict()
    where = Scored(datasets["sets"], *known).scene()
    found = [differences(fitted, OURS, where, protocol, seed) for protocol in PROTOCOLS]
    rows = list(where.positives["leakage_free"])
    hits = {name: one.median_hits(rows) for name, one in fitted.items()}
    return {
        "differences": pd.concat(found, ignore_index=True),
        "operating": operating_points(fitted, where, seed),
        "against": against(table.loc[rows], paths.RAW / datasets["source"], hits),
    }


def against(table: pd.DataFrame, raw: Path, hits: Mapping) -> dict[str, list[dict]]:
    """Return recall in bins of S/N, extinction and subtype, of what is known of these.

    Parameters
    ----------
    table : DataFrame
        The catalogue's lines of some O spectra.
    raw : Path
        The folder that they were read from; where `lcgan observe` wrote it, its catalogue.csv
        tells what was put in.
    hits : dict of ndarray of bool
        By form, in the order of `table`.
    """
    known = {"snr": table["snr_g"], "subtype": pd.Series(subtype(table["subclass"]), table.index)}
    if (raw / "catalogue.csv").exists():
        truth = pd.read_csv(raw / "catalogue.csv", keep_default_na=False).set_index("file")
        truth = truth.reindex(table["file"].map(lambda file: Path(file).name))
        known["ebv"] = pd.Series(truth["ebv"].to_numpy(float), table.index)
        told = truth["spectral_type"].fillna("")
        known["subtype"] = pd.Series(subtype(told), table.index)
    order = [name for name in ("snr", "ebv", "subtype") if name in known]
    bins = {name: recall_by(known[name].reset_index(drop=True), hits) for name in order}
    return {name: of for name, of in bins.items() if of}
