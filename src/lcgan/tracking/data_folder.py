"""What lies in a registered model's data folder: the network in three forms, settings, card."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from lcgan.tracking import served


def write(
    folder: Path,
    network: Path,
    calibration: np.ndarray,
    settings: Mapping[str, object],
    card: str,
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
    """
    from lcgan.quiet import start_tensorflow

    start_tensorflow()
    import keras

    import lcgan.recognition.racnet  # noqa: F401  registers the network's own layers
    from lcgan.recognition.conversion import convert, quantise

    folder.mkdir(parents=True)
    (folder / served.KERAS).write_bytes(Path(network).read_bytes())
    trained = keras.models.load_model(network, compile=False)
    convert(trained, folder / served.NETWORKS["float32"])
    quantise(trained, calibration, folder / served.NETWORKS["int8"])
    (folder / served.SETTINGS).write_text(json.dumps(dict(settings), indent=2) + "\n")
    (folder / served.CARD).write_text(card)
