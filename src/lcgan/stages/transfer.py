"""The stage `transfer`: how the registered model does on spectra that it was not made with.

Re-observed stars that no training saw, and any folder of labelled real LAMOST spectra.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.errors import UserError
from lcgan.files import read_json, replacing, write_json
from lcgan.params import SURVEY, Params
from lcgan.scores.held_out import calibration, reobserved
from lcgan.scores.transfer import most_o_like, transfer
from lcgan.stages import paths
from lcgan.survey.labelled import read_labelled
from lcgan.survey.models import first_line
from lcgan.tracking.store import client

NO_FOLDER = (
    "no folder of labelled real spectra is part of this project; name one with "
    "--set transfer.folder=FOLDER or in params.yaml"
)


def run(params: Params, tracker) -> str:
    """Write reports/transfer.json and the most O-like spectra; returns the closing line.

    Raises
    ------
    UserError
        If the registered model cannot be loaded, or the folder named has no usable spectrum.
    """
    registered = read_json(paths.REGISTERED)
    tracker.inputs(paths.REGISTERED, paths.SPECTRA, paths.CATALOGUE, paths.DATASETS)
    model = load(registered["model_uri"])
    of_survey = registered["form"] == SURVEY
    held = read_augmented_unseen(model) if of_survey else read_reobserved(model)
    report = {
        "model": registered["model_uri"],
        "form": registered["form"],
        "classes": list(model.classes),
        "temperature": model.temperature,
        "reobserved": reobserved(held, params.transfer.min_snr_g),
        "calibration": calibration(held, model.classes, params.seed),
        "folder": params.transfer.folder,
        "real": None,
        "note": NO_FOLDER,
        "observation": None,
    }
    spectra, curves = np.empty((0, 3700), np.float32), {}
    if params.transfer.folder:
        block = params.transfer
        found = read_labelled(model, block.folder, block.exclude_half, block.exclude_names)
        places = most_o_like(found.table)
        report["real"] = {
            "left_out": found.left_out,
            "repeated": found.repeated,
            "rejected": found.rejected,
            **transfer(found.table, model.classes, block.min_snr_g),
            "most_o_like": _told(found.table.loc[places]),
        }
        report["note"] = ""
        spectra = found.flux[places]
        report["observation"], curves = beside_reobserved(found, params.seed)
    write_json(paths.TRANSFER, report)
    with replacing(paths.TRANSFER_SPECTRA) as part, part.open("wb") as file:
        np.savez(file, flux=spectra, **curves)
    _log(tracker, report)
    return f"{paths.TRANSFER}: {headline(report)}"


def load(uri: str):
    """Load the registered model.

    Raises
    ------
    UserError
        If it cannot be loaded.
    """
    import mlflow

    client()
    try:
        return mlflow.pyfunc.load_model(uri).get_raw_model()
    except Exception as error:  # whatever an artifact store may raise
        raise UserError(
            f"{uri}: cannot be loaded ({first_line(error)}); run `dvc repro -fs register`"
        ) from error


def read_reobserved(model) -> pd.DataFrame:
    """Score re-observed stars that no training of the model saw.

    Returns
    -------
    DataFrame
        One row a spectrum: set (unseen: its star too; held_out: other observations), true, star,
        called, snr, p_<class> and calibrated_<class>.
    """
    from lcgan.spectra.catalogue import read_catalogue

    sets = read_json(paths.DATASETS)["sets"]
    table = read_catalogue(paths.CATALOGUE).set_index("row")
    parts = {
        "unseen": [*sets["unseen_stars"].values(), *sets["contaminants"].values()],
        "held_out": [*sets["leakage_free"].values(), *sets["held_out"].values()],
    }
    found = []
    for part, groups in parts.items():
        rows = [row for group in groups for row in group]
        if rows:
            found.append(_answers(model, paths.SPECTRA, table.loc[rows], "snr_g", part))
    return pd.concat(found, ignore_index=True)


def read_augmented_unseen(model) -> pd.DataFrame:
    """Score the stars that the stage `augment` kept from the survey arm, as `read_reobserved`.

    Contaminants of the packed store will not do here: it was trained on other observations of
    their stars.
    """
    from lcgan.spectra.catalogue import read_augmented

    table = read_augmented(paths.AUGMENTED_CATALOGUE)
    unseen = table[table["set"] == "unseen"].set_index("row")
    return _answers(model, paths.AUGMENTED, unseen, "snr", "unseen")


def _answers(model, store: Path, known: pd.DataFrame, snr: str, part: str) -> pd.DataFrame:
    """Return the model's answers on rows of a store, beside what is known of them."""
    from lcgan.spectra.standardise import standardise
    from lcgan.spectra.store import read_rows

    p = model.network(standardise(read_rows(store, known.index.to_numpy())))
    of = pd.DataFrame(p, columns=[f"p_{name}" for name in model.classes])
    of[[f"calibrated_{name}" for name in model.classes]] = model.calibrated(p)
    of["called"] = np.array(model.classes, dtype=object)[p.argmax(axis=1)]
    of["true"], of["star"] = known["class"].to_numpy(), known["star"].to_numpy()
    of["snr"], of["set"] = known[snr].to_numpy(), part
    return of


