"""params.yaml, typed and checked in one place."""

from lcgan.params.augment import Augment
from lcgan.params.loading import Params, flatten, load
from lcgan.params.observe import Observe
from lcgan.params.stages import (
    ARM_OF,
    SURVEY,
    Datasets,
    Fetch,
    Gan,
    Ingest,
    Register,
    Report,
    ScoreGan,
    Study,
    TrainClassifier,
    TrainGan,
    Transfer,
    Validate,
    arm_of,
)

__all__ = [
    "ARM_OF",
    "SURVEY",
    "Augment",
    "Datasets",
    "Fetch",
    "Gan",
    "Ingest",
    "Observe",
    "Params",
    "Register",
    "Report",
    "ScoreGan",
    "Study",
    "TrainClassifier",
    "TrainGan",
    "Transfer",
    "Validate",
    "arm_of",
    "flatten",
    "load",
]
