"""GAN-test: what a machine taught on real spectra makes of generated ones (Table 2; P8)."""

import numpy as np

from lcgan.scores.distances import Spectra
from lcgan.scores.interval import proportion
from lcgan.scores.svm import called_o


def gan_test(svm, spectra: np.ndarray | Spectra) -> dict:
    """Count the spectra, shape (N, L), that a machine fitted on Data set 3 calls O.

    A measure of authenticity after Shmelkov et al. (2018), which cannot fail on garbage: an
    O-against-F machine has to call noise something, and may call all of it O. So it is always
    printed beside `white_noise`, real O that the machine has not seen, and real F.
    """
    return proportion(called_o(svm, spectra), len(spectra))


def white_noise(n: int, n_pixels: int, rng: np.random.Generator) -> np.ndarray:
    """Return spectra of nothing but white noise, shape (n, n_pixels), unit 2-norm (eq. 1)."""
    noise = rng.standard_normal((n, n_pixels))
    return (noise / np.linalg.norm(noise, axis=1, keepdims=True)).astype(np.float32)
