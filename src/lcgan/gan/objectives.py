"""What the two networks minimise: eqs. 7 and 8, and Wasserstein's distance with a penalty."""

import tensorflow as tf


class CrossEntropy:
    """Eqs. 7 and 8, with smoothed labels (Salimans et al. 2016).

    Parameters
    ----------
    settings : Gan
        real_label and generated_label, each an interval from which a label is drawn.
    extra : callable, optional
        Of generated spectra, shape (batch, L): what the generator minimises beside eq. 8.
    """

    def __init__(self, settings, extra=None):
        self.settings, self.extra = settings, extra

    def discriminator(self, network, real, generated, seeds) -> tf.Tensor:
        """Return the discriminator's loss on spectra, shape (batch, L) each, by two seeds."""
        batch = real.shape[0]
        together = tf.concat([real, generated], 0)  # the weights are read, and moved, once
        logit = network(together, training=True)
        label = _drawn((batch, 1), seeds[0], self.settings.real_label)
        loss = cross_entropy(label, logit[:batch])
        label = _drawn((batch, 1), seeds[1], self.settings.generated_label)
        return (loss + cross_entropy(label, logit[batch:])) / 2

    def generator(self, network, generated) -> tf.Tensor:
        """Return the generator's loss."""
        logit = network(generated, training=True)
        loss = cross_entropy(tf.ones_like(logit), logit)
        return loss + self.extra(generated) if self.extra else loss


class Wasserstein:
    """Wasserstein's distance, the discriminator's slope held at 1 (Gulrajani et al. 2017).

    Parameters
    ----------
    penalty : float
        The weight of (slope - 1)².
    """

    def __init__(self, penalty: float):
        self.penalty = penalty

    def discriminator(self, network, real, generated, seeds) -> tf.Tensor:
        """Return the discriminator's loss on spectra, shape (batch, L) each, by two seeds."""
        share = _drawn((real.shape[0], 1), seeds[0], (0.0, 1.0))
        between = share * real + (1 - share) * generated
        with tf.GradientTape() as tape:
            tape.watch(between)
            height = network(between, training=True)
        slope = tf.norm(tape.gradient(height, between), axis=1)
        apart = tf.reduce_mean(network(generated, training=True))
        apart -= tf.reduce_mean(network(real, training=True))
        return apart + self.penalty * tf.reduce_mean((slope - 1) ** 2)

    def generator(self, network, generated) -> tf.Tensor:
        """Return the generator's loss."""
        return -tf.reduce_mean(network(generated, training=True))


def cross_entropy(label, logit) -> tf.Tensor:
    """Return the mean of eq. 7's -[y log p + (1 - y) log(1 - p)] with p = sigmoid(logit)."""
    return tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels=label, logits=logit))


def _drawn(shape, seed, interval) -> tf.Tensor:
    return tf.random.stateless_uniform(shape, seed, *interval)
