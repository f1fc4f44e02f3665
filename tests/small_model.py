"""A small recognition network in a registry of its own, for the tests of what is served."""

from pathlib import Path

import numpy as np

from lcgan.evidence import outliers
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise
from lcgan.tracking import registry
from lcgan.tracking.data_folder import Evidence, HeldOut

MAX_MASKED = 0.35


def save_network(path: Path) -> Path:
    """Save an untrained network of the real kind, narrow, whose answers differ much by spectrum."""
    import keras

    from lcgan.recognition.racnet import build

    keras.utils.set_random_seed(20210503)
    network = build(filters=(8, 8, 8))
    head = network.get_layer("probabilities")
    kernel, bias = head.get_weights()
    head.set_weights([kernel * 10, bias])
    network.save(path)
    return path


def slopes(n: int) -> np.ndarray:
    """Standardised power laws of n exponents from -4 to 2, shape (n, 3700)."""
    exponent = np.linspace(-4, 2, n)[:, None]
    return standardise((wavelength_grid() / 5000) ** exponent)


def evidence() -> Evidence:
    """Power laws at S/N 30 to be alike to, to calibrate on and to choose a threshold on."""
    flux = slopes(24)
    noisy = flux + np.random.default_rng(1).normal(0, flux.mean() / 30, flux.shape)
    ivar = np.full(flux.shape, (30 / flux.mean()) ** 2)
    classes = ["O", "F"] * 12
    likeness = outliers.fit(noisy, ivar, classes, [f"star {i}" for i in range(24)], 0.05)
    of_class = {"O": flux[::2], "F": flux[1::2], "G": flux[:3], "K": flux[3:5]}
    held_out = {name: HeldOut(it, ivar[: len(it)]) for name, it in of_class.items()}
    return Evidence(of_class, held_out | {"B": HeldOut(flux[5:7], ivar[:2])}, likeness)


def offer(network: Path, recall=(150, 173), fpr=(9, 1500), spectra: str = "a") -> registry.Offer:
    """An offer with these figures, taken on the spectra called `spectra`."""
    return registry.Offer(
        network=network,
        calibration=slopes(24),
        classes=("O", "F", "G", "K"),
        max_masked_fraction=MAX_MASKED,
        card="# A card\n",
        summary="A summary",
        recall={"k": recall[0], "n": recall[1]},
        fpr={"k": fpr[0], "n": fpr[1]},
        tags={"form": "lcgan", registry.TEST_SETS: spectra},
        evidence=evidence(),
    )
