"""``gan_step``: one step of LCGAN as trained, beside the same model put together naively."""

from collections.abc import Callable
from pathlib import Path
from unittest import mock

import numpy as np

from benchmarks.harness import Entries, compare

ROOT = Path(__file__).resolve().parents[1]
N_SPECTRA, N_PIXELS = 150, 3700
#: Of the losses: both sides sum in another order, and a step of training widens that.
TOLERANCE = 1e-3


def bench() -> Entries:
    """Time a step of the default LCGAN, discriminator, generator and optimizers included."""
    from lcgan.quiet import start_tensorflow

    start_tensorflow()
    ours, n_weights = _step()
    with (
        mock.patch("lcgan.gan.locally_connected.locally_connected", _einsum),
        mock.patch("lcgan.gan.adversarial._compiled_apply", _plain_apply),
    ):
        peer, _ = _step()
    found = compare(ours, peer, lambda a, b: np.testing.assert_allclose(a, b, rtol=TOLERANCE))
    return {
        "work": f"LCGAN step, batch 32, {n_weights / 1e6:.2f} M locally connected weights",
        "peer": "the same model with patches + einsum and an uncompiled optimizer",
        "bar": "ms_per_million <= 25, ratio >= 4",
        "n_weights": n_weights,
        "ms_per_million": 1e3 * found["seconds"] / (n_weights / 1e6),
        "note": f"{1e3 * found['seconds'] / (n_weights / 1e6):.1f} ms per million weights",
        **found,
    }


def _step() -> tuple[Callable[[], np.ndarray], int]:
    """Return a call that takes the next step and returns its losses, and the number of weights.

    The model is traced at the first step, so that one is taken here, as all is patched.
    """
    import tensorflow as tf

    from lcgan import params
    from lcgan.gan import lcgan
    from lcgan.gan.adversarial import Adversary
    from lcgan.gan.locally_connected import LocallyConnected1D

    rng = np.random.default_rng(0)
    slope = rng.normal(size=(N_SPECTRA, 1)) * np.linspace(-0.3, 0.3, N_PIXELS)
    flux = 1 + slope + 0.05 * rng.normal(size=(N_SPECTRA, N_PIXELS))
    flux = (flux / np.linalg.norm(flux, axis=1, keepdims=True)).astype(np.float32)
    settings = params.load(ROOT / "params.yaml").train_gan.lcgan
    adversary = Adversary(lcgan, settings, flux, seed=1)
    taken = iter(range(10**9))

    def step() -> np.ndarray:
        iteration = next(taken)
        return np.array(adversary._step(adversary._batches(iteration), tf.constant([1, iteration])))

    step()
    models = (adversary.generator, adversary.discriminator)
    local = [a for m in models for a in m.layers if isinstance(a, LocallyConnected1D)]
    return step, sum(int(np.prod(layer.kernel.shape)) for layer in local)


def _einsum(x, kernel, bias, strides: int = 1, gain: float = 1.0):
    """Return what `locally_connected` does, by patches and one einsum."""
    import tensorflow as tf

    out, taps, _, _ = kernel.shape
    span = strides * (out - 1) + 1
    patches = tf.stack([x[t : t + span : strides] for t in range(taps)], 1)
    return gain * (tf.einsum("ltcb,ltcf->lfb", patches, kernel) + bias[..., None])


def _plain_apply(optimizer, model) -> Callable:
    return lambda gradient: optimizer.apply(gradient, model.trainable_variables)
