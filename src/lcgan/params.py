"""params.yaml, typed and checked in one place."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    model_validator,
)

from lcgan.errors import UserError

StarClass = Literal["O", "B", "A", "F", "G", "K", "M", "other"]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Counts = dict[StarClass, PositiveInt]
Interval = tuple[float, float]


class Block(BaseModel):
    """A block of params.yaml: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Spread(Block):
    """A lognormal law per class: medians, and the scatter of the natural logarithm."""

    median: dict[StarClass, PositiveFloat]
    scatter: PositiveFloat

    def covers(self, classes: Mapping) -> None:
        """Refuse if a class that is to be observed has no median."""
        if missing := sorted(set(classes) - set(self.median)):
            raise ValueError(f"median: give one for {missing[0]}")


class Ebv(Spread):
    """Colour excess E(B-V), mag."""

    maximum: Annotated[float, Field(gt=0, le=3)]


class Snr(Spread):
    """Signal-to-noise ratio per pixel in the g band."""

    range: Interval

    @model_validator(mode="after")
    def _consistent(self) -> "Snr":
        low, high = self.range
        if not 0 < low < high:
            raise ValueError(f"range: {low} to {high} is empty or not above zero")
        return self


class Resolution(Block):
    """Resolving power λ/FWHM."""

    mean: Annotated[float, Field(ge=500, le=3000)]
    scatter: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _consistent(self) -> "Resolution":
        if self.mean - 3 * self.scatter < 300:
            raise ValueError(f"scatter: {self.scatter} leaves less than 300 at 3 sigma")
        return self


class CalibrationError(Block):
    """Smooth error of the relative flux."""

    amplitude: Annotated[float, Field(ge=0, le=1)]
    scale: Annotated[float, Field(ge=100)]


class ArmJoin(Block):
    """Where and how the two arms meet."""

    range: Interval
    step: Annotated[float, Field(ge=0, le=1)]
    bump: Annotated[float, Field(ge=0, le=1)]
    width: Annotated[float, Field(ge=5)]

    @model_validator(mode="after")
    def _consistent(self) -> "ArmJoin":
        low, high = self.range
        if not 5000 <= low <= high <= 7000:
            raise ValueError(f"range: {low} to {high} Å is not an interval within 5000-7000 Å")
        return self


class Throughput(Block):
    """Counts per unit of flux, and the background."""

    nodes: list[tuple[float, PositiveFloat]]
    background: Annotated[float, Field(ge=0)]
    red_scatter: Annotated[float, Field(ge=0, le=2)]
    blue_end: PositiveFloat
    blue_scatter: Annotated[float, Field(ge=0, le=2)]

    @model_validator(mode="after")
    def _consistent(self) -> "Throughput":
        at = [node[0] for node in self.nodes]
        if len(at) < 2 or sorted(set(at)) != at or at[0] > 3700 or at[-1] < 9099:
            raise ValueError("nodes: wavelengths must ascend and cover 3700 to 9099 Å")
        return self


class SkyResidual(Block):
    """What sky subtraction leaves, in photon σ at a line's centre, by group of lines."""

    oi_5577: Annotated[float, Field(ge=0)]
    oi_6300: Annotated[float, Field(ge=0)]
    oh: Annotated[float, Field(ge=0)]
    faint: Annotated[float, Field(ge=0)]


class Telluric(Block):
    """The O2 bands."""

    residual: Annotated[float, Field(ge=0, le=1)]
    left_in: Annotated[float, Field(ge=0, le=1)]


class Dead(Block):
    """Stretches without data."""

    blue: Annotated[float, Field(ge=0, le=1)]
    blue_pixels: Annotated[int, Field(gt=20, le=1500)]
    zero_run: Annotated[float, Field(ge=0, le=1)]
    zero_run_pixels: Annotated[int, Field(ge=50, le=1500)]
    a_band: Annotated[float, Field(ge=0, le=1)]


