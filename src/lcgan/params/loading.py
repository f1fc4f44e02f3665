"""Reading params.yaml, its scale and what the command line lays over both."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import Field, ValidationError, model_validator

from lcgan.errors import UserError
from lcgan.params.augment import CLASSES, Augment
from lcgan.params.block import Block
from lcgan.params.names import ARM_OF
from lcgan.params.observe import Observe, Priors
from lcgan.params.stages import (
    Datasets,
    Fetch,
    Ingest,
    Register,
    RepeatGan,
    Report,
    ScoreGan,
    Study,
    TrainClassifier,
    TrainGan,
    Transfer,
    Validate,
)


class Params(Block):
    """The whole of params.yaml, with the chosen scale laid over the default."""

    seed: Annotated[int, Field(ge=0, lt=2**31)]
    scale: str
    observe: Observe
    ingest: Ingest
    validate_: Annotated[Validate, Field(alias="validate")]
    datasets: Datasets
    train_gan: TrainGan
    score_gan: ScoreGan
    repeat_gan: RepeatGan
    augment: Augment
    train_classifier: TrainClassifier
    report: Report
    register_: Annotated[Register, Field(alias="register")]
    transfer: Transfer
    study: Study
    fetch: Fetch

    def augment_priors(self) -> Priors:
        """Return the priors of the stage `augment`: those of `observe`, and what it changes.

        Raises
        ------
        UserError
            If `augment.priors` has a key that `observe` has not.
        ValidationError
            If a value is none that `observe` could have.
        """
        tree = {name: self.observe.model_dump()[name] for name in Priors.model_fields}
        _overlay(tree, self.augment.priors, "")
        return Priors.model_validate(tree)

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        self._check_augment()
        for model in type(self.train_gan).model_fields:
            self._check_gan(model)
        for model in sorted(self.study.gans()):
            if not hasattr(self.train_gan, model):
                raise ValueError(f"study.forms: there is no GAN train_gan.{model}; leave it out")
            there = getattr(self.train_gan, model).checkpoints
            _check_studied(model, self.study.checkpoints.get(model, []), there)
        self._check_nu()
        return self

    def _check_augment(self) -> None:
        """Refuse priors of `augment` that `observe` could not have."""
        try:
            self.augment_priors()
        except UserError as error:
            raise ValueError(f"augment.priors: {error}") from None
        except ValidationError as error:
            raise ValueError(f"augment.priors: {_first(error)}") from None

    def _check_gan(self, model: str) -> None:
        """Refuse a GAN that makes too few spectra, or checkpoints that it has not."""
        gan = getattr(self.train_gan, model)
        most = max(self.datasets.data_set_4["O"], self.datasets.data_set_5["O"])
        if gan.n_generated < most:
            raise ValueError(
                f"train_gan.{model}.n_generated: {gan.n_generated} is fewer than Data sets 4 "
                f"and 5 need ({most})"
            )
        carried = self.train_classifier.checkpoints.get(model, [])
        if missing := sorted(set(carried) - set(gan.checkpoints)):
            raise ValueError(
                f"train_classifier.checkpoints.{model}: {missing[0]} is not among "
                f"train_gan.{model}.checkpoints; set this key, too"
            )
        if not carried and model in ARM_OF:
            raise ValueError(f"train_classifier.checkpoints.{model}: name at least one")

    def _check_nu(self) -> None:
        """Refuse a ν that no machine of so many O against so many F can have."""
        sizes = self.datasets
        for name, other in (("data_set_3", sizes.data_set_3), ("data_set_4", sizes.data_set_4)):
            few, many = sorted((other["O"], other["F"]))
            most = 2 * few / (few + many)
            if self.score_gan.nu > most:
                raise ValueError(
                    f"score_gan.nu: {self.score_gan.nu} is infeasible for {name} with "
                    f"{other['O']} O against {other['F']} F; at most {most:.3f}"
                )


def _check_studied(model: str, wanted: list[int] | str, there: list[int]) -> None:
    """Refuse checkpoints of a GAN that the study cannot have."""
    key = f"study.checkpoints.{model}"
    if not wanted:
        raise ValueError(f"{key}: name at least one, write `all`, or leave {model} out of forms")
    if wanted == "all":
        return
    if len(set(wanted)) < len(wanted):
        raise ValueError(f"{key}: name each once")
    if missing := sorted(set(wanted) - set(there)):
        raise ValueError(
            f"{key}: {missing[0]} is not among train_gan.{model}.checkpoints; set this key, too"
        )


def flatten(tree: Mapping, prefix: str = "") -> dict[str, object]:
    """Return a nested mapping as one level of dotted keys, as MLflow wants its params.

    Examples
    --------
    >>> flatten({"a": {"b": 1}, "c": 2})
    {'a.b': 1, 'c': 2}
    """
    flat: dict[str, object] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def load(path: Path | str = "params.yaml", overrides: Sequence[str] = ()) -> Params:
    """Read and check params.yaml.

    Parameters
    ----------
    path : Path
        The file.
    overrides : sequence of str
        "dotted.key=value" each, or several with semicolons between, laid over the file and over
        the scale. An empty value leaves the key as it is.

    Raises
    ------
    UserError
        One line that names the file and the key that is wrong, and why.
    """
    try:
        tree = yaml.safe_load(Path(path).read_text())
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); run in the project folder"
        ) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise UserError(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise UserError(f"{path}: empty; restore it with `git checkout {path}`")
    scales = tree.pop("scales", None) or {}
    assigned = _assignments(overrides)
    scale = assigned.get("scale", tree.get("scale"))
    if scale not in scales:
        known = ", ".join(map(str, scales))
        raise _fault(path, assigned, f"scale: {scale!r} is not one of {known}")
    _overlay(tree, scales[scale] or {}, f"{path}: scales.{scale}: ")
    for key, value in assigned.items():
        branch: object = value
        for part in reversed(key.split(".")):
            branch = {part: branch}
        _overlay(tree, branch, "--set: ")
    for key, value in flatten(tree).items():
        if isinstance(value, bool):
            words = f"{key}: {str(value).lower()} is neither a number nor a name"
            raise _fault(path, assigned, words)
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise _fault(path, assigned, _first(error)) from None


def _fault(path: Path | str, assigned: Mapping, words: str) -> UserError:
    """Return the error that a value is wrong: the command line's if one of its keys is named.

    And if the file is right without it.
    """
    said = any(re.search(rf"(?<![\w.]){re.escape(key)}(?!\w)", words) for key in assigned)
    return UserError(f"{'--set' if said or (assigned and _is_right(path)) else path}: {words}")


def _is_right(path: Path | str) -> bool:
    try:
        load(path)
    except UserError:
        return False
    return True


def _assignments(overrides: Sequence[str]) -> dict[str, object]:
    """Return what "key=value; key=value" texts assign, in order, empty values left out."""
    assigned: dict[str, object] = {}
    for text in ";".join(overrides).split(";"):
        key, equals, value = (part.strip() for part in text.partition("="))
        if key and not equals:
            raise UserError(f"--set {key}: write it as dotted.key=value")
        if not value:
            continue
        try:
            assigned[key] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise UserError(
                f"--set {key}: {value!r} is not a value in YAML; check its brackets"
            ) from None
    return assigned


def _overlay(tree: dict, above: Mapping, source: str) -> None:
    """Lay `above` over `tree` in place; only keys that `tree` has may appear, but for classes."""
    by_class = set(tree) <= set(CLASSES)
    for key, value in above.items():
        if key not in tree and not (by_class and key in CLASSES):
            known = ", ".join(map(str, tree))
            raise UserError(f"{source}{key}: unknown key; known here are {known}")
        if isinstance(value, Mapping) and isinstance(tree.get(key), dict):
            _overlay(tree[key], value, f"{source}{key}.")
        else:
            tree[key] = value


def _first(error: ValidationError) -> str:
    """Say the first fault of a pydantic error in one line that names the key.

    An unknown key comes before a missing one, which a misspelling leaves behind.
    """
    fault = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    key = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    message = fault["msg"]
    if fault["type"] == "extra_forbidden":
        message = "unknown key; remove it or mend its spelling"
    elif fault["type"] == "value_error":  # our own words, which begin with the key's last part
        message = message.removeprefix("Value error, ")
        return f"{key}.{message}" if key else message
    return f"{key}: {message}"
