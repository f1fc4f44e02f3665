"""`lcgan register`: the chosen arm's median model becomes a version of the MLflow model."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lcgan.errors import UserError
from lcgan.files import md5_of, read_json, replacing, write_json
from lcgan.params import SURVEY, Params, arm_of
from lcgan.spectra.catalogue import read_augmented, read_catalogue
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise
from lcgan.spectra.store import read_rows
from lcgan.stages.paths import (
    AUGMENTED,
    AUGMENTED_CATALOGUE,
    CATALOGUE,
    CLASSIFIERS,
    DATASETS,
    MODEL_CARD,
    RECOGNITION_REPORTS,
    REGISTERED,
    SPECTRA,
)
from lcgan.tracking import card, registry
from lcgan.tracking.gathered import gather
from lcgan.tracking.store import client as store_client

#: Spectra of each class that the network's 8-bit form is calibrated on, where there are so many.
N_CALIBRATION = 150


@dataclass(frozen=True)
class Choice:
    """The form of training whose median model is offered.

    Attributes
    ----------
    arm, form : str
        As in ``reports/recognition/<arm>.json``.
    report : dict
        The form's part of that file.
    selection : dict of str to float
        The selection score of every form that was offered.
    """

    arm: str
    form: str
    report: dict
    selection: dict[str, float]

    @property
    def fit(self) -> dict:
        """The median fit."""
        return self.report["fits"][self.report["median_fit"]]


def run(params: Params, tracker) -> str:
    """Register a version, move the aliases, write the model card; returns the closing line.

    Raises
    ------
    UserError
        If a report or the model is missing, or no form may be offered.
    """
    from lcgan.recognition.classes import CLASSES, SURVEY_CLASSES

    choice = choose(params.register_.arms)
    network = CLASSIFIERS / choice.arm / f"{choice.form}.keras"
    if not network.is_file():
        raise UserError(f"{network}: not there; run `lcgan train_classifier --arm {choice.arm}`")
    datasets = read_json(DATASETS)
    trial = Trial.read(datasets)
    reports = sorted({RECOGNITION_REPORTS / f"{arm_of(form)}.json" for form in choice.selection})
    tracker.inputs(network, *reports, DATASETS, SPECTRA, CATALOGUE)
    classes = SURVEY_CLASSES if choice.form == SURVEY else CLASSES
    facts = _facts(params, choice, datasets["source"], classes)
    with replacing(MODEL_CARD) as part:
        part.write_text(card.write(facts))
    client = store_client()
    name = params.register_.model_name
    if choice.form == SURVEY:
        spectra, evidence = _of_survey(params.register_.outliers)
    else:
        spectra = _calibration(datasets["sets"])
        evidence = _evidence(datasets["sets"], CLASSES, params.register_.outliers)
    offer = _offer(facts, network, trial, spectra, evidence)
    made = registry.log_version(client, name, offer, tracker.run_id)
    moves = registry.promote(client, name, made.version, trial.count)
    _report(tracker, choice, name, made.version, moves)
    verb = "stays" if moves.champion == moves.before else "is now"
    return (
        f"{name} version {made.version} ({choice.form}) is the candidate; champion {verb} version "
        f"{moves.champion}: {moves.why} (see {REGISTERED} and {MODEL_CARD})"
    )


def choose(forms: Sequence[str]) -> Choice:
    """Choose the form whose median fit did best on the selection set; the first of equals.

    Nothing that is reported (recall, false positives, unseen stars) has a say.

    Raises
    ------
    UserError
        If a report is missing or lacks a form, or no form is named.
    """
    if not forms:
        raise UserError("params.yaml: register.arms: empty; name at least one form of training")
    reports, selection = {}, {}
    for form in forms:
        path = RECOGNITION_REPORTS / f"{arm_of(form)}.json"
        known = read_json(path)["forms"]
        if form not in known:
            raise UserError(f"{path}: has no form {form!r}; run its stage again")
        reports[form] = known[form]
        median = known[form]["fits"][known[form]["median_fit"]]
        selection[form] = median["selection_macro_f1"]
    best = max(forms, key=selection.__getitem__)
    return Choice(arm_of(best), best, reports[best], selection)


@dataclass(frozen=True)
class Trial:
    """The spectra that the champion is judged on: leakage-free O, held-out F, G, K.

    Attributes
    ----------
    o : ndarray, shape (n, 3700)
    fgk : ndarray, shape (m, 3700)
    """

    o: np.ndarray
    fgk: np.ndarray

    @classmethod
    def read(cls, datasets: Mapping) -> "Trial":
        """Gather them from the packed store by the persisted row lists."""
        sets = datasets["sets"]
        fgk = [row for rows in sets["held_out"].values() for row in rows]
        return cls(read_rows(SPECTRA, sets["leakage_free"]["O"]), read_rows(SPECTRA, fgk))

    @property
    def digest(self) -> str:
        """Hex digits that name these very spectra."""
        digest = hashlib.md5(usedforsecurity=False)
        for flux in (self.o, self.fgk):
            digest.update(f"{flux.shape}".encode())
            digest.update(np.ascontiguousarray(flux).tobytes())
        return digest.hexdigest()

    def count(self, model) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many of the O and of the F, G, K spectra a served model calls O."""
        import pandas as pd

        grid = wavelength_grid()
        counts = []
        for flux in (self.o, self.fgk):
            table = pd.DataFrame({"flux": list(flux), "wavelength": [grid] * len(flux)})
            called = model.predict(table)["class"] == "O"
            counts.append({"k": int(called.sum()), "n": len(flux)})
        return counts[0], counts[1]


