"""The block `augment` of params.yaml: the survey arm's spectra, and their own priors."""

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from lcgan.params.block import Block, Counts, StarClass

CLASSES = ("O", "B", "A", "F", "G", "K", "M", "other")
Library = Literal["stelib", "miles"]


class Temperatures(Block):
    """Effective temperatures between neighbouring classes, K; dwarfs."""

    a_f: PositiveFloat
    f_g: PositiveFloat
    g_k: PositiveFloat
    k_m: PositiveFloat
    g_k_per_dex: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _consistent(self) -> "Temperatures":
        falling = [self.a_f, self.f_g, self.g_k, self.k_m]
        if sorted(set(falling), reverse=True) != falling:
            raise ValueError("a_f: boundaries must fall from a_f over f_g and g_k to k_m")
        return self


class Augment(Block):
    """Re-observation of stars of every class with wide physics.

    `priors` holds only what differs from the block `observe`; see `lcgan.params.loading`.
    """

    workers: PositiveInt
    libraries: list[Library]
    n_spectra: Counts
    n_unseen: Counts
    unseen_stars: Counts
    test_only: dict[Library, list[StarClass]]
    selection_fraction: Annotated[float, Field(gt=0, lt=1)]
    temperatures: Temperatures
    priors: dict[str, Any]

    @model_validator(mode="after")
    def _consistent(self) -> "Augment":
        for name in ("n_spectra", "n_unseen", "unseen_stars"):
            if missing := [c for c in CLASSES if c not in getattr(self, name)]:
                raise ValueError(f"{name}: give a number for {missing[0]}")
        if "stelib" not in self.libraries:
            raise ValueError("libraries: stelib must be among them: it fills the others' gaps")
        return self
