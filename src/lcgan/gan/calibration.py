"""The last touch of a generator that is kept: the middle and the noise of what it generates."""

from collections.abc import Callable

import keras
import numpy as np

from lcgan.gan.start import noise_level, typical_spectrum
from lcgan.spectra.standardise import standardise

#: Times that both are put right: of unit norm, a spectrum takes up part of what it is moved by.
TIMES = 4
#: The noise's amplitude changes by this factor at most, each time.
MOST = 1.5


def calibrate(
    generator: keras.Model,
    scale: np.ndarray,
    generate: Callable[[], np.ndarray],
    flux: np.ndarray,
) -> None:
    """Move the biases of a generator's last layers so that it has its training spectra's middle.

    And so that it has their typical noise from pixel to pixel. Its variety is left as it is.

    Parameters
    ----------
    generator : keras.Model
        With locally connected layers `output`, in the GAN's units, and `amplitude`, its logarithm.
    scale : ndarray, shape (L,)
        The GAN's unit in flux.
    generate : callable
        Returns generated spectra, shape (N, L); the same draws each time.
    flux : ndarray, shape (M, L)
        Training spectra of unit 2-norm.
    """
    output, amplitude = generator.get_layer("output"), generator.get_layer("amplitude")
    target, (noise, _) = typical_spectrum(flux), noise_level(flux)
    for _ in range(TIMES):
        found = standardise(generate())
        off = (target - typical_spectrum(found)) / scale
        output.bias.assign_add(off[:, None] / output.gain)
        ratio = np.clip(noise / noise_level(found)[0], 1 / MOST, MOST)
        amplitude.bias.assign_add(np.log(ratio)[:, None] / amplitude.gain)
