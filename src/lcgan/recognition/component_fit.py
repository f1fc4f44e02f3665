"""Fitting the survey arm's network: see `lcgan.recognition.components`."""

import time

import numpy as np

from lcgan.errors import UserError
from lcgan.recognition.arms import Form
from lcgan.recognition.components import build
from lcgan.recognition.fit import CURVES, Fitted, evaluate
from lcgan.recognition.graph import MOST
from lcgan.recognition.survey_form import Basis, ComponentSettings
from lcgan.spectra.continuum import lines
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
    seen = lines(flux[form.train.rows], settings.continuum_scale)
    names = np.array(form.classes)[classes]
    parts = [
        components(seen, np.isin(names, basis.classes) | (not basis.classes), basis)
        for basis in settings.bases
    ]
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


def components(seen: np.ndarray, among: np.ndarray, basis: Basis) -> tuple[np.ndarray, np.ndarray]:
    """Return the kernel and the bias that give a basis' components, of unit spread each.

    Parameters
    ----------
    seen : ndarray, shape (n, n_pixels)
        Lines of all training spectra.
    among : ndarray of bool, shape (n,)
        Those that the components are of.
    basis : Basis

    Returns
    -------
    kernel : ndarray, shape (n_pixels, basis.n), float32
    bias : ndarray, shape (basis.n,), float32

    Raises
    ------
    UserError
        If there are fewer spectra than components.
    """
    from sklearn.decomposition import PCA

    pixels = rebinning(seen.shape[1], basis)
    values = seen @ pixels
    if among.sum() <= basis.n:
        raise UserError(
            f"train_classifier.survey.bases: {basis.n} components of {among.sum()} spectra of "
            f"{', '.join(basis.classes) or 'all classes'}; lower n, or raise augment.n_spectra"
        )
    found = PCA(basis.n, svd_solver="covariance_eigh").fit(values[among])
    kernel = found.components_.T / np.sqrt(found.explained_variance_)
    spread = (values @ kernel).std(axis=0)
    kernel = kernel / spread
    return (pixels @ kernel).astype(np.float32), (-found.mean_ @ kernel).astype(np.float32)


def rebinning(n_pixels: int, basis: Basis) -> np.ndarray:
    """Return the matrix that cuts a range out and averages its pixels, shape (n_pixels, m)."""
    low, high = np.searchsorted(wavelength_grid()[:n_pixels], basis.wavelength)
    bins = (high - low) // basis.rebin
    matrix = np.zeros((n_pixels, bins), np.float32)
    matrix[low + np.arange(bins * basis.rebin), np.repeat(np.arange(bins), basis.rebin)] = (
        1 / basis.rebin
    )
    return matrix
