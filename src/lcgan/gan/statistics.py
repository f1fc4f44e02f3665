"""Statistics of a batch of spectra beside the training spectra's: LCGAN+ minimises them, too."""

import numpy as np
import tensorflow as tf

#: Pixels whose mean is looked at: 69 to 4,400 km/s.
SCALES = (1, 4, 16, 64)
#: Scale of which the whole distribution is compared, pixel by pixel: the continuum's.
BROAD = 16
#: Parts of the spectrum whose roughness is compared.
PARTS = 16


class BatchStatistics:
    """How far the statistics of a batch lie from those of the training spectra.

    Three terms of equal weight, each a mean square in units of how the real spectra scatter:

    - mean and logarithm of the scatter of every pixel, of means of 4, 16 and 64 pixels, and of the
      difference of neighbouring pixels (the scatter of a batch tells a collapse; Salimans et al.
      2016 and Karras et al. 2018 show a batch's statistics to the discriminator);
    - quantiles of means of 16 pixels: the distance of Wasserstein of their distributions;
    - quantiles of the roughness in 16 parts of the spectrum, at three scales: how noisy spectra
      are, and how that differs between them.

    Parameters
    ----------
    real : ndarray, shape (N, L)
        Training spectra in the GAN's units.
    batch : int
        Spectra in a batch.
    """

    def __init__(self, real: np.ndarray, batch: int):
        whole, at = tf.constant(real), (np.arange(batch) + 0.5) / batch
        self._moments = [(mean, scatter) for mean, scatter in _moments(whole)]
        self._broad = _quantiles(_means(whole, BROAD), at)
        rough = _roughness(whole)
        self._rough = _quantiles(rough, at)
        self._rough_scatter = tf.math.reduce_std(rough, 0)[:, None] + 0.05

    def __call__(self, generated: tf.Tensor) -> tf.Tensor:
        """Return the distance of generated spectra, shape (batch, L), a scalar."""
        terms = []
        for (mean, scatter), (own, of_own) in zip(self._moments, _moments(generated), strict=True):
            terms.append(tf.reduce_mean(((own - mean) / scatter) ** 2))
            terms.append(tf.reduce_mean(tf.math.log(of_own / scatter) ** 2))
        broad = _sorted(_means(generated, BROAD)) - self._broad
        rough = (_sorted(_roughness(generated)) - self._rough) / self._rough_scatter
        return tf.add_n(terms) + tf.reduce_mean(broad**2) + tf.reduce_mean(rough**2)


def _means(flux: tf.Tensor, n: int) -> tf.Tensor:
    """Return means of n pixels, shape (batch, L // n)."""
    return flux if n == 1 else tf.nn.avg_pool1d(flux[..., None], n, n, "VALID")[..., 0]


def _moments(flux: tf.Tensor) -> list[tuple[tf.Tensor, tf.Tensor]]:
    """Return mean and scatter over the batch, of every scale and of neighbours' differences."""
    views = [_means(flux, n) for n in SCALES if n <= flux.shape[1]]
    views.append(flux[:, 1:] - flux[:, :-1])
    return [(tf.reduce_mean(view, 0), tf.math.reduce_std(view, 0) + 1e-3) for view in views]


def _roughness(flux: tf.Tensor) -> tf.Tensor:
    """Return ln of the mean square second difference, shape (batch, scales × parts)."""
    found = []
    for n in SCALES[:-1]:
        means = _means(flux, n)
        square = (2 * means[:, 1:-1] - means[:, :-2] - means[:, 2:]) ** 2
        each = square.shape[1] // PARTS
        if each:
            parts = tf.reshape(square[:, : PARTS * each], (-1, PARTS, each))
            found.append(tf.math.log(tf.reduce_mean(parts, 2) + 1e-6))
    return tf.concat(found, 1)


def _quantiles(values: tf.Tensor, at: np.ndarray) -> tf.Tensor:
    """Return the quantiles of each column, shape (columns, len(at))."""
    return tf.constant(np.quantile(values.numpy(), at, axis=0).T.astype(np.float32))


def _sorted(values: tf.Tensor) -> tf.Tensor:
    """Return each column in ascending order, shape (columns, batch)."""
    return tf.sort(tf.transpose(values), axis=1)
