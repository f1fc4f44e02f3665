"""The blocks of params.yaml after `observe`: the stages' in their order, `study` and `fetch`."""

from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    ValidationError,
    ValidatorFunctionWrapHandler,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lcgan.params.block import Block, Counts, Fraction, Interval, StarClass
from lcgan.params.names import (
    ARM_OF,
    BASELINES,
    FORMS_STUDIED,
    GAN_OF,
    GAN_VARIANTS,
    GANS,
    NETWORKS,
    SURVEY,
)


def _folder(name: object) -> object:
    """Return a folder's name as text: a night's, 20111024, is a number in YAML."""
    return str(name) if type(name) is int else name


class Ingest(Block):
    """Packing of LAMOST FITS files."""

    source: Annotated[str, BeforeValidator(_folder), Field(pattern=r"^[\w.-]+$")]
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
        if self.data_set_1["O"] >= self.data_set_2["O"]:
            raise ValueError(
                f"data_set_1.O: {self.data_set_1['O']} is not less than data_set_2.O "
                f"({self.data_set_2['O']}), which holds it and the leakage-free rest"
            )
        if self.data_set_3["O"] < self.data_set_2["O"]:
            raise ValueError(
                f"data_set_3.O: {self.data_set_3['O']} cannot hold data_set_2.O "
                f"({self.data_set_2['O']}) duplicated up"
            )
        return self


class AnyGan(Block):
    """Training of one GAN, of whatever kind."""

    latent: PositiveInt
    iterations: PositiveInt
    checkpoints: list[PositiveInt]
    batch_size: PositiveInt
    generator_learning_rate: PositiveFloat
    discriminator_learning_rate: PositiveFloat
    discriminator_steps: PositiveInt
    leaky_slope: Fraction
    n_generated: PositiveInt

    @model_validator(mode="after")
    def _consistent(self) -> "AnyGan":
        if not self.checkpoints or sorted(set(self.checkpoints)) != self.checkpoints:
            raise ValueError("checkpoints: list at least one iteration, ascending, each once")
        if self.checkpoints[-1] > self.iterations:
            raise ValueError(
                f"checkpoints: {self.checkpoints[-1]} lies beyond the last iteration "
                f"({self.iterations}); name those that are reached"
            )
        return self


class Gan(AnyGan):
    """Training with smoothed labels (P2 to P5)."""

    real_label: Interval
    generated_label: Interval
    dropout: Fraction


class LcGan(Gan):
    """Training of LCGAN."""

    gain: PositiveFloat
    fine_gain: PositiveFloat
    output_gain: PositiveFloat
    layers: Literal["locally_connected", "convolution"]
    line_modes: Annotated[int, Field(ge=0)]


class LcGanPlus(LcGan):
    """Training of LCGAN+."""

    statistics: Annotated[float, Field(ge=0)]
    average: Fraction
    decay: Annotated[float, Field(ge=0, le=1)]


class WganGp(AnyGan):
    """Training of WGAN-GP."""

    penalty: Annotated[float, Field(ge=0)]


class TrainGan(Block):
    """The two GANs of Table 2, and those beside them."""

    lcgan: LcGan
    sgan: Gan
    lcgan_plus: LcGanPlus
    wgan_gp: WganGp


#: Scores that a GAN's checkpoint may be chosen by (`lcgan.scores.choose`).
Choice = Literal["precision", "recall", "density", "coverage", "frechet", "kernel_distance"]


class ScoreGan(Block):
    """GAN-train and GAN-test (P8), and scores of likeness."""

    nu: Annotated[float, Field(gt=0, le=1)]
    gamma: Literal["scale", "auto"] | PositiveFloat
    n_control: Annotated[int, Field(ge=8)]
    n_compared: Annotated[int, Field(ge=8)]
    choose_by: Annotated[list[Choice], Field(min_length=1)]

    @field_validator("gamma", mode="wrap")
    @classmethod
    def _said_in_one_line(cls, value: object, check: ValidatorFunctionWrapHandler) -> object:
        try:
            return check(value)
        except ValidationError:
            raise PydanticCustomError("gamma", "give scale, auto or a number above 0") from None


class Repeats(Block):
    """How often each GAN is trained again."""

    lcgan: NonNegativeInt
    sgan: NonNegativeInt
    lcgan_plus: NonNegativeInt
    wgan_gp: NonNegativeInt


class RepeatGan(Block):
    """Trainings of each GAN beside the first."""

    repeats: Repeats


class Basis(Block):
    """A set of principal components of the lines."""

    classes: list[StarClass]
    n: PositiveInt
    wavelength: Interval
    rebin: PositiveInt

    @model_validator(mode="after")
    def _consistent(self) -> "Basis":
        low, high = self.wavelength
        if low < 3700 or high > 8672:
            raise ValueError(f"wavelength: {low} to {high} Å is not within 3700 to 8672 Å")
        return self


