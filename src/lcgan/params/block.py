"""What every block of params.yaml shares."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt
from pydantic_core import PydanticCustomError


class Block(BaseModel):
    """A block of params.yaml: unknown keys are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def _ascending(interval: tuple[float, float]) -> tuple[float, float]:
    low, high = interval
    if low > high:
        raise PydanticCustomError("interval", f"the lower bound {low} is above the upper {high}")
    return interval


StarClass = Literal["O", "B", "A", "F", "G", "K", "M", "other"]
Fraction = Annotated[float, Field(ge=0, lt=1)]
Counts = dict[StarClass, PositiveInt]
Interval = Annotated[tuple[float, float], AfterValidator(_ascending)]
