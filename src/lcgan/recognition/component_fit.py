"""Fitting the survey arm's network: see `lcgan.recognition.components`."""

import time

import numpy as np

from lcgan.errors import UserError
from lcgan.recognition.arms import Form
from lcgan.recognition.components import build
from lcgan.recognition.fit import CURVES, Fitted, evaluate
from lcgan.recognition.graph import MOST
from lcgan.recognition.survey_form import Basis, ComponentSettings
from lcgan.spectra.continuum import colours, lines
from lcgan.spectra.grid import wavelength_grid


def fit_components(flux: np.ndarray, form: Form, settings: ComponentSettings) -> Fitted:
    """Fit the components to the training lines, and a logistic regression to the components.

    Nothing is drawn: the same spectra give the same network.

    Parameters
    ----------
    flux : ndarray, shape (N, L) float32
        Standardised spectra; may be a memory map.
    form : Form
        Its `train` is fitted to; its `early_stop` stars only tell how well that went.
    settings : ComponentSettings

    Returns
    -------
    Fitted
        Curves of one epoch.
    """
    from sklearn.linear_model import LogisticRegression

    started = time.perf_counter()
    classes = form.train.classes
    n_pixels, spectra = flux.shape[1], flux[form.train.rows]
    seen = np.concatenate([lines(spectra, settings.continuum_scale), colours(spectra)], axis=1)
    names = np.array(form.classes)[classes]
    parts = []
    for basis in settings.bases:
        among = np.isin(names, basis.classes) | (not basis.classes)
        parts.append(components(seen, among, rebinning(seen.shape[1], basis), basis.n))
    every = np.ones(len(names), bool)
    parts.append(components(seen, every, of_colours(n_pixels, seen.shape[1]), settings.colours))
    kernel, bias = (np.concatenate(of, axis=-1) for of in zip(*parts, strict=True))
    values = np.clip(seen @ kernel + bias, -MOST, MOST)
    regression = LogisticRegression(C=settings.strength, max_iter=300)
    weights = class_weights(names, form.classes, settings)
    regression.fit(values, classes, sample_weight=weights[classes])
    model = build(flux.shape[1], len(form.classes), settings.continuum_scale, kernel.shape[1])
    model.get_layer("components").set_weights([kernel, bias])
    model.get_layer("probabilities").set_weights([regression.coef_.T, regression.intercept_])
    figures = [*evaluate(model, flux, form.train), *evaluate(model, flux, form.early_stop)]
    curves = dict(zip(CURVES, ([figures[i]] for i in (0, 2, 1, 3)), strict=True))
    return Fitted(model, time.perf_counter() - started, 1, curves)


def class_weights(names: np.ndarray, form_classes: tuple[str, ...], settings) -> np.ndarray:
    """Return each class's weight in the regression, 1 for a class of mean size.

    Parameters
    ----------
    names : ndarray of str, shape (n,)
        The class of every training spectrum.
    form_classes : tuple of str
        The classes in the network's order.
    settings : ComponentSettings
    """
    counts = np.array([(names == name).sum() for name in form_classes])
    weights = (counts.mean() / np.maximum(counts, 1)) ** settings.balance
    return weights * np.where(np.array(form_classes) == "O", settings.o_weight, 1.0)


def components(
    seen: np.ndarray, among: np.ndarray, pixels: np.ndarray, n: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel and the bias that give a basis' components, of unit spread each.

    Parameters
    ----------
    seen : ndarray, shape (n_spectra, n_seen)
        Lines and colours of all training spectra.
    among : ndarray of bool, shape (n_spectra,)
        Those that the components are of.
    pixels : ndarray, shape (n_seen, m)
        What the basis sees, from `rebinning` or `of_colours`.
    n : int
        Components.

    Returns
    -------
    kernel : ndarray, shape (n_seen, n), float32
    bias : ndarray, shape (n,), float32

    Raises
    ------
    UserError
        If there are fewer spectra than components.
    """
    from sklearn.decomposition import PCA

    values = seen @ pixels
    if among.sum() <= n:
        raise UserError(
            f"train_classifier.survey.bases: {n} components of {among.sum()} spectra; lower n, or "
            "raise augment.n_spectra"
        )
    found = PCA(n, svd_solver="covariance_eigh").fit(values[among])
    kernel = found.components_.T / np.sqrt(found.explained_variance_)
    spread = (values @ kernel).std(axis=0)
    kernel = kernel / spread
    return (pixels @ kernel).astype(np.float32), (-found.mean_ @ kernel).astype(np.float32)


def of_colours(n_pixels: int, n_seen: int) -> np.ndarray:
    """Return the matrix that leaves the colours, which follow the lines, shape (n_seen, m)."""
    return np.eye(n_seen, dtype=np.float32)[:, n_pixels:]


def rebinning(n_seen: int, basis: Basis) -> np.ndarray:
    """Return the matrix that cuts a range of lines out and averages pixels, shape (n_seen, m)."""
    low, high = np.searchsorted(wavelength_grid(), basis.wavelength)
    bins = (high - low) // basis.rebin
    matrix = np.zeros((n_seen, bins), np.float32)
    matrix[low + np.arange(bins * basis.rebin), np.repeat(np.arange(bins), basis.rebin)] = (
        1 / basis.rebin
    )
    return matrix
