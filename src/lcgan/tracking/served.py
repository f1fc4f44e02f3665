"""The model as its users call it: flux and wavelength in, a probability per class out.

MLflow loads this module by its name, from the copy that travels with the model (see
`lcgan.tracking.carried`), in processes that know nothing of this project. It imports only what
the model's requirements name.
"""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.recognition.inference import Network
from lcgan.spectra.grid import N_PIXELS
from lcgan.spectra.resample import resample
from lcgan.spectra.standardise import standardise

#: Files in the model's data folder: the network as it was trained, and as it is served.
KERAS, SETTINGS, CARD = "network.keras", "settings.json", "MODEL_CARD.md"
NETWORKS = {"float32": "network.xml", "int8": "network_int8.xml"}


class UnusableError(ValueError):
    """A spectrum that cannot be classified; the message says why."""


class OStarModel:
    """Tells O stars from F, G and K by spectra on any wavelength grid.

    Parameters
    ----------
    network : callable
        (n, 3700) float32 of unit 2-norm on `lcgan.spectra.grid` → (n, C) probabilities.
    classes : sequence of str
        The classes, in the order of the network's outputs.
    max_masked_fraction : float
        Of the 3,700 pixels; a spectrum that leaves more of them without a measurement is unusable.
    """

    def __init__(self, network, classes: Sequence[str], max_masked_fraction: float):
        self.network = network
        self.classes = tuple(classes)
        self.max_masked_fraction = max_masked_fraction

    def get_raw_model(self) -> "OStarModel":
        """Return this object; MLflow's ``PyFuncModel.get_raw_model()`` asks for it."""
        return self

    def predict(self, model_input: pd.DataFrame, params: dict | None = None) -> pd.DataFrame:
        """Classify spectra.

        Parameters
        ----------
        model_input : DataFrame
            One row per spectrum. Columns ``flux`` (any unit), ``wavelength`` (vacuum Å, ascending
            or descending), and ``ivar`` where it is known (0 marks a bad pixel): equally long
            vectors, their length free from row to row. Flux that is not finite or exactly zero
            counts as missing.

        Returns
        -------
        DataFrame
            The same index. Column ``p_<class>`` for each class, ``class`` (the most probable one)
            and ``reason``. An unusable spectrum has NaN, "" and the reason why.
        """
        standard = np.zeros((len(model_input), N_PIXELS), dtype=np.float32)
        reasons = [""] * len(model_input)
        ivars = model_input["ivar"] if "ivar" in model_input else [None] * len(model_input)
        rows = zip(model_input["flux"], model_input["wavelength"], ivars, strict=True)
        for i, (flux, wavelength, ivar) in enumerate(rows):
            try:
                standard[i] = self.standardised(flux, wavelength, ivar)
            except UnusableError as unusable:
                reasons[i] = str(unusable)
        usable = np.array([not reason for reason in reasons], dtype=bool)
        probabilities = np.full((len(model_input), len(self.classes)), np.nan)
        probabilities[usable] = self.network(standard[usable])
        return self._table(model_input.index, probabilities, usable, reasons)

    def standardised(self, flux, wavelength, ivar=None) -> np.ndarray:
        """Put one spectrum onto the network's grid at unit 2-norm (the paper, eq. 1).

        Parameters
        ----------
        flux, wavelength, ivar : sequence of float, shape (N,)
            As in `predict`.

        Returns
        -------
        ndarray, shape (3700,), float32

        Raises
        ------
        UnusableError
            If the spectrum cannot be classified.
        """
        flux, wavelength = _vector("flux", flux), _vector("wavelength", wavelength)
        ivar = None if _missing(ivar) else _vector("ivar", ivar)
        if not len(flux) == len(wavelength) == len(flux if ivar is None else ivar):
            raise UnusableError(f"flux has {len(flux)} values, wavelength {len(wavelength)}")
        if len(wavelength) > 1 and wavelength[0] > wavelength[-1]:
            flux, wavelength = flux[::-1], wavelength[::-1]
            ivar = None if ivar is None else ivar[::-1]
        try:
            there = resample(wavelength, flux, ivar, bad=~np.isfinite(flux) | (flux == 0))
            self.check_masked(int(there.mask.sum()))
            return standardise(there.flux)
        except UnusableError:
            raise
        except ValueError as error:
            raise UnusableError(str(error)) from None

    def check_masked(self, masked: int) -> None:
        """Refuse a spectrum of which so many of the 3,700 pixels have no measurement.

        Raises
        ------
        UnusableError
        """
        if masked > self.max_masked_fraction * N_PIXELS:
            raise UnusableError(
                f"{masked:,} of {N_PIXELS:,} pixels between 3700 and 8671 Å have no data; at "
                f"most {self.max_masked_fraction:.0%} may"
            )

    def _table(self, index, probabilities, usable, reasons) -> pd.DataFrame:
        """Put the answer together."""
        names = np.array(self.classes, dtype=object)
        best = names[np.where(usable, np.nan_to_num(probabilities).argmax(axis=1), 0)]
        columns = {f"p_{name}": probabilities[:, i] for i, name in enumerate(self.classes)}
        columns["class"] = np.where(usable, best, "")
        return pd.DataFrame(columns | {"reason": reasons}, index=index)


def _missing(values) -> bool:
    """Tell whether there is nothing: None, NaN or an empty vector."""
    if values is None or (np.isscalar(values) and pd.isna(values)):
        return True
    return not np.isscalar(values) and len(values) == 0


def _vector(name: str, values) -> np.ndarray:
    """Return values as a float64 vector.

    Raises
    ------
    UnusableError
        If there are none, or they are not a vector of numbers.
    """
    if _missing(values):
        raise UnusableError(f"no {name}")
    try:
        vector = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise UnusableError(f"{name} is not a vector of numbers") from None
    if vector.ndim != 1:
        raise UnusableError(f"{name} is not a vector but has the shape {vector.shape}")
    return vector


def load(folder: Path, precision: str = "float32", threads: int = 1) -> OStarModel:
    """Load the model from its data folder.

    Parameters
    ----------
    folder : Path
        As `lcgan.tracking.data_folder.write` makes it.
    precision : {"float32", "int8"}
        Of the network.
    threads : int
        See `lcgan.recognition.inference.Network`; they change no answer.
    """
    settings = json.loads((folder / SETTINGS).read_text())
    network = Network(folder / NETWORKS[precision], threads)
    return OStarModel(network, settings["classes"], settings["max_masked_fraction"])


def _load_pyfunc(data_path: str) -> OStarModel:
    """Load the model from its data folder; MLflow calls this by its name."""
    return load(Path(data_path), threads=len(os.sched_getaffinity(0)))
