"""Training the recognition network with early stopping (P9)."""

import random
import time
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from lcgan.recognition.classes import CLASSES
from lcgan.seeds import rng_of, seed_of


class Network(NamedTuple):
    """What the network is built of; all that the paper has, unless an ablation leaves it out.

    Attributes
    ----------
    attention, residual : bool
        Whether channels are weighed, and whether each block's input is added to its output.
    blocks : int
        Blocks, of the eight.
    """

    attention: bool = True
    residual: bool = True
    blocks: int = 8


@dataclass(frozen=True)
class FitSettings:
    """How to train: see `train_classifier` in params.yaml."""

    batch_size: int
    max_epochs: int
    patience: int
    learning_rate: float
    batch_norm_momentum: float
    batch_norm_epsilon: float
    network: Network = Network()


@dataclass
class Fitted:
    """A trained network and how its training went, epoch by epoch."""

    model: object
    seconds: float
    best_epoch: int
    curves: dict[str, list[float]]

    @property
    def epochs(self) -> int:
        """Return how many epochs ran."""
        return len(self.curves["train_loss"])


CURVES = ("train_loss", "early_stop_loss", "train_accuracy", "early_stop_accuracy")
#: Why there is no network where the best epoch is the zeroth.
NEVER_FINITE = (
    "no epoch had a finite early-stopping loss; look at its spectra, or lower "
    "train_classifier.learning_rate"
)
#: Spectra per call in inference: with more, a layer's output leaves the processor's cache.
INFERENCE_BATCH = 64


class Labelled(NamedTuple):
    """Some rows of an array of spectra, and the number of each one's class, shape (N,) each."""

    rows: np.ndarray
    classes: np.ndarray


def fit(
    flux: np.ndarray,
    train: Labelled,
    early_stop: Labelled,
    settings: FitSettings,
    seed: int,
    class_weight: np.ndarray | None = None,
    mixup_alpha: float | None = None,
) -> Fitted:
    """Train a network until the early-stopping loss has not dropped for `patience` epochs.

    Parameters
    ----------
    flux : ndarray, shape (N, L) float32
        Standardised spectra; may be a memory map, of which a batch at a time is read.
    train, early_stop : Labelled
        The 7 and the 3 of the paper's 7:3.
    settings : FitSettings
        Batch, epochs, patience, Adam's learning rate.
    seed : int
        Of the initial weights and the order of the spectra.
    class_weight : ndarray, shape (n_classes,), optional
        Factor on the loss of each class.
    mixup_alpha : float, optional
        Of the Beta law by which each batch is mixed with itself, see `mixed`.

    Returns
    -------
    Fitted
        The network with the weights of its best epoch.
    """
    n_classes = len(CLASSES)
    norm = settings.batch_norm_momentum, settings.batch_norm_epsilon
    trainer = _trainer((flux.shape[1], n_classes, *norm), settings.network, settings.learning_rate)
    model = trainer.begin(seed_of(seed, "weights"))
    weight = np.ones(n_classes) if class_weight is None else class_weight
    rng, one_hot = rng_of(seed, "order"), np.eye(n_classes, dtype=np.float32)
    curves: dict[str, list[float]] = {name: [] for name in CURVES}
    started, best, best_epoch, best_weights = time.perf_counter(), np.inf, 0, model.get_weights()
    for epoch in range(1, settings.max_epochs + 1):
        order = rng.permutation(len(train.rows))
        sums = np.zeros(2)
        for part in np.array_split(order, max(1, round(len(order) / settings.batch_size))):
            classes = train.classes[part]
            batch = flux[train.rows[part]], one_hot[classes]
            if mixup_alpha is not None:
                batch = mixed(*batch, mixup_alpha, rng)
            sums += trainer.step(*batch, weight[classes].astype(np.float32))
        loss, accuracy = evaluate(model, flux, early_stop)
        now = (sums[0] / len(order), loss, sums[1] / len(order), accuracy)
        for name, value in zip(CURVES, now, strict=True):
            curves[name].append(float(value))
        if loss < best:
            best, best_weights, best_epoch = loss, model.get_weights(), epoch
        elif epoch - best_epoch >= settings.patience:
            break
    seconds = time.perf_counter() - started
    return Fitted(trainer.copy(best_weights), seconds, best_epoch, curves)


