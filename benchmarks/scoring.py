"""What ``score`` and ``score_int8`` share: spectra, a trained network, and the peers' scoring."""

from collections.abc import Callable, Iterator
from dataclasses import astuple
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import data
from lcgan.files import replacing
from lcgan.recognition.classes import CLASSES
from lcgan.recognition.fit import FitSettings
from lcgan.spectra import store
from lcgan.spectra.catalogue import read_catalogue
from lcgan.spectra.standardise import standardise

N_SPECTRA, THREADS = 8000, 2
#: Spectra read and, of those, standardised at a time, on either side; more leave the cache.
BLOCK, CACHED = 512, 32
#: Spectra of each class trained on, where there are so many.
N_TRAIN = 400
#: The peers' batches that are tried, the quickest of which is timed.
PEER_BATCHES = (8, 16, 32, 64, 128)
SETTINGS = FitSettings(32, 10, 10, 1e-4, 0.9, 1e-3)
#: The network, trained with them.
KERAS = data.KEPT / f"racnet-{'-'.join(map(str, astuple(SETTINGS)[:-1]))}.keras"


def rows_by_class() -> tuple[Path, dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return a store, and by class its rows to train and calibrate on, and those to test on."""
    path = data.store(N_SPECTRA)
    table = read_catalogue(path.with_name("catalogue.csv"))
    of_class = {name: table["row"][table["class"] == name].to_numpy() for name in CLASSES}
    train = {name: rows[::2][:N_TRAIN] for name, rows in of_class.items()}
    return path, train, {name: rows[1::2] for name, rows in of_class.items()}


def trained():
    """Return a recognition network trained on the rows to train on as a default run's; kept."""
    import keras

    from lcgan.recognition import racnet  # noqa: F401  registers the network's layers
    from lcgan.recognition.fit import Labelled, fit

    if not KERAS.is_file():
        path, train, _ = rows_by_class()
        classes = np.repeat(np.arange(len(CLASSES)), [len(rows) for rows in train.values()])
        flux = standardise(store.read_rows(path, np.concatenate(list(train.values()))))
        stop = np.arange(len(flux)) % 4 == 0
        sides = (Labelled(np.flatnonzero(part), classes[part]) for part in (~stop, stop))
        network = fit(flux, *sides, SETTINGS, seed=1).model
        with replacing(KERAS) as part:
            network.save(part.with_suffix(".keras"))
            part.with_suffix(".keras").rename(part)
    return keras.models.load_model(KERAS, compile=False)


def scored(path: Path, network: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the probabilities of every spectrum of a store, block by block."""
    return np.concatenate([network(flux) for flux in blocks(path)])


def blocks(path: Path) -> Iterator[np.ndarray]:
    """Yield a store's standardised spectra, shape (n, 3700)."""
    for _, flux in store.blocks(path, n_rows=BLOCK):
        for first in range(0, len(flux), CACHED):
            flux[first : first + CACHED] = standardise(flux[first : first + CACHED])
        yield flux


def eager(net, flux: np.ndarray, batch: int) -> np.ndarray:
    """Return what a PyTorch network answers, float32 or float64, batch by batch."""
    import torch

    kind = next(net.parameters()).dtype
    with torch.inference_mode():
        parts = [
            torch.softmax(net(torch.from_numpy(flux[i : i + batch]).to(kind)), 1).numpy()
            for i in range(0, len(flux), batch)
        ]
    return np.concatenate(parts)


def quickest(of_batch: Callable[[int, np.ndarray], object], flux: np.ndarray) -> int:
    """Return the batch with which a peer is quickest, the best of three rounds each."""
    import time

    def seconds(batch: int) -> float:
        start = time.perf_counter()
        of_batch(batch, flux)
        return time.perf_counter() - start

    for batch in PEER_BATCHES:
        of_batch(batch, flux[: 2 * batch])
    return min(PEER_BATCHES, key=lambda batch: min(seconds(batch) for _ in range(3)))


def torch_peer(net, path: Path) -> tuple[Callable[[], np.ndarray], int]:
    """Return PyTorch's scoring of a store at its quickest batch, and that batch."""
    flux = next(blocks(path))
    batch = quickest(lambda size, some: eager(net, some, size), flux)
    return partial(scored, path, lambda some: eager(net, some, batch)), batch
