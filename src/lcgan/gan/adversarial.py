"""Adversarial training: eqs. 7 to 9, label smoothing, two learning rates, checkpoints, resuming."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from lcgan.files import replacing
from lcgan.seeds import rng_of, seed_of

#: The last of the losses that are kept beside the newest checkpoint, for resuming.
LOSSES_FILE = "losses.npz"
#: Spectra generated at a time.
AT_A_TIME = 250


class Adversary:
    """A generator and a discriminator that are trained against each other.

    Parameters
    ----------
    family : module
        Of `lcgan.gan`, one of `lcgan.params.names.GANS`: scaling, build_generator,
        build_discriminator, optimizer and objective; and calibrate, if there is one.
    settings : Gan
        A block of `train_gan` in params.yaml.
    flux : ndarray, shape (N, L) float32
        Real spectra, standardised (eq. 1): Data set 1.
    seed : int
        Of the weights, the batches, z and the dropout.
    """

    def __init__(self, family, settings, flux: np.ndarray, seed: int):
        keras.utils.set_random_seed(seed_of(seed, "weights"))
        self.family, self.settings, self.seed = family, settings, seed
        self.scaling = family.scaling(flux)
        self.real = self.scaling.into(flux)
        self.generator = family.build_generator(settings, self.real, self.scaling)
        self.discriminator = family.build_discriminator(settings, flux.shape[1])
        self.objective = family.objective(settings, self.real)
        self._flux = flux
        self._averages = Averages(self.generator, getattr(settings, "average", 0.0))
        self._optimizers = (
            family.optimizer(settings.generator_learning_rate),
            family.optimizer(settings.discriminator_learning_rate),
        )
        self._optimizers[0].build(self.generator.trainable_variables)
        self._optimizers[1].build(self.discriminator.trainable_variables)
        self._apply_generator = _compiled_apply(self._optimizers[0], self.generator)
        self._apply_discriminator = _compiled_apply(self._optimizers[1], self.discriminator)
        self._step = self._compile()

    @contextmanager
    def settled(self, n: int, name: str | int) -> Iterator[keras.Model]:
        """Hold the generator as it is to be kept: its weights' running means, calibrated.

        It is calibrated by the spectra that `generate` with this `n` and `name` returns meanwhile.
        Afterwards the weights are again those that training goes on with.
        """
        weights = self.generator.get_weights()
        try:
            self._averages.put()
            if hasattr(self.family, "calibrate"):
                draws = partial(self.generate, n, name)
                self.family.calibrate(self.generator, self.scaling.scale, draws, self._flux)
            yield self.generator
        finally:
            self.generator.set_weights(weights)

    def generate(self, n: int, name: str | int) -> np.ndarray:
        """Return `n` generated spectra in flux units, shape (n, L), drawn by the seed and `name`.

        They are not standardised yet, and of the generator as it is: see `settled`.
        """
        rng, parts = rng_of(self.seed, "generate", name), []
        z = rng.standard_normal((n, self.settings.latent)).astype(np.float32)
        for first in range(0, n, AT_A_TIME):
            self._reseed(tf.constant([seed_of(self.seed, "noise", name) % 2**31, first]))
            parts.append(np.asarray(self.generator(z[first : first + AT_A_TIME], training=False)))
        return self.scaling.back(np.concatenate(parts))

    def train(self, resume: Path, on_steps: Callable[[int], None] | None = None) -> Iterator[int]:
        """Train, and yield at every checkpoint of the settings, in order.

        Parameters
        ----------
        resume : Path
            A folder for the state at the newest checkpoint. Where it holds one, training goes on
            from there, after yielding nothing for the checkpoints before it.
        on_steps : callable, optional
            Called with the number of steps just done.

        Yields
        ------
        int
            The iteration reached; `losses` holds every step's losses so far.
        """
        state = tf.train.Checkpoint(
            generator=self.generator,
            discriminator=self.discriminator,
            generator_optimizer=self._optimizers[0],
            discriminator_optimizer=self._optimizers[1],
            averages=self._averages.means,
        )
        manager = tf.train.CheckpointManager(state, str(resume), max_to_keep=1)
        losses = self._restore(state, manager, resume)
        done = len(losses)
        if on_steps:
            on_steps(done)
        for checkpoint in [at for at in self._stops() if at > done]:
            losses = np.concatenate([losses, self._steps(done, checkpoint, on_steps)])
            done = checkpoint
            self.losses = losses
            if done in self.settings.checkpoints:
                yield done
                resume.mkdir(parents=True, exist_ok=True)
                with replacing(resume / LOSSES_FILE) as part, part.open("wb") as file:
                    np.savez(file, losses=losses)
                manager.save(checkpoint_number=done)

    def _stops(self) -> list[int]:
        """Return the checkpoints, and the last iteration."""
        return sorted({*self.settings.checkpoints, self.settings.iterations})

    def _restore(self, state, manager, resume: Path) -> np.ndarray:
        """Take up the newest state in the folder; return its losses, shape (iterations, 2)."""
        self.losses = np.zeros((0, 2), np.float32)
        if manager.latest_checkpoint and (resume / LOSSES_FILE).exists():
            done = int(manager.latest_checkpoint.rsplit("-", 1)[1])
            losses = np.load(resume / LOSSES_FILE)["losses"]
            if len(losses) >= done:
                state.restore(manager.latest_checkpoint).assert_existing_objects_matched()
                self.losses = losses[:done]
        return self.losses

    def _steps(self, first: int, last: int, on_steps) -> np.ndarray:
        """Run iterations `first` to `last` - 1; return their losses, shape (last - first, 2)."""
        found = []
        for iteration in range(first, last):
            self._set_rates(iteration)
            found.append(self._step(self._batches(iteration), tf.constant([self.seed, iteration])))
            if on_steps and (iteration + 1) % 50 == 0:
                found[-1][0].numpy()
                on_steps(50)
        return np.array([[float(value) for value in pair] for pair in found], np.float32)

    def _set_rates(self, iteration: int) -> None:
        """Lower both rates in a straight line over the last share of the steps that `decay` is."""
        if decay := getattr(self.settings, "decay", 0):
            share = min(1.0, (1 - iteration / self.settings.iterations) / decay)
            for optimizer, rate in zip(
                self._optimizers,
                (self.settings.generator_learning_rate, self.settings.discriminator_learning_rate),
                strict=True,
            ):
                optimizer.learning_rate.assign(rate * share)

    def _batches(self, iteration: int) -> tf.Tensor:
        """Return the rows of the real spectra for one iteration, shape (D steps, batch)."""
        size = (self.settings.discriminator_steps, self.settings.batch_size)
        return tf.constant(
            rng_of(self.seed, "batch", iteration).integers(len(self.real), size=size)
        )

    def _compile(self):
        """Return the compiled step: (rows, seed) → losses of the generator, the discriminator.

        Dropout's state is set anew at every step, so that a resumed training draws the same.
        """
        real = tf.constant(self.real)

        @tf.function
        def step(rows, seed):
            self._reseed(seed)
            for number in range(self.settings.discriminator_steps):
                spectra = tf.gather(real, rows[number])
                loss_d = self._discriminator_step(spectra, seed + number * 7919)
            loss_g = self._generator_step(seed + 104729)
            self._averages.update()
            return loss_g, loss_d

        return step

    def _reseed(self, seed) -> None:
        """Set the state of every dropout by two numbers, shape (2,)."""
        layers = [*self.generator.layers, *self.discriminator.layers]
        drops = [of for of in layers if isinstance(of, keras.layers.Dropout) and of.rate > 0]
        for number, layer in enumerate(drops):
            own = tf.cast(seed + (number + 1) * 15485863, tf.uint32)
            layer.seed_generator.state.assign(own)

    def _discriminator_step(self, spectra, seed):
        """Take one step of the discriminator, by default on eq. 7; return the loss."""
        seeds = tf.random.split(seed, 3)
        generated = self.generator(self._latent(seeds[0]), training=True)
        with tf.GradientTape() as tape:
            loss = self.objective.discriminator(self.discriminator, spectra, generated, seeds[1:])
        self._apply_discriminator(tape.gradient(loss, self.discriminator.trainable_variables))
        return loss

    def _generator_step(self, seed):
        """Take one step of the generator, by default on eq. 8; return the loss."""
        with tf.GradientTape() as tape:
            generated = self.generator(self._latent(seed), training=True)
            loss = self.objective.generator(self.discriminator, generated)
        self._apply_generator(tape.gradient(loss, self.generator.trainable_variables))
        return loss

    def _latent(self, seed):
        return tf.random.stateless_normal((self.settings.batch_size, self.settings.latent), seed)


def _compiled_apply(optimizer, model):
    """Return the optimizer's update of a model's weights, compiled by XLA into one pass."""
    variables = model.trainable_variables

    @tf.function(jit_compile=True)
    def apply(gradient):
        optimizer.apply(gradient, variables)

    return apply


class Averages:
    """Running means of a network's weights (Polyak & Juditsky 1992; Karras et al. 2018).

    Parameters
    ----------
    network : keras.Model
    share : float
        Of the mean that stays at every step; 0 keeps none.
    """

    def __init__(self, network: keras.Model, share: float):
        self._share, weights = share, network.trainable_variables if share else []
        self.means = [tf.Variable(weight) for weight in weights]
        self._pairs = list(zip(self.means, weights, strict=True))

    def update(self) -> None:
        """Take in the weights as they are."""
        for mean, weight in self._pairs:
            mean.assign(self._share * mean + (1 - self._share) * weight)

    def put(self) -> None:
        """Put the means in place of the weights."""
        for mean, weight in self._pairs:
            weight.assign(mean)