def mixed(
    flux: np.ndarray, targets: np.ndarray, alpha: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a batch mixed with itself in another order, and its targets likewise: mixup.

    λ x + (1 - λ) x', with one λ ~ Beta(α, α) for the batch (Zhang et al. 2018, ICLR,
    arXiv:1710.09412, section 2 and their code). The sum is brought back to unit 2-norm, as all
    spectra have it (the paper, eq. 1).

    Parameters
    ----------
    flux : ndarray, shape (B, L) float32
    targets : ndarray, shape (B, n_classes) float32
        A probability for each class.
    alpha : float
    rng : Generator
    """
    share = np.float32(rng.beta(alpha, alpha))
    other = rng.permutation(len(flux))
    both = share * flux + (1 - share) * flux[other]
    both /= np.linalg.norm(both, axis=1, keepdims=True)
    return both, share * targets + (1 - share) * targets[other]


def probabilities(model, flux: np.ndarray, rows: np.ndarray | None = None) -> np.ndarray:
    """Return class probabilities, shape (n, n_classes), of spectra, shape (N, L), or some rows."""
    rows = np.arange(len(flux)) if rows is None else rows
    call = _compiled(model)
    parts = [
        np.asarray(call(np.asarray(flux[rows[first : first + INFERENCE_BATCH]], np.float32)))
        for first in range(0, len(rows), INFERENCE_BATCH)
    ]
    return np.concatenate(parts) if parts else np.empty((0, model.output_shape[-1]), np.float32)


def evaluate(model, flux: np.ndarray, labelled: Labelled) -> tuple[float, float]:
    """Return the mean cross-entropy and the accuracy over some rows with known classes."""
    found = probabilities(model, flux, labelled.rows)
    of_true = np.clip(found[np.arange(len(found)), labelled.classes], 1e-7, 1)
    right = found.argmax(1) == labelled.classes
    return float(-np.log(of_true).mean()), float(right.mean())


def _compiled(model):
    """Return the network's compiled inference, made once for each network."""
    import tensorflow as tf

    if not hasattr(model, "_lcgan_call"):
        signature = tf.TensorSpec((None, model.input_shape[1]), tf.float32)
        model._lcgan_call = tf.function(
            lambda flux: model(flux, training=False), input_signature=[signature]
        )
    return model._lcgan_call


@lru_cache(maxsize=1)
def _trainer(
    shape: tuple[int, int, float, float], network: Network, learning_rate: float
) -> "_Trainer":
    """Return the trainer of a process: to trace and optimise its step takes 4 s."""
    return _Trainer(shape, network, learning_rate)


class _Trainer:
    """A network and its compiled Adam step, used for one fit after another."""

    def __init__(
        self, shape: tuple[int, int, float, float], network: Network, learning_rate: float
    ):
        from lcgan.recognition import racnet

        self._build = partial(racnet.build, *shape, **network._asdict())
        self._model = self._build()
        self.step, self._optimizer = train_step(self._model, learning_rate)

    def begin(self, seed: int):
        """Return the network with new weights drawn from `seed`, its optimizer as new.

        Keras' initialisers take their seeds from Python's generator. Keras' own function would
        seed TensorFlow's as well, which then forgets the step that it has optimised: 2 s.
        """
        random.seed(seed)
        self._model.set_weights(self._build().get_weights())
        self._optimizer.reset()
        return self._model

    def copy(self, weights: list[np.ndarray]):
        """Return a network of its own with these weights, which no later fit changes."""
        model = self._build()
        model.set_weights(weights)
        return model


def train_step(model, learning_rate: float):
    """Return a compiled Adam step, and its optimizer.

    The step takes (flux, a probability for each class, weights of the loss) and gives the summed
    loss and the number right.
    """
    import keras
    import tensorflow as tf

    from lcgan.recognition.adam import Adam

    optimizer = Adam([variable.value for variable in model.trainable_variables], learning_rate)
    signature = [
        tf.TensorSpec((None, model.input_shape[1]), tf.float32),
        tf.TensorSpec((None, model.output_shape[1]), tf.float32),
        tf.TensorSpec((None,), tf.float32),
    ]

    @tf.function(input_signature=signature)
    def step(flux, targets, weights):
        with tf.GradientTape() as tape:
            found = model(flux, training=True)
            each = keras.losses.categorical_crossentropy(targets, found)
            loss = tf.reduce_mean(each * weights)
        gradient = tape.gradient(loss, model.trainable_variables)
        optimizer.apply(gradient)
        right = tf.cast(tf.argmax(found, 1) == tf.argmax(targets, 1), tf.float32)
        return tf.reduce_sum(each * weights), tf.reduce_sum(right)

    return step, optimizer
