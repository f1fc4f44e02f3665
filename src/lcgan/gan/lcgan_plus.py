"""LCGAN+: LCGAN's networks, trained with what the paper does not have.

Its lines vary from the start, the generator also minimises how far the statistics of its batches
lie from real ones, both rates fall to nothing over the second half of the training, and what is
kept is the running mean of its weights. docs/lcgan.md says what each of these does.
"""

from lcgan.gan.calibration import calibrate
from lcgan.gan.lcgan import build_discriminator, build_generator, optimizer, scaling
from lcgan.gan.objectives import CrossEntropy

__all__ = [
    "build_discriminator",
    "build_generator",
    "calibrate",
    "objective",
    "optimizer",
    "scaling",
]


def objective(settings, real):
    """Return eqs. 7 and 8 with the statistics of batches; real spectra, shape (N, L)."""
    from lcgan.gan.statistics import BatchStatistics

    statistics = BatchStatistics(real, settings.batch_size)
    return CrossEntropy(settings, lambda generated: settings.statistics * statistics(generated))