class Observe(Block):
    """Re-observation of STELIB's stars: how many, and every prior."""

    workers: PositiveInt
    n_spectra: Counts
    ebv: Ebv
    r_v: Annotated[float, Field(ge=2.3, le=5.6)]
    radial_velocity: Annotated[float, Field(ge=0, le=190)]
    resolution: Resolution
    snr: Snr
    calibration_error: CalibrationError
    arm_join: ArmJoin
    throughput: Throughput
    noise_correlation: Annotated[float, Field(ge=0, le=0.7)]
    sky_residual: SkyResidual
    sky_scatter: Annotated[float, Field(ge=0, le=2)]
    telluric: Telluric
    dead: Dead

    @model_validator(mode="after")
    def _consistent(self) -> "Observe":
        for name in ("ebv", "snr"):
            try:
                getattr(self, name).covers(self.n_spectra)
            except ValueError as error:
                raise ValueError(f"{name}.{error}") from None
        return self


class Ingest(Block):
    """Packing of LAMOST FITS files."""

    source: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    workers: PositiveInt
    max_masked_fraction: Fraction


class Validate(Block):
    """Expectations on the packed spectra."""

    standardisation: Literal["norm", "minmax"]
    norm_tolerance: PositiveFloat
    flux_range: Interval
    max_masked_fraction: Fraction
    snr_g_range: Interval
    min_per_class: Counts


