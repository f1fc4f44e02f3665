"""Training the recognition network with early stopping (P9)."""

import time
from dataclasses import dataclass, field

import numpy as np

from lcgan.seeds import rng_of, seed_of


@dataclass(frozen=True)
class FitSettings:
    """How to train: see `train_classifier` in params.yaml."""

    batch_size: int
    max_epochs: int
    patience: int
    learning_rate: float
    batch_norm_momentum: float


@dataclass
class Fitted:
    """A trained network and how its training went, epoch by epoch."""

    model: object
    seconds: float = 0.0
    best_epoch: int = 0
    curves: dict[str, list[float]] = field(default_factory=dict)

    @property
    def epochs(self) -> int:
        """Return how many epochs ran."""
        return len(self.curves["train_loss"])


CURVES = ("train_loss", "early_stop_loss", "train_accuracy", "early_stop_accuracy")


def fit(
    train: tuple[np.ndarray, np.ndarray],
    early_stop: tuple[np.ndarray, np.ndarray],
    settings: FitSettings,
    seed: int,
    class_weight: np.ndarray | None = None,
    on_epoch=None,
) -> Fitted:
    """Train a network until the early-stopping loss has not dropped for `patience` epochs.

    Parameters
    ----------
    train, early_stop : tuple of ndarray
        Standardised flux, shape (N, L) float32, and class numbers, shape (N,): the 7 and the 3 of
        the paper's 7:3.
    settings : FitSettings
        Batch, epochs, patience, Adam's learning rate.
    seed : int
        Of the initial weights and the order of the spectra.
    class_weight : ndarray, shape (n_classes,), optional
        Factor on the loss of each class.
    on_epoch : callable, optional
        Called with the number of the epoch that ended.

    Returns
    -------
    Fitted
        The network with the weights of its best epoch.
    """
    import keras

    from lcgan.recognition import racnet

    keras.utils.set_random_seed(seed_of(seed, "weights"))
    n_classes = len(racnet.CLASSES)
    model = racnet.build(train[0].shape[1], n_classes, settings.batch_norm_momentum)
    step = _train_step(model, settings.learning_rate)
    weight = np.ones(n_classes, np.float32) if class_weight is None else class_weight
    rng = rng_of(seed, "order")
    fitted = Fitted(model, curves={name: [] for name in CURVES})
    started, best, best_weights = time.perf_counter(), np.inf, model.get_weights()
    for epoch in range(settings.max_epochs):
        order = rng.permutation(len(train[1]))
        sums = np.zeros(2)
        for rows in np.array_split(order, max(1, round(len(order) / settings.batch_size))):
            classes = train[1][rows].astype(np.int32)
            sums += np.array(step(train[0][rows], classes, weight[classes].astype(np.float32)))
        loss, accuracy = evaluate(model, *early_stop)
        now = (sums[0] / len(order), loss, sums[1] / len(order), accuracy)
        for name, value in zip(CURVES, now, strict=True):
            fitted.curves[name].append(float(value))
        if on_epoch:
            on_epoch(epoch + 1)
        if loss < best:
            best, best_weights, fitted.best_epoch = loss, model.get_weights(), epoch + 1
        elif epoch + 1 - fitted.best_epoch >= settings.patience:
            break
    model.set_weights(best_weights)
    fitted.seconds = time.perf_counter() - started
    return fitted


def probabilities(model, flux: np.ndarray, batch_size: int = 64) -> np.ndarray:
    """Return class probabilities, shape (N, n_classes), of standardised flux, shape (N, L)."""
    call = _compiled(model)
    parts = [
        np.asarray(call(flux[first : first + batch_size]))
        for first in range(0, len(flux), batch_size)
    ]
    return np.concatenate(parts) if parts else np.empty((0, model.output_shape[-1]), np.float32)


def evaluate(model, flux: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
    """Return the mean cross-entropy and the accuracy over spectra with known classes."""
    found = probabilities(model, flux)
    of_true = np.clip(found[np.arange(len(classes)), classes], 1e-7, 1)
    return float(-np.log(of_true).mean()), float((found.argmax(1) == classes).mean())


def _compiled(model):
    """Return the network's compiled inference, made once for each network."""
    import tensorflow as tf

    if not hasattr(model, "_lcgan_call"):
        signature = tf.TensorSpec((None, model.input_shape[1]), tf.float32)
        model._lcgan_call = tf.function(
            lambda flux: model(flux, training=False), input_signature=[signature]
        )
    return model._lcgan_call


def _train_step(model, learning_rate: float):
    """Return the compiled Adam step: (flux, classes, weights) → summed loss, number right."""
    import keras
    import tensorflow as tf

    optimizer = keras.optimizers.Adam(learning_rate)
    optimizer.build(model.trainable_variables)
    signature = [
        tf.TensorSpec((None, model.input_shape[1]), tf.float32),
        tf.TensorSpec((None,), tf.int32),
        tf.TensorSpec((None,), tf.float32),
    ]

    @tf.function(input_signature=signature)
    def step(flux, classes, weights):
        with tf.GradientTape() as tape:
            found = model(flux, training=True)
            each = keras.losses.sparse_categorical_crossentropy(classes, found)
            loss = tf.reduce_mean(each * weights)
        gradient = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradient, model.trainable_variables)
        right = tf.cast(tf.argmax(found, 1, tf.int32) == classes, tf.float32)
        return tf.reduce_sum(each * weights), tf.reduce_sum(right)

    return step
