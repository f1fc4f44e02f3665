"""A registered model's data folder: the network in three forms, settings, evidence, card."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lcgan.evidence.calibration import fit_temperature
from lcgan.evidence.outliers import Likeness
from lcgan.recognition.inference import Network
from lcgan.tracking import served


class HeldOut(NamedTuple):
    """Spectra of unit 2-norm and their inverse variance, shape (n, 3700) each."""

    flux: np.ndarray
    ivar: np.ndarray


@dataclass(frozen=True)
class Evidence:
    """Spectra that make a model's answers honest.

    Attributes
    ----------
    selection : dict of str to ndarray
        By class, spectra that the fit was chosen on but not trained on: the temperature's.
        Unit 2-norm, shape (n, 3700) each.
    held_out : dict of str to HeldOut
        By true class, also one that the model does not know, spectra that no training saw: a
        threshold's. Their p(O) travels with the model, 0 where they are outliers: those are no
        candidates whatever the threshold.
    likeness : Likeness or None
        What the training spectra are like.
    """

    selection: Mapping[str, np.ndarray]
    held_out: Mapping[str, HeldOut]
    likeness: Likeness | None


def write(
    folder: Path,
    network: Path,
    calibration: np.ndarray,
    settings: Mapping[str, object],
    card: str,
    evidence: Evidence | None = None,
) -> None:
    """Make the folder that `lcgan.tracking.served.load` reads.

    Parameters
    ----------
    folder : Path
        Is made.
    network : Path
        The trained network, ``.keras``; it is kept beside what is served: OpenVINO's files in
        float32 and in 8 bits.
    calibration : ndarray, shape (n, 3700)
        Standardised training spectra that the 8 bits are calibrated on.
    settings : mapping
        classes and max_masked_fraction, as `lcgan.tracking.served.OStarModel` has them.
    card : str
        The model card, Markdown.
    evidence : Evidence, optional
        What the temperature, the likeness and the held-out probabilities are made of.
    """
    from lcgan.quiet import start_tensorflow

    start_tensorflow()
    import keras

    import lcgan.recognition.components  # noqa: F401  registers the networks' own layers
    import lcgan.recognition.racnet  # noqa: F401
    from lcgan.recognition.conversion import convert, quantise

    folder.mkdir(parents=True)
    (folder / served.KERAS).write_bytes(Path(network).read_bytes())
    trained = keras.models.load_model(network, compile=False)
    convert(trained, folder / served.NETWORKS["float32"])
    quantise(trained, calibration, folder / served.NETWORKS["int8"])
    settings = dict(settings)
    if evidence is not None:
        network = Network(folder / served.NETWORKS["float32"])
        settings["temperature"] = _temperature(network, evidence, settings["classes"])
        _write_held_out(folder / served.HELD_OUT, network, evidence, settings["classes"])
        if evidence.likeness is not None:
            evidence.likeness.save(folder / served.LIKENESS)
    (folder / served.SETTINGS).write_text(json.dumps(settings, indent=2) + "\n")
    (folder / served.CARD).write_text(card)


def _temperature(network: Network, evidence: Evidence, classes: Sequence[str]) -> float:
    """Return the temperature of the selection set, its classes of equal weight."""
    there = {name: flux for name, flux in evidence.selection.items() if len(flux)}
    if not there:
        return 1.0
    true = np.repeat([list(classes).index(name) for name in there], list(map(len, there.values())))
    weight = np.concatenate([np.full(len(flux), 1 / len(flux)) for flux in there.values()])
    return fit_temperature(network(np.concatenate(list(there.values()))), true, weight)


def _write_held_out(path: Path, network: Network, evidence: Evidence, classes) -> None:
    o, found = list(classes).index("O"), {}
    for name, (flux, ivar) in evidence.held_out.items():
        p = network(flux)
        if evidence.likeness is not None:
            called = [classes[i] for i in p.argmax(axis=1)]
            p[evidence.likeness.score(flux, ivar, called) > 1] = 0
        found[name] = p[:, o].astype(float).tolist()
    path.write_text(json.dumps(found) + "\n")