class Datasets(Block):
    """Sizes of the paper's Data sets (Table 1) and of what is kept apart."""

    unseen_stars: Counts
    data_set_1: Counts
    data_set_2: Counts
    data_set_3: Counts
    data_set_4: Counts
    data_set_5: Counts
    held_out: Counts
    early_stop_fraction: Annotated[float, Field(gt=0, lt=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "Datasets":
        wanted = {
            "data_set_1": {"O"},
            "data_set_2": {"O"},
            "data_set_3": {"O", "F"},
            "data_set_4": {"O", "F", "G", "K"},
            "data_set_5": {"O", "F", "G", "K"},
            "held_out": {"F", "G", "K"},
            "unseen_stars": {"O", "F", "G", "K"},
        }
        for name, classes in wanted.items():
            if set(getattr(self, name)) != classes:
                raise ValueError(f"{name}: give a number for each of {', '.join(sorted(classes))}")
        if self.data_set_1["O"] > self.data_set_2["O"]:
            raise ValueError(
                f"data_set_1.O: {self.data_set_1['O']} is more than data_set_2.O "
                f"({self.data_set_2['O']}), which holds it"
            )
        if self.data_set_3["O"] < self.data_set_2["O"]:
            raise ValueError(
                f"data_set_3.O: {self.data_set_3['O']} cannot hold data_set_2.O "
                f"({self.data_set_2['O']}) duplicated up"
            )
        return self


class Gan(Block):
    """Training of one GAN (P2 to P5)."""

    latent: PositiveInt
    iterations: PositiveInt
    checkpoints: list[PositiveInt]
    batch_size: PositiveInt
    generator_learning_rate: PositiveFloat
    discriminator_learning_rate: PositiveFloat
    real_label: Interval
    generated_label: Interval
    discriminator_steps: PositiveInt
    dropout: Fraction
    leaky_slope: Fraction
    n_generated: PositiveInt

    @model_validator(mode="after")
    def _consistent(self) -> "Gan":
        if not self.checkpoints or sorted(set(self.checkpoints)) != self.checkpoints:
            raise ValueError("checkpoints: list at least one iteration, ascending, each once")
        if self.checkpoints[-1] > self.iterations:
            raise ValueError(
                f"checkpoints: {self.checkpoints[-1]} lies beyond the last iteration "
                f"({self.iterations})"
            )
        for name in ("real_label", "generated_label"):
            low, high = getattr(self, name)
            if low > high:
                raise ValueError(f"{name}: the lower bound {low} is above the upper {high}")
        return self


class TrainGan(Block):
    """The two GANs of Table 2."""

    lcgan: Gan
    sgan: Gan


class ScoreGan(Block):
    """GAN-train and GAN-test (P8)."""

    nu: Annotated[float, Field(gt=0, le=1)]
    gamma: Literal["scale", "auto"] | PositiveFloat
    n_control: PositiveInt


class TrainClassifier(Block):
    """Training of the recognition network (P6, P9)."""

    repeats: PositiveInt
    checkpoints: dict[Literal["lcgan", "sgan"], list[PositiveInt]]
    batch_size: PositiveInt
    max_epochs: PositiveInt
    patience: PositiveInt
    learning_rate: PositiveFloat
    batch_norm_momentum: Fraction
    workers: PositiveInt


class Report(Block):
    """The page."""

    n_samples: PositiveInt


class Register(Block):
    """Which model is offered to users."""

    model_name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    arms: list[Literal["none_as_is", "none_weighted", "none_duplicated", "lcgan", "sgan"]]


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
    train_classifier: TrainClassifier
    report: Report
    register_: Annotated[Register, Field(alias="register")]

    @model_validator(mode="after")
    def _consistent(self) -> "Params":
        sizes = self.datasets
        for model in ("lcgan", "sgan"):
            gan = getattr(self.train_gan, model)
            most = max(sizes.data_set_4["O"], sizes.data_set_5["O"])
            if gan.n_generated < most:
                raise ValueError(
                    f"train_gan.{model}.n_generated: {gan.n_generated} is fewer than Data sets 4 "
                    f"and 5 need ({most})"
                )
            carried = self.train_classifier.checkpoints.get(model, [])
            if missing := sorted(set(carried) - set(gan.checkpoints)):
                raise ValueError(
                    f"train_classifier.checkpoints.{model}: {missing[0]} is not among "
                    f"train_gan.{model}.checkpoints"
                )
            if not carried:
                raise ValueError(f"train_classifier.checkpoints.{model}: name at least one")
        for name, other in (("data_set_3", sizes.data_set_3), ("data_set_4", sizes.data_set_4)):
            few, many = sorted((other["O"], other["F"]))
            most = 2 * few / (few + many)
            if self.score_gan.nu > most:
                raise ValueError(
                    f"score_gan.nu: {self.score_gan.nu} is infeasible for {name} with "
                    f"{other['O']} O against {other['F']} F; at most {most:.3f}"
                )
        return self


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
        raise UserError(f"{path}: scale: {scale!r} is not one of {', '.join(map(str, scales))}")
    _overlay(tree, scales[scale] or {}, f"{path}: scales.{scale}: ")
    for key, value in assigned.items():
        branch: object = value
        for part in reversed(key.split(".")):
            branch = {part: branch}
        _overlay(tree, branch, "--set: ")
    for key, value in flatten(tree).items():
        if isinstance(value, bool):
            raise UserError(f"{path}: {key}: {str(value).lower()} is neither a number nor a name")
    try:
        return Params.model_validate(tree)
    except ValidationError as error:
        raise UserError(f"{path}: {_first(error)}") from None


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
    """Lay `above` over `tree` in place; only keys that `tree` has may appear."""
    for key, value in above.items():
        if key not in tree:
            known = ", ".join(map(str, tree))
            raise UserError(f"{source}{key}: unknown key; known here are {known}")
        if isinstance(value, Mapping) and isinstance(tree[key], dict):
            _overlay(tree[key], value, f"{source}{key}.")
        else:
            tree[key] = value


def _first(error: ValidationError) -> str:
    """Say the first fault of a pydantic error in one line that names the key."""
    fault = error.errors()[0]
    key = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    message = fault["msg"]
    if fault["type"] == "extra_forbidden":
        message = "unknown key; remove it or mend its spelling"
    elif fault["type"] == "value_error":  # our own words, which begin with the key's last part
        message = message.removeprefix("Value error, ")
        return f"{key}.{message}" if key else message
    return f"{key}: {message}"
