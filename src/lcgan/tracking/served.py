"""The model as its users call it: flux and wavelength in, a probability per class out.

MLflow loads this module by its name, from the copy that travels with the model (see
`lcgan.tracking.carried`), in processes that know nothing of this project. It imports only what
the model's requirements name.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from lcgan.evidence.calibration import at_temperature
from lcgan.evidence.columns import evidence
from lcgan.evidence.outliers import Likeness
from lcgan.recognition.inference import Network
from lcgan.spectra.grid import N_PIXELS
from lcgan.spectra.resample import Resampled, resample
from lcgan.spectra.standardise import standardise

#: Files in the model's data folder: the network as it was trained, and as it is served.
KERAS, SETTINGS, CARD = "network.keras", "settings.json", "MODEL_CARD.md"
#: What training spectra are like; p(O) of spectra that no training saw, by true class.
LIKENESS, HELD_OUT = "likeness.npz", "held_out.json"
NETWORKS = {"float32": "network.xml", "int8": "network_int8.xml"}


class UnusableError(ValueError):
    """A spectrum that cannot be classified; the message says why."""


class OStarModel:
    """Tells O stars from others by spectra on any wavelength grid.

    Parameters
    ----------
    network : callable
        (n, 3700) float32 of unit 2-norm on `lcgan.spectra.grid` → (n, C) probabilities.
    classes : sequence of str
        The classes, in the order of the network's outputs.
    max_masked_fraction : float
        Of the 3,700 pixels; a spectrum that leaves more of them without a measurement is unusable.
    temperature : float
        Of the calibrated probabilities, see `lcgan.evidence.calibration`.
    likeness : Likeness, optional
        What training spectra are like.
    held_out : dict of str to list of float
        By true class, p(O) of spectra that no training saw: what a threshold is chosen on.
    """

    def __init__(
        self,
        network,
        classes: Sequence[str],
        max_masked_fraction: float,
        temperature: float = 1.0,
        likeness: Likeness | None = None,
        held_out: Mapping[str, list[float]] | None = None,
    ):
        self.network = network
        self.classes = tuple(classes)
        self.max_masked_fraction = max_masked_fraction
        self.temperature = temperature
        self.likeness = likeness
        self.held_out = dict(held_out or {})

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
            counts as missing. ``z`` where it is known: the redshift, for the lines.
        params : dict, optional
            ``{"evidence": True}`` adds the columns of `lcgan.evidence.columns`: whether the
            spectrum is like those that the network was trained on, and equivalent widths of the
            lines that speak for or against an O star. They want ``ivar``.

        Returns
        -------
        DataFrame
            The same index. Columns ``p_<class>`` and ``calibrated_<class>`` for each class (the
            network's own probability and that at the model's temperature), ``class`` (the most
            probable one) and ``reason``. An unusable spectrum has NaN, "" and the reason why.
        """
        standard = np.zeros((len(model_input), N_PIXELS), dtype=np.float32)
        on_grid, reasons = {}, [""] * len(model_input)
        ivars = model_input["ivar"] if "ivar" in model_input else [None] * len(model_input)
        rows = zip(model_input["flux"], model_input["wavelength"], ivars, strict=True)
        for i, row in enumerate(rows):
            try:
                on_grid[i], standard[i] = self.standardised(*row)
            except UnusableError as unusable:
                reasons[i] = str(unusable)
        usable = np.array([not reason for reason in reasons], dtype=bool)
        probabilities = np.full((len(model_input), len(self.classes)), np.nan)
        probabilities[usable] = self.network(standard[usable])
        table = self._table(model_input.index, probabilities, usable, reasons)
        if (params or {}).get("evidence"):
            self._add_evidence(table, model_input, [*on_grid.values()], usable)
        return table

    def standardised(self, flux, wavelength, ivar=None) -> tuple[Resampled, np.ndarray]:
        """Put one spectrum onto the network's grid, and at unit 2-norm (the paper, eq. 1).

        Parameters
        ----------
        flux, wavelength, ivar : sequence of float, shape (N,)
            As in `predict`.

        Returns
        -------
        on_grid : Resampled
            Flux in its own unit; ivar is 0 throughout where none is known.
        standard : ndarray, shape (3700,), float32

        Raises
        ------
        UnusableError
            If the spectrum cannot be classified.
        """
        flux, wavelength = _vector("flux", flux), _vector("wavelength", wavelength)
        known = not _missing(ivar)
        ivar = _vector("ivar", ivar) if known else None
        if not len(flux) == len(wavelength) == len(ivar if known else flux):
            raise UnusableError(f"flux has {len(flux)} values, wavelength {len(wavelength)}")
        if len(wavelength) > 1 and wavelength[0] > wavelength[-1]:
            flux, wavelength = flux[::-1], wavelength[::-1]
            ivar = ivar[::-1] if known else None
        try:
            there = resample(wavelength, flux, ivar, bad=~np.isfinite(flux) | (flux == 0))
            self.check_masked(int(there.mask.sum()))
            standard = standardise(there.flux)
        except UnusableError:
            raise
        except ValueError as error:
            raise UnusableError(str(error)) from None
        return there if known else replace(there, ivar=np.zeros_like(there.ivar)), standard

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

    def calibrated(self, probabilities: np.ndarray) -> np.ndarray:
        """Return probabilities at the model's temperature, shape (n, C), float64."""
        return at_temperature(probabilities, self.temperature)

    def _table(self, index, probabilities, usable, reasons) -> pd.DataFrame:
        """Put the answer together."""
        names = np.array(self.classes, dtype=object)
        best = names[np.where(usable, np.nan_to_num(probabilities).argmax(axis=1), 0)]
        columns = {f"p_{name}": probabilities[:, i] for i, name in enumerate(self.classes)}
        calibrated = self.calibrated(probabilities)
        columns |= {f"calibrated_{name}": calibrated[:, i] for i, name in enumerate(self.classes)}
        columns["class"] = np.where(usable, best, "")
        return pd.DataFrame(columns | {"reason": reasons}, index=index)

    def _add_evidence(self, table, model_input, on_grid: list[Resampled], usable) -> None:
        """Add the columns of `lcgan.evidence.columns` to the answer, in place."""
        flux, ivar = (
            np.array([getattr(each, name) for each in on_grid]).reshape(-1, N_PIXELS)
            for name in ("flux", "ivar")
        )
        z = model_input["z"] if "z" in model_input else np.full(len(table), np.nan)
        z = pd.to_numeric(pd.Series(z), errors="coerce").to_numpy()[usable]
        found = evidence(self.likeness, flux, ivar, table["class"][usable].tolist(), z)
        for name, values in found.items():
            table[name] = None
            table.loc[usable, name] = pd.Series(values, table.index[usable], dtype=object)


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
    likeness, held_out = folder / LIKENESS, folder / HELD_OUT  # versions of old have neither
    return OStarModel(
        network,
        settings["classes"],
        settings["max_masked_fraction"],
        settings.get("temperature", 1.0),
        Likeness.load(likeness) if likeness.is_file() else None,
        json.loads(held_out.read_text()) if held_out.is_file() else None,
    )


def _load_pyfunc(data_path: str) -> OStarModel:
    """Load the model from its data folder; MLflow calls this by its name."""
    return load(Path(data_path), threads=len(os.sched_getaffinity(0)))
