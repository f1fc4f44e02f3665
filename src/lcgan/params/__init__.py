"""params.yaml, typed and checked in one place."""

from lcgan.params.augment import Augment
from lcgan.params.loading import Params, flatten, load
from lcgan.params.names import ARM_OF, BASELINES, GAN_OF, GANS, SURVEY, arm_of
from lcgan.params.observe import Observe
from lcgan.params.stages import (
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
)

__all__ = [
    "ARM_OF",
    "BASELINES",
    "GANS",
    "GAN_OF",
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
