"""``racnet_train``: an Adam step of the recognition network, beside the same one in PyTorch."""

from collections.abc import Callable

import numpy as np

from benchmarks.harness import Entries, compare, uncompared

BATCH, N_PIXELS, N_CLASSES, THREADS = 64, 3700, 4, 2
LEARNING_RATE = 1e-4
#: Of the first steps' losses: oneDNN sums a batch's variance in one float32 pass, which leaves a
#: channel that hardly varies with one of 1e-3 too much or too little.
TOLERANCE = 0.02
#: Of the untrained networks' probabilities.
SAME = 1e-5


def bench() -> Entries:
    """Time a training step, loss and optimizer included, with two threads on either side."""
    import torch._dynamo  # with it comes Triton, which crashes where TensorFlow was there first

    from lcgan.quiet import start_tensorflow

    start_tensorflow()
    import keras

    from benchmarks.torch_racnet import from_keras, n_weights
    from lcgan.recognition import racnet

    torch.set_num_threads(THREADS)
    keras.utils.set_random_seed(1)
    model = racnet.build(N_PIXELS, N_CLASSES)
    net = from_keras(model)
    if n_weights(net) != model.count_params():
        raise AssertionError("the two networks have different numbers of weights")
    rng = np.random.default_rng(0)
    flux = np.abs(1 + 0.2 * rng.standard_normal((BATCH, N_PIXELS)))
    flux = (flux / np.linalg.norm(flux, axis=1, keepdims=True)).astype(np.float32)
    classes = rng.integers(N_CLASSES, size=BATCH)
    _see_that_they_agree(model, net, flux)
    steps = _ours(model, flux, classes), _peer(net, flux, classes)
    losses = [[step() for _ in range(3)] for step in steps]  # the later ones by what was learnt
    np.testing.assert_allclose(*losses, rtol=TOLERANCE)
    found = compare(*steps, uncompared, shortest=0.5)  # by now the two have rounded apart
    return {
        "work": f"training step of the recognition network, {N_PIXELS:,} pixels, batch {BATCH}",
        "peer": f"the same network in PyTorch {torch.__version__.split('+')[0]}, eager",
        "bar": "ratio >= 1.3",
        "n_weights": model.count_params(),
        "spectra_per_second": BATCH / found["seconds"],
        "peer_spectra_per_second": BATCH / found["peer_seconds"],
        "note": f"{BATCH / found['seconds']:.0f} spectra/s against "
        f"{BATCH / found['peer_seconds']:.0f}",
        **found,
    }


def _see_that_they_agree(model, net, flux: np.ndarray) -> None:
    import torch

    with torch.no_grad():
        theirs = torch.softmax(net(torch.from_numpy(flux)), 1).numpy()
    np.testing.assert_allclose(model(flux, training=False), theirs, atol=SAME)


def _ours(model, flux: np.ndarray, classes: np.ndarray) -> Callable[[], float]:
    """Return a step as `lcgan.recognition.fit` takes it; it returns the mean loss before it."""
    from lcgan.recognition.fit import train_step

    step, _ = train_step(model, LEARNING_RATE)
    targets, weight = np.eye(N_CLASSES, dtype=np.float32)[classes], np.ones(len(flux), np.float32)
    return lambda: float(step(flux, targets, weight)[0]) / len(flux)


def _peer(net, flux: np.ndarray, classes: np.ndarray) -> Callable[[], float]:
    import torch

    optimizer = torch.optim.Adam(net.train().parameters(), LEARNING_RATE, eps=1e-7)  # Keras' ε
    spectra, labels = torch.from_numpy(flux), torch.from_numpy(classes.astype(np.int64))

    def step() -> float:
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(spectra), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step