def _calibration(sets: Mapping) -> np.ndarray:
    """Return standardised training spectra, as many of each class, shape (n, 3700)."""
    rows = list(sets["data_set_1"]["O"][:N_CALIBRATION])
    for of_class in sets["data_set_5"].values():
        rows += of_class[:N_CALIBRATION]
    return standardise(read_rows(SPECTRA, rows))


def _evidence(sets: Mapping, classes: Sequence[str], flagged: float):
    """Return what makes the answers honest: selection, held-out and training spectra.

    Held out are the leakage-free O, the held-out F, G, K and the contaminants, which no training
    saw; stars of every class tell what a star looks like.
    """
    selection = {name: sets["early_stop"][name] for name in classes}
    held_out = {**sets["leakage_free"], **sets["held_out"], **sets["contaminants"]}
    training = [*sets["data_set_1"].values(), *sets["data_set_5"].values()]
    alike = [row for rows in (*training, *sets["contaminants"].values()) for row in rows]
    return gather(SPECTRA, read_catalogue(CATALOGUE), selection, held_out, alike, flagged)


def _of_survey(flagged: float):
    """Return the same two of the survey arm's spectra: standardised training spectra, evidence."""
    table = read_augmented(AUGMENTED_CATALOGUE)
    train = table[table["set"] == "train"]
    rows = train.groupby("class", sort=True).head(N_CALIBRATION)["row"]
    selection, held_out = (
        {name: of["row"].tolist() for name, of in table[table["set"] == part].groupby("class")}
        for part in ("selection", "unseen")
    )
    evidence = gather(AUGMENTED, table, selection, held_out, train["row"], flagged)
    return standardise(read_rows(AUGMENTED, rows.to_numpy())), evidence


def _facts(params: Params, choice: Choice, source: str, classes: tuple[str, ...]) -> card.Facts:
    return card.Facts(
        name=params.register_.model_name,
        form=choice.form,
        report=choice.report,
        selection=choice.selection,
        source=source,
        classes=classes,
        training=_training(params, choice.form),
        seed=params.seed,
        max_masked_fraction=params.ingest.max_masked_fraction,
    )


def _training(params: Params, form: str) -> dict:
    """Return how the network was trained, as the card says it."""
    block = params.train_classifier
    return (block.survey if form == SURVEY else block).model_dump()


def _offer(
    facts: card.Facts, network, trial: Trial, calibration: np.ndarray, evidence
) -> registry.Offer:
    free = facts.fit["protocols"]["leakage_free"]
    return registry.Offer(
        network=network,
        calibration=calibration,
        classes=facts.classes,
        max_masked_fraction=facts.max_masked_fraction,
        card=MODEL_CARD.read_text(),
        summary=card.summary(facts),
        recall=free["recall"],
        fpr=free["fpr_fgk"],
        tags={
            "arm": arm_of(facts.form),
            "form": facts.form,
            "source": facts.source,
            "selection_macro_f1": f"{facts.fit['selection_macro_f1']:.6f}",
            "network_md5": md5_of(network),
            registry.TEST_SETS: trial.digest,
        },
        evidence=evidence,
    )


def _report(tracker, choice: Choice, name: str, version, moves: registry.Promotion) -> None:
    """Write reports/registered.json, and tell the run."""
    write_json(
        REGISTERED,
        {
            "model_uri": f"models:/{name}/{version}",
            "name": name,
            "version": str(version),
            "arm": choice.arm,
            "form": choice.form,
            "run_id": tracker.run_id,
            "selection_macro_f1": choice.selection,
            "aliases": {registry.CANDIDATE: str(version), registry.CHAMPION: moves.champion},
            "champion_before": moves.before,
            "why": moves.why,
        },
    )
    free = choice.fit["protocols"]["leakage_free"]
    rates = {"recall_leakage_free": free["recall"]["rate"], "fpr_fgk": free["fpr_fgk"]["rate"]}
    figures = {key: rate for key, rate in rates.items() if rate is not None}
    tracker.metrics(figures | {"selection_macro_f1": choice.fit["selection_macro_f1"]})
    tracker.tags({"form": choice.form, "registered_version": f"{name}/{version}"})
    tracker.artifact(MODEL_CARD)
    tracker.artifact(REGISTERED)
