"""The block `observe` of params.yaml: every prior of the re-observation."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from lcgan.params.block import Block, Counts, Interval, StarClass


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
