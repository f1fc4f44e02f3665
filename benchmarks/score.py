"""``score``: a packed store to probabilities in float32, beside PyTorch eager and Keras predict."""

import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import data, scoring
from benchmarks.harness import Entries, compare, named

N_SPECTRA, ROUNDS = 2000, 5
#: Of an untrained network's probabilities. A trained one has channels that hardly vary, whose
#: normalisation multiplies rounding by hundreds: there the distance from float64 is compared.
SAME = 1e-5


def bench() -> Entries:
    """Score 2,000 packed spectra with two threads on every side."""
    from lcgan.quiet import start_tensorflow

    start_tensorflow(scoring.THREADS)
    import torch

    from benchmarks.torch_racnet import from_keras
    from lcgan.recognition.conversion import convert
    from lcgan.recognition.inference import Network

    torch.set_num_threads(scoring.THREADS)
    path = data.store(N_SPECTRA)
    with tempfile.TemporaryDirectory() as folder:
        untrained = _untrained(Path(folder), next(scoring.blocks(path)))
        model = scoring.trained()
        convert(model, Path(folder) / "network.xml")
        ours = partial(scoring.scored, path, Network(Path(folder) / "network.xml", scoring.THREADS))
        peer, batch = scoring.torch_peer(from_keras(model), path)
        exact = partial(scoring.eager, from_keras(model).double(), batch=64)
        exact = scoring.scored(path, exact)
        errors = _errors(ours(), peer(), exact)
        found = compare(ours, peer, partial(_close, exact=exact), ROUNDS)
        of_keras = _beside_keras(ours, model, path, exact)
    return {
        "work": _work(exact),
        "peer": f"the same network in PyTorch {torch.__version__.split('+')[0]}, eager, "
        f"its quickest batch ({batch})",
        "bar": "ratio >= 2, untrained_max_difference <= 1e-5",
        "n_spectra": len(exact),
        "untrained_max_difference": untrained,
        "peer_batch": batch,
        "spectra_per_second": len(exact) / found["seconds"],
        "peer_spectra_per_second": len(exact) / found["peer_seconds"],
        "note": f"{len(exact) / found['seconds']:.0f} spectra/s; trained, "
        f"{errors['within_1e-5']:.1%} of spectra are within 1e-5 of PyTorch; largest distance "
        f"from float64 {errors['max_error']:.0e}, PyTorch's {errors['peer_max_error']:.0e}",
        **errors,
        **found,
        **named("keras", of_keras),
    }


def _beside_keras(ours: Callable, model, path: Path, exact: np.ndarray) -> Entries:
    """Return the entries of the comparison with Keras' own `predict`."""
    import keras

    batch = scoring.quickest(
        lambda size, flux: model.predict(flux, size, verbose=0), next(scoring.blocks(path))
    )
    predict = partial(model.predict, batch_size=batch, verbose=0)
    peer = partial(scoring.scored, path, predict)
    found = compare(ours, peer, partial(_close, exact=exact), ROUNDS)
    return {
        "work": _work(exact),
        "peer": f"Keras {keras.__version__} predict, its quickest batch ({batch})",
        "bar": "ratio >= 2",
        "peer_batch": batch,
        "peer_spectra_per_second": len(exact) / found["peer_seconds"],
        **found,
    }


def _work(exact: np.ndarray) -> str:
    n = len(exact)
    return f"{n:,} packed spectra to probabilities, float32, read and standardised, 2 threads"


def _untrained(folder: Path, flux: np.ndarray) -> float:
    """Return the largest difference between our and PyTorch's answers of an untrained network."""
    import keras

    from benchmarks.torch_racnet import from_keras
    from lcgan.recognition import racnet
    from lcgan.recognition.conversion import convert
    from lcgan.recognition.inference import Network

    keras.utils.set_random_seed(1)
    model = racnet.build()
    convert(model, folder / "untrained.xml")
    ours = Network(folder / "untrained.xml")(flux)
    theirs = scoring.eager(from_keras(model), flux, 64)
    np.testing.assert_allclose(ours, theirs, atol=SAME)
    return float(np.abs(ours - theirs).max())


def _errors(ours: np.ndarray, theirs: np.ndarray, exact: np.ndarray) -> Entries:
    return {
        "max_difference": float(np.abs(ours - theirs).max()),
        "within_1e-5": float((np.abs(ours - theirs).max(axis=1) <= SAME).mean()),
        "max_error": float(np.abs(ours - exact).max()),
        "peer_max_error": float(np.abs(theirs - exact).max()),
        "mean_error": float(np.abs(ours - exact).mean()),
        "peer_mean_error": float(np.abs(theirs - exact).mean()),
    }


def _close(ours: np.ndarray, theirs: np.ndarray, exact: np.ndarray) -> None:
    """See that our answers are no further from float64 than the peer's, or hardly."""
    own, other = np.abs(ours - exact).mean(), np.abs(theirs - exact).mean()
    np.testing.assert_array_less(own, 1.5 * other + 1e-8)
    np.testing.assert_allclose(ours, theirs, atol=0.02)