class Survey(Block):
    """Fitting of the survey arm's network."""

    o_spectra: Literal[
        "data/augmented/spectra.h5", "data/interim/spectra.h5", "data/generated/lcgan.h5"
    ]
    continuum_scale: Annotated[float, Field(ge=20, le=1000)]
    bases: Annotated[list[Basis], Field(min_length=1)]
    colours: PositiveInt
    strength: PositiveFloat
    balance: Annotated[float, Field(ge=0, le=1)]
    o_weight: PositiveFloat


class Physics(Block):
    """Re-observation of O spectra: how much they are changed (r.m.s.)."""

    ebv: PositiveFloat
    radial_velocity: PositiveFloat
    noise: Annotated[float, Field(ge=0)]


class Making(Block):
    """How O spectra are made without a GAN."""

    smote_neighbours: PositiveInt
    mixup_alpha: PositiveFloat
    physics: Physics


class TrainClassifier(Block):
    """Training of the recognition network (P6, P9)."""

    repeats: PositiveInt
    checkpoints: dict[Literal[GANS], list[PositiveInt]]
    making: Making
    blocks: Annotated[int, Field(ge=1, le=8)]
    batch_size: PositiveInt
    max_epochs: PositiveInt
    patience: PositiveInt
    learning_rate: PositiveFloat
    batch_norm_momentum: Fraction
    batch_norm_epsilon: PositiveFloat
    workers: PositiveInt
    survey: Survey


FormName = Literal[FORMS_STUDIED]
NetworkFormName = Literal[tuple(name for name in FORMS_STUDIED if name not in BASELINES)]
NetworkName = Literal[tuple(NETWORKS)]
VariantName = Literal[GAN_VARIANTS]
OfferedName = Literal[(*(name for name in ARM_OF if name not in BASELINES), SURVEY)]


class Report(Block):
    """The page."""

    n_samples: PositiveInt


class Register(Block):
    """Which model is offered to users."""

    model_name: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    arms: Annotated[list[OfferedName], Field(min_length=1)]
    outliers: Annotated[float, Field(gt=0, lt=1)]


class Transfer(Block):
    """The registered model on labelled real spectra."""

    folder: str
    exclude_half: Literal["fit", "report", "none"]
    exclude_names: list[str]
    min_snr_g: Annotated[float, Field(ge=0)]


class Few(Block):
    """Label efficiency: forms of training × numbers of O spectra to learn from × seeds."""

    forms: list[FormName]
    n_o: Annotated[list[Annotated[int, Field(ge=10)]], Field(min_length=1)]
    seeds: PositiveInt


class Ablation(Block):
    """Parts of the network left out: forms of training × networks × seeds."""

    forms: list[NetworkFormName]
    networks: list[NetworkName]
    seeds: PositiveInt


class OtherGans(Block):
    """GANs beside the pipeline's: LCGAN without some of what makes it, and on few spectra."""

    variants: list[VariantName]
    seeds: PositiveInt
    checkpoints: Annotated[list[PositiveInt], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "OtherGans":
        if sorted(set(self.checkpoints)) != self.checkpoints:
            raise ValueError("checkpoints: give each once, ascending")
        return self


class Study(Block):
    """Figure 7 at full size: forms of training × GAN checkpoints × seeds, and two studies more."""

    forms: Annotated[list[FormName], Field(min_length=1)]
    few: Few
    ablation: Ablation
    other_gans: OtherGans
    checkpoints: dict[Literal[GANS], Literal["all"] | list[PositiveInt]]
    seeds: PositiveInt
    workers: PositiveInt

    @field_validator("checkpoints", mode="wrap")
    @classmethod
    def _said_in_one_line(cls, value: object, check: ValidatorFunctionWrapHandler) -> object:
        try:
            return check(value)
        except ValidationError:
            raise PydanticCustomError(
                "checkpoints", "give each GAN `all` or a list of GAN iterations"
            ) from None

    @model_validator(mode="after")
    def _consistent(self) -> "Study":
        if len(set(self.forms)) < len(self.forms):
            raise ValueError("forms: name each once")
        return self

    def gans(self) -> set[str]:
        """Return the GANs whose spectra any form of the study is made of."""
        forms = {*self.forms, *self.few.forms, *self.ablation.forms}
        return {GAN_OF[form] for form in forms if form in GAN_OF}


class FetchTimeout(Block):
    """How long the archive may take, s."""

    connect: PositiveFloat
    read: PositiveFloat
    whole: PositiveFloat


class Fetch(Block):
    """How LAMOST's archive is asked for files."""

    archive: str
    connections: Annotated[int, Field(ge=1, le=16)]
    rate: Annotated[float, Field(gt=0, le=50)]
    attempts: Annotated[int, Field(ge=1, le=20)]
    wait: Interval
    patience: Annotated[float, Field(ge=0)]
    timeout: FetchTimeout

    @model_validator(mode="after")
    def _consistent(self) -> "Fetch":
        if self.wait[0] <= 0:
            raise ValueError(f"wait: {self.wait[0]} s is no wait; give a first and a longest one")
        return self
