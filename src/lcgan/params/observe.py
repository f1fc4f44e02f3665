"""The block `observe` of params.yaml: every prior of the re-observation."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from lcgan.params.block import Block, Counts, Fraction, Interval, StarClass


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
    """FWHM of each arm, Å, and its relative scatter."""

    blue: Annotated[float, Field(ge=1.5, le=10)]
    red: Annotated[float, Field(ge=1.5, le=10)]
    scatter: Annotated[float, Field(ge=0, le=0.2)]


class Rotation(Block):
    """Projected rotation added to what the stars have, km/s, uniform in `range`."""

    fraction: dict[StarClass, Fraction | Literal[1]]
    range: Interval

    @model_validator(mode="after")
    def _consistent(self) -> "Rotation":
        low, high = self.range
        if low < 0 or high > 600:
            raise ValueError(f"range: {low} to {high} km/s is not within 0 to 600")
        return self


class Nebula(Block):
    """Balmer emission of the gas around a star: equivalent width of Hα, Å, lognormal."""

    fraction: dict[StarClass, Fraction | Literal[1]]
    h_alpha_width: PositiveFloat
    scatter: Annotated[float, Field(ge=0)]
    maximum: PositiveFloat
    over_subtracted: Annotated[float, Field(ge=0, le=1)]


class Ends(Block):
    """Fraction of spectra of instruments that start late or stop early, and where, Å."""

    blue: Annotated[float, Field(ge=0, le=1)]
    blue_from: Interval
    red: Annotated[float, Field(ge=0, le=1)]
    red_to: Interval

    @model_validator(mode="after")
    def _consistent(self) -> "Ends":
        for name in ("blue_from", "red_to"):
            low, high = getattr(self, name)
            if low < 3700 or high > 9099:
                raise ValueError(f"{name}: {low} to {high} Å is not within 3700 to 9099 Å")
        if self.blue_from[1] >= self.red_to[0]:
            raise ValueError("red_to: a spectrum would stop before it starts")
        return self


class Shift(Block):
    """A normal law of a velocity, km/s, cut off at 3 sigma."""

    mean: Annotated[float, Field(ge=-50, le=50)]
    scatter: Annotated[float, Field(ge=0, le=30)]


class Wiggle(Block):
    """A smooth random curve: r.m.s. of ln(flux), and Å between its nodes."""

    amplitude: Annotated[float, Field(ge=0, le=1)]
    scale: Annotated[float, Field(ge=100)]


class CalibrationError(Block):
    """Smooth error of the relative flux."""

    terms: Annotated[list[Wiggle], Field(min_length=1)]
    slope: Annotated[float, Field(ge=0, le=0.5)]
    blue: Annotated[float, Field(ge=0, le=1)]


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
    background_slope: Annotated[float, Field(ge=0, le=3)]
    red_scatter: Annotated[float, Field(ge=0, le=2)]
    blue_end: PositiveFloat
    blue_scatter: Annotated[float, Field(ge=0, le=2)]

    @model_validator(mode="after")
    def _consistent(self) -> "Throughput":
        at = [node[0] for node in self.nodes]
        if len(at) < 2 or sorted(set(at)) != at or at[0] > 3700 or at[-1] < 9099:
            raise ValueError("nodes: wavelengths must ascend and cover 3700 to 9099 Å")
        return self


class Noise(Block):
    """The error per pixel, in units of 1/√ivar."""

    scale: PositiveFloat
    scatter: Annotated[float, Field(ge=0, le=1)]
    correlation: Annotated[float, Field(ge=0, le=0.7)]


class SkyLines(Block):
    """One group of sky lines, at the centre of a line of strength 1."""

    excess: Annotated[float, Field(ge=0)]
    residual: Annotated[float, Field(ge=0)]


class Sky(Block):
    """What the night sky adds to the stated variance and to the error."""

    oi_5577: SkyLines
    oi_6300: SkyLines
    oh: SkyLines
    faint: SkyLines
    excess_scatter: Annotated[float, Field(ge=0, le=3)]
    excess_slope: Annotated[float, Field(ge=0, le=2)]
    dipole: Annotated[float, Field(ge=0, le=5)]
    residual_scatter: Annotated[float, Field(ge=0, le=2)]
    forest: list[tuple[float, Annotated[float, Field(ge=0)]]]

    @model_validator(mode="after")
    def _consistent(self) -> "Sky":
        at = [node[0] for node in self.forest]
        if not at or sorted(set(at)) != at:
            raise ValueError("forest: wavelengths must ascend")
        return self


class Dead(Block):
    """Stretches without data."""

    blue: Annotated[float, Field(ge=0, le=1)]
    blue_pixels: Annotated[int, Field(gt=20, le=1500)]
    zero_run: Annotated[float, Field(ge=0, le=1)]
    zero_run_pixels: Annotated[int, Field(ge=50, le=1500)]
    a_band: Annotated[float, Field(ge=0, le=1)]


class Priors(Block):
    """Every prior of a re-observation."""

    ebv: Ebv
    r_v: Annotated[float, Field(ge=2.3, le=5.6)]
    radial_velocity: Annotated[float, Field(ge=0, le=165)]
    red_arm_shift: Shift
    rotation: Rotation
    nebula: Nebula
    resolution: Resolution
    snr: Snr
    calibration_error: CalibrationError
    arm_join: ArmJoin
    throughput: Throughput
    noise: Noise
    sky: Sky
    red_pattern: Annotated[float, Field(ge=0, le=3)]
    dead: Dead
    ends: Ends


class Observe(Priors):
    """Re-observation of STELIB's stars: how many, and every prior."""

    workers: PositiveInt
    n_spectra: Counts

    @model_validator(mode="after")
    def _consistent(self) -> "Observe":
        for name in ("ebv", "snr"):
            try:
                getattr(self, name).covers(self.n_spectra)
            except ValueError as error:
                raise ValueError(f"{name}.{error}") from None
        return self
