"""The registered model: logging it, and deciding which version is the champion."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version as version_of
from pathlib import Path

import numpy as np

from lcgan.tracking import data_folder
from lcgan.tracking.carried import copy_to

CANDIDATE, CHAMPION = "candidate", "champion"
SERVED = "lcgan.tracking.served"
#: What the carried code imports, and MLflow, which loads it.
REQUIREMENTS = ("mlflow", "numpy", "openvino", "pandas")
#: Tags of a model version that the champion is chosen by: "k/n" each.
RECALL, FPR = "recall_leakage_free", "fpr_fgk"
#: Tag that names the spectra those figures were taken on.
TEST_SETS = "test_sets"
#: MLflow's sqlite store keeps no longer description of a version.
MAX_DESCRIPTION = 5000


@dataclass(frozen=True)
class Offer:
    """A network and what goes with it into the registry.

    Attributes
    ----------
    network : Path
        The trained network, ``.keras``.
    calibration : ndarray, shape (n, 3700)
        Standardised training spectra that its 8-bit form is calibrated on.
    classes : tuple of str
        In the order of its outputs.
    max_masked_fraction : float
        See `lcgan.tracking.served.OStarModel`.
    card, summary : str
        The model card, Markdown, and its part for the version's page.
    recall, fpr : dict
        Leakage-free O recall and share of F, G, K called O: "k" of "n" each.
    tags : mapping of str to str
        More tags for the version: arm, form, data.
    evidence : Evidence, optional
        See `lcgan.tracking.data_folder.Evidence`.
    """

    network: Path
    calibration: np.ndarray
    classes: tuple[str, ...]
    max_masked_fraction: float
    card: str
    summary: str
    recall: Mapping[str, int]
    fpr: Mapping[str, int]
    tags: Mapping[str, str]
    evidence: data_folder.Evidence | None = None


def log_version(client, name: str, offer: Offer, run_id: str | None):
    """Log a model into a run and register it as a new version of `name`, tagged and described.

    Parameters
    ----------
    client : mlflow.MlflowClient
        As `lcgan.tracking.store.client` gives it.
    name : str
        The registered model's name.
    offer : Offer
        What is logged.
    run_id : str or None
        The run that the model belongs to; without one it belongs to the experiment `pipeline`.

    Returns
    -------
    mlflow.entities.model_registry.ModelVersion
    """
    import mlflow
    from mlflow.models import Model

    entry = _entry(client, name, run_id)
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "model"
        settings = {"classes": offer.classes, "max_masked_fraction": offer.max_masked_fraction}
        of_offer = (offer.network, offer.calibration, settings, offer.card, offer.evidence)
        data_folder.write(data, *of_offer)
        Model.log(
            artifact_path=None,
            model_id=entry.model_id,
            flavor=mlflow.pyfunc,
            run_id=run_id,
            loader_module=SERVED,
            data_path=str(data),
            code_paths=[str(copy_to(Path(folder) / "code", SERVED))],
            pip_requirements=[f"{package}=={version_of(package)}" for package in REQUIREMENTS],
            signature=_signature(offer.classes),
            input_example=_input_example(),
        )
    counted = _counted(offer.recall, offer.fpr)
    made = mlflow.register_model(f"models:/{entry.model_id}", name, tags={**offer.tags, **counted})
    client.update_model_version(name, made.version, description=offer.summary[:MAX_DESCRIPTION])
    return made


def _entry(client, name: str, run_id: str | None):
    """Make the logged model's entry in the run's experiment, with the run's parameters."""
    from lcgan.tracking.store import experiment_id

    if run_id is None:
        return client.create_logged_model(experiment_id(client, "pipeline"), name)
    run = client.get_run(run_id)
    return client.create_logged_model(run.info.experiment_id, name, run_id, params=run.data.params)


def _signature(classes: tuple[str, ...]):
    """Return the signature: vectors of any length, whole numbers and empty ones let through.

    An array of `double` would make MLflow refuse a whole batch for one spectrum whose wavelengths
    are integers or that is missing; the model itself answers for each spectrum.
    """
    from mlflow.models import ModelSignature
    from mlflow.types.schema import AnyType, Array, ColSpec, ParamSchema, ParamSpec, Schema

    vector = Array(AnyType())
    inputs = [
        ColSpec(vector, "flux"),
        ColSpec(vector, "wavelength"),
        ColSpec(vector, "ivar", required=False),
        ColSpec("double", "z", required=False),
    ]
    outputs = [ColSpec("double", f"{kind}_{it}") for kind in ("p", "calibrated") for it in classes]
    outputs += [ColSpec("string", "class"), ColSpec("string", "reason")]
    params = ParamSchema([ParamSpec("evidence", "boolean", False)])
    return ModelSignature(inputs=Schema(inputs), outputs=Schema(outputs), params=params)


