"""LCGAN+: LCGAN's networks, trained with what the paper does not have.

Its lines vary from the start, its middle is a spectrum without the jags of a median, the generator
also minimises how far the statistics of its batches lie from real ones, both rates fall to nothing
over the second half of the training, and what is kept is the running mean of its weights.
docs/lcgan.md says what each of these does.
"""

from functools import partial

import numpy as np

from lcgan.gan import calibration, lcgan
from lcgan.gan.lcgan import Scaling, build_discriminator, build_generator, optimizer
from lcgan.gan.objectives import CrossEntropy
from lcgan.gan.start import typical_spectrum

__all__ = [
    "build_discriminator",
    "build_generator",
    "calibrate",
    "objective",
    "optimizer",
    "scaling",
]

calibrate = partial(calibration.calibrate, middle=typical_spectrum)


def scaling(flux: np.ndarray) -> Scaling:
    """Return LCGAN's units, about the typical spectrum of training spectra, shape (N, L)."""
    return Scaling(typical_spectrum(flux), lcgan.scaling(flux).scale)


def objective(settings, real):
    """Return eqs. 7 and 8 with the statistics of batches; real spectra, shape (N, L)."""
    from lcgan.gan.statistics import BatchStatistics

    statistics = BatchStatistics(real, settings.batch_size)
    return CrossEntropy(settings, lambda generated: settings.statistics * statistics(generated))