def beside_reobserved(found, seed: int) -> tuple[dict, dict[str, np.ndarray]]:
    """Compare the real F, G, K with re-observed ones (`lcgan.scores.observation.compare`).

    With those that were ingested; with none where real spectra were.
    """
    from lcgan.scores import observation
    from lcgan.scores.two_sample import Sample
    from lcgan.spectra.catalogue import read_catalogue
    from lcgan.spectra.standardise import standardise
    from lcgan.spectra.store import read_rows

    def sample(table: pd.DataFrame, class_: str, snr: str, flux: np.ndarray) -> Sample:
        return Sample(flux, *(table[name].to_numpy() for name in ("star", class_, snr)))

    table = found.table
    used = observation.chosen(table["true"].to_numpy(), table["snr"].to_numpy(np.float64))
    real = sample(table[used], "true", "snr", found.flux[used])
    known = read_catalogue(paths.CATALOGUE)
    if read_json(paths.DATASETS)["source"] != paths.STELIB.name:
        known = known.iloc[:0]  # what was ingested is real itself
    other = sample(known, "class", "snr_g", np.empty((len(known), 0), np.float32))
    rows = observation.partners(real, other, seed)
    taken = known.iloc[rows]
    flux = standardise(read_rows(paths.SPECTRA, taken["row"].tolist())) if len(rows) else real.flux
    return observation.compare(real, sample(taken, "class", "snr_g", flux[: len(rows)]), seed)


def headline(report: Mapping) -> str:
    """Return the figures that matter most in one line."""
    o, b = (report["reobserved"]["bright"].get(name) for name in "OB")
    said = [f"unseen O recalled {_percent(o)}"] if o else []
    said += [f"B called O {_percent(b)}"] if b else []
    real = report["real"]
    if real is None:
        return "; ".join([*said, report["note"]])
    bright = real["bright"]
    return "; ".join(
        [
            *said,
            f"real spectra at S/N >= {bright['min_snr']:g}: F, G, K, M called O "
            f"{_percent(bright['called_o']['fgkm'])}, A {_percent(bright['called_o']['a'])}, "
            f"F, G, K right {_percent(bright['accuracy']['fgk']['strict'])}",
        ]
    )


def _percent(share: Mapping) -> str:
    if not share["n"]:
        return "none there"
    return f"{share['k']}/{share['n']} = {share['rate']:.1%}"


def _told(table: pd.DataFrame) -> list[dict]:
    """Return the most O-like spectra's lines for the report."""
    names = ["path", "obsid", "true", "subclass", "called", "p_O", "calibrated_O", "snr", "z"]
    names += ["outlier", "outlier_score", "o_evidence"]
    lines = table[names].astype(object).where(table[names].notna(), None).to_dict("records")
    for line in lines:
        line["path"] = Path(line["path"]).name
        line["obsid"] = None if line["obsid"] is None else int(line["obsid"])
        score = line["outlier_score"]
        line["outlier_score"] = None if score is None or not np.isfinite(score) else float(score)
    return lines


def _log(tracker, report: Mapping) -> None:
    """Log the headline figures on the stage's run."""
    shares = {f"unseen.called_o.{k}": v for k, v in report["reobserved"]["bright"].items()}
    if (real := report["real"]) is not None:
        shares |= {f"real.called_o.{k}": v for k, v in real["bright"]["called_o"].items()}
        for name, of in real["bright"]["accuracy"].items():
            shares |= {f"real.accuracy.{name}.{k}": v for k, v in of.items()}
    tracker.metrics({name: it["rate"] for name, it in shares.items() if it["rate"] is not None})
    ece = report["calibration"]["calibrated"]["called"]["ece"]["value"]
    tracker.metrics({} if ece is None else {"ece": ece})
    tracker.artifact(paths.TRANSFER)
