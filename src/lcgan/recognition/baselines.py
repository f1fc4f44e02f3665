"""Both baselines without a network, fitted on the same training spectra as the forms without a GAN.

They see what an astronomer would: the spectra with their errors and redshifts, as packed.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lcgan.datasets import training_part
from lcgan.files import write_json
from lcgan.params.names import BASELINES
from lcgan.recognition.arms import Form, labelled
from lcgan.recognition.classes import CLASSES
from lcgan.recognition.fit import CURVES, Labelled
from lcgan.recognition.templates import Templates, as_probability
from lcgan.recognition.widths import WidthRegression, widths
from lcgan.recognition.worker import Job, Outcome
from lcgan.spectra.store import read_rows


@dataclass(frozen=True)
class Packed:
    """The packed spectra: where they lie, and the star and redshift of every row."""

    spectra: Path
    stars: Mapping[int, str]
    z: np.ndarray

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return flux, ivar, shape (n, 3700) each, and z, shape (n,), of some rows."""
        flux, ivar = (read_rows(self.spectra, rows, name) for name in ("flux", "ivar"))
        return flux, ivar, self.z[rows]


def baseline_form(name: str, sets: Mapping) -> Form:
    """Return a baseline's spectra: Data set 1's and Data set 5's, each less its selection part."""
    train, early = {}, {}
    for kind, whole in (("O", sets["data_set_1"]), *((c, sets["data_set_5"]) for c in CLASSES[1:])):
        early[kind] = list(sets["early_stop"][kind])
        train[kind] = training_part(whole[kind], early[kind])
    return Form(name, labelled(train), labelled(early))


def fit_baselines(
    sets: Mapping, packed: Packed, score_rows: np.ndarray, out: Path | None = None
) -> list[Outcome]:
    """Fit both baselines, and ask them about every row that is to be scored.

    Parameters
    ----------
    sets : dict of dict of list of int
        The row lists of the stage `datasets`.
    packed : Packed
    score_rows : ndarray, shape (n_rows,)
    out : Path, optional
        Folder for equivalent_widths.json and templates.npz.

    Returns
    -------
    list of Outcome
        In the order of `lcgan.params.names.BASELINES`, without epochs or curves.
    """
    fits = {"equivalent_widths": _widths, "templates": _templates}
    found = []
    for name in BASELINES:
        form, started = baseline_form(name, sets), time.perf_counter()
        file = None if out is None else out / name
        ask = fits[name](form.train, packed, file)
        called, p_o = ask(score_rows)
        job = Job(form, 0, 0, None, None, score_rows, None)
        seconds = time.perf_counter() - started
        curves = {curve: [] for curve in CURVES}
        found.append(Outcome(job, curves, 0, seconds, called, p_o))
    return found


def _widths(train: Labelled, packed: Packed, file: Path | None):
    """Fit equivalent widths; return what answers rows with classes and p(O)."""
    flux, ivar, z = packed.read(train.rows)
    model = WidthRegression().fit(widths(flux, ivar, z), train.classes)
    if file is not None:
        write_json(file.with_suffix(".json"), model.kept(CLASSES))

    def ask(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = model.probabilities(widths(*packed.read(rows)))
        return found.argmax(1).astype(np.int8), found[:, 0].astype(np.float32)

    return ask


def _templates(train: Labelled, packed: Packed, file: Path | None):
    """Make templates; return what answers rows with classes and a rank of O."""
    flux, ivar, _ = packed.read(train.rows)
    stars = [packed.stars[row] for row in train.rows.tolist()]
    templates = Templates(flux, ivar, train.classes, stars)
    if file is not None:
        with file.with_suffix(".npz").open("wb") as handle:
            np.savez(handle, flux=templates.flux, classes=templates.classes)

    def ask(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        flux, ivar, _ = packed.read(rows)
        chi2 = templates.chi_squared(flux, ivar, len(CLASSES))
        return chi2.argmin(1).astype(np.int8), as_probability(chi2, 0).astype(np.float32)

    return ask