def _input_example():
    """Return one black body of 40,000 K from 3690 to 9100 Å in steps of 2 Å: flux in vacuum Å."""
    import pandas as pd

    wavelength = np.arange(3690.0, 9100.0, 2.0)
    exponent = 1.438777e8 / (wavelength * 40_000.0)  # hc/k = 1.438777e8 Å K (CODATA 2018)
    flux = (wavelength / 5500.0) ** -5 / np.expm1(exponent)
    rounded = {"flux": np.round(flux, 4).tolist(), "wavelength": wavelength.tolist()}
    return pd.DataFrame({key: [values] for key, values in rounded.items()})


@dataclass(frozen=True)
class Promotion:
    """What became of the aliases.

    Attributes
    ----------
    champion : str
        The version that bears the alias `champion` now.
    before : str or None
        The version that bore it before.
    why : str
        One line that says why it moved or stayed.
    """

    champion: str
    before: str | None
    why: str


def promote(client, name: str, version: str, count: Callable) -> Promotion:
    """Give a version the alias `candidate`, and `champion` if it has earned it.

    The first model is champion. After that the alias moves only to a version whose leakage-free
    recall is higher than the champion's at no higher false-positive rate on F, G, K. Where the
    champion's figures were taken on other spectra, it is tried anew on the present ones.

    Parameters
    ----------
    client : mlflow.MlflowClient
    name, version : str
        The model's name and the version on offer.
    count : callable
        From a loaded model to (recall, fpr), a dict of "k" and "n" each, on the present spectra.
    """
    client.set_registered_model_alias(name, CANDIDATE, version)
    standing = alias_version(client, name, CHAMPION)
    if standing is None:
        client.set_registered_model_alias(name, CHAMPION, version)
        return Promotion(str(version), None, "the first model of this name")
    new = client.get_model_version(name, version).tags
    try:
        tags = _on_present_spectra(f"models:/{name}/{standing.version}", standing.tags, new, count)
        earned, why = compare(new, tags)
    except Exception as error:  # whatever loading an old model may raise
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        earned, why = False, f"the champion cannot be tried on the present spectra ({said})"
    if earned:
        client.set_registered_model_alias(name, CHAMPION, version)
    holder = version if earned else standing.version
    return Promotion(str(holder), str(standing.version), why)


def _on_present_spectra(
    uri: str, standing: Mapping[str, str], new: Mapping[str, str], count: Callable
) -> Mapping[str, str]:
    """Return the champion's tags with figures on the spectra that the new version's are on."""
    if standing.get(TEST_SETS) == new.get(TEST_SETS):
        return standing
    import mlflow

    model = mlflow.pyfunc.load_model(uri).get_raw_model()
    return {**standing, **_counted(*count(model))}


def _counted(recall: Mapping[str, int], fpr: Mapping[str, int]) -> dict[str, str]:
    """Return the figures' tags; what counts nothing has none."""
    figures = {RECALL: recall, FPR: fpr}
    return {key: f"{it['k']}/{it['n']}" for key, it in figures.items() if it["n"]}


def compare(new: Mapping[str, str], standing: Mapping[str, str]) -> tuple[bool, str]:
    """Say from two versions' tags whether the new one takes the champion's place, and why."""
    for tags, whose in ((new, "the new version"), (standing, "the champion")):
        if missing := [key for key in (RECALL, FPR) if key not in tags]:
            return False, f"{whose} has no tag {missing[0]}, so the two cannot be compared"
    recall, least = Fraction(new[RECALL]), Fraction(standing[RECALL])
    fpr, most = Fraction(new[FPR]), Fraction(standing[FPR])
    figures = (
        f"leakage-free recall {_percent(recall)} against the champion's {_percent(least)}, "
        f"F, G, K called O {_percent(fpr)} against {_percent(most)}"
    )
    if recall <= least:
        return False, f"recall is not higher: {figures}"
    if fpr > most:
        return False, f"more F, G, K are called O: {figures}"
    return True, f"higher recall at no higher false-positive rate: {figures}"


def alias_version(client, name: str, alias: str):
    """Return the version that bears an alias, or None where there is no such alias or model."""
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, alias)
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise


def _percent(share: Fraction) -> str:
    return f"{100 * float(share):.2f} %"
