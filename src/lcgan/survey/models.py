"""The model that scores: the project's champion or what the user names."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from lcgan.errors import UserError
from lcgan.files import md5_of, replacing
from lcgan.tracking import served
from lcgan.tracking.registry import CANDIDATE, CHAMPION, SERVED, alias_version

#: The model's name where no params.yaml in the current folder names another.
MODEL_NAME = "o-star"


@dataclass(frozen=True)
class Model:
    """A model as a manifest names it.

    Attributes
    ----------
    uri : str
        As the user named it.
    version : str or None
        Of the registered model, where it is one.
    digest : str
        md5 of what it answers by.
    """

    uri: str
    version: str | None
    digest: str


def default_model() -> str:
    """Return the address of the champion in the project's store, or else of the candidate.

    Raises
    ------
    UserError
        If there is neither.
    """
    name = MODEL_NAME
    if Path("params.yaml").is_file():
        from lcgan.params import load as load_params

        name = load_params().register_.model_name
    found = client()
    for alias in (CHAMPION, CANDIDATE):
        if found is not None and _is_there(found, name, alias):
            return f"models:/{name}@{alias}"
    raise UserError(
        f"no registered model {name!r} here; run `make survey` in the project folder first, or "
        "`make reproduce` for all its arms "
        "(`dvc repro -fs register` if only MLflow's store was lost), set MLFLOW_TRACKING_URI to "
        "its mlflow.db, or name a model with --model"
    )


def _is_there(found, name: str, alias: str) -> bool:
    try:
        return alias_version(found, name, alias) is not None
    except Exception as error:  # a store that does not answer, or cannot be read
        address = os.environ["MLFLOW_TRACKING_URI"]
        raise UserError(f"{address}: cannot be asked ({first_line(error)})") from None


def client():
    """Return a client of the project's store, or None where there is no store to ask."""
    if "MLFLOW_TRACKING_URI" not in os.environ and not Path("mlflow.db").is_file():
        return None
    from lcgan.tracking.store import reader

    return reader()


def fetch(uri: str, folder: Path) -> Model:
    """Copy a model's data folder to `folder`, from which `lcgan.tracking.served.load` reads it.

    Raises
    ------
    UserError
        If there is no such model or it has no network for OpenVINO.
    """
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    found = client()
    import mlflow
    import yaml

    with tempfile.TemporaryDirectory() as scratch:
        try:
            place = Path(mlflow.artifacts.download_artifacts(uri, dst_path=scratch))
            flavor = yaml.safe_load((place / "MLmodel").read_text())["flavors"]["python_function"]
            data = place / flavor["data"]
        except Exception as error:  # whatever an artifact store or a foreign model may raise
            raise UserError(f"--model {uri}: cannot be loaded ({first_line(error)})") from error
        if flavor.get("loader_module") != SERVED or not _has_networks(data):
            raise UserError(
                f"--model {uri}: holds no network for OpenVINO; name an `o-star` model, or "
                "register it anew (`dvc repro -fs register`)"
            )
        with replacing(folder) as part:
            part.mkdir()
            for name in (*_kept(), served.LIKENESS):
                if (data / name).is_file():  # versions of old have no likeness
                    (part / name).write_bytes((data / name).read_bytes())
    return Model(uri, _version(found, uri), md5_of(folder))


def first_line(error: Exception) -> str:
    """Return what an error says, in one line."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _kept() -> list[str]:
    """Return the files that answers come from."""
    networks = [Path(name) for name in served.NETWORKS.values()]
    return [served.SETTINGS, *(f"{it.stem}{end}" for it in networks for end in (".xml", ".bin"))]


def _has_networks(data: Path) -> bool:
    return all((data / name).is_file() for name in _kept())


def _version(found, uri: str) -> str | None:
    """Return the version behind ``models:/NAME@ALIAS`` or ``models:/NAME/VERSION``."""
    if found is None or not uri.startswith("models:/"):
        return None
    name, at, alias = uri.removeprefix("models:/").partition("@")
    if at:
        return str(alias_version(found, name, alias).version)
    return name.partition("/")[2] or None
