"""From a trained Keras network to OpenVINO's files: float32, and quantised after training."""

from pathlib import Path

import numpy as np

from lcgan.recognition.graph import Builder, Ranges, Weights, weights_of
from lcgan.recognition.inference import BATCH

#: Weight of the old kernel in the last layer's fit, in mean variances of a feature. With 1 or less
#: the fit follows its few hundred spectra too closely.
RIDGE = 3.0


def convert(network, path: Path | str) -> None:
    """Write a Keras network as OpenVINO's ``.xml`` and, beside it, ``.bin``.

    Parameters
    ----------
    network : keras.Model
        As `lcgan.recognition.racnet.build` makes it.
    path : Path
        The ``.xml``.
    """
    _save(Builder(weights_of(network), network.input_shape[1]).model(), path)


def quantise(network, flux: np.ndarray, path: Path | str) -> None:
    """Write a Keras network with 8-bit convolutions, calibrated on spectra.

    What enters a layer is put into 256 levels, from the mean over the spectra of each one's least
    value to the mean of its greatest: a few spectra have pixels tens of times as large as others,
    and a range that holds them leaves too few levels to the rest. Rounding then shifts what the
    network answers; its last layer, which stays float32, is fitted anew to give on these spectra
    the logits, and each class the mean probability, that it gives in float32.

    Parameters
    ----------
    network : keras.Model
        As `lcgan.recognition.racnet.build` makes it.
    flux : ndarray, shape (n, n_pixels)
        Standardised training spectra of all classes.
    path : Path
        The ``.xml``.
    """
    weights, n_pixels = weights_of(network), network.input_shape[1]
    ranges, expected = _calibrate(weights, flux)
    rounded = Builder(weights, n_pixels, ranges).model(features=True)
    features = _answers(rounded, flux, np.copy)[1]
    weights["probabilities"] = refitted(*weights["probabilities"], features, expected)
    _save(Builder(weights, n_pixels, ranges).model(), path)


def refitted(
    kernel: np.ndarray, bias: np.ndarray, features: np.ndarray, expected: np.ndarray
) -> list[np.ndarray]:
    """Return the last layer's kernel and bias, fitted anew to the features that rounding left.

    Ridge regression from the features to the logits' change, then `output_biases`.

    Parameters
    ----------
    kernel, bias : ndarray, shape (F, C) and (C,)
    features : ndarray, shape (n, F)
        As they are in 8 bits.
    expected : ndarray, shape (n, C)
        The probabilities in float32.
    """
    logits = features.astype(np.float64) @ kernel + bias
    wanted = np.log(np.maximum(expected.astype(np.float64), 1e-12))
    missing = (wanted - wanted.mean(axis=1, keepdims=True)) - (
        logits - logits.mean(axis=1, keepdims=True)
    )
    centred = features - features.mean(axis=0, dtype=np.float64)
    spread = centred.T @ centred / len(features)
    ridge = RIDGE * max(np.trace(spread) / len(spread), 1e-12) * np.eye(len(spread))
    change = np.linalg.solve(spread + ridge, centred.T @ missing / len(features))
    kernel = kernel + change
    bias = bias + missing.mean(axis=0) - features.mean(axis=0) @ change
    logits = features @ kernel + bias
    logits -= logits.max(axis=1, keepdims=True)
    found = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return [kernel.astype(np.float32), (bias + output_biases(found, expected)).astype(np.float32)]


def output_biases(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return what to add to the logits so that each class has its mean probability.

    Parameters
    ----------
    found, expected : ndarray, shape (n, C)
        Probabilities as they are, and those whose means over the n are wanted.

    Returns
    -------
    ndarray, shape (C,), float32
        Sums to 0.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp

    logits = np.log(np.maximum(found.astype(np.float64), 1e-30))
    wanted = expected.mean(axis=0, dtype=np.float64)

    def loss(biases: np.ndarray) -> tuple[float, np.ndarray]:
        """Return a convex function whose gradient is the means' distance, and that."""
        shifted = logits + biases
        of_all = logsumexp(shifted, axis=1, keepdims=True)
        return of_all.mean() - wanted @ biases, np.exp(shifted - of_all).mean(axis=0) - wanted

    biases = minimize(loss, np.zeros(logits.shape[1]), jac=True, options={"gtol": 1e-7}).x
    return (biases - biases.mean()).astype(np.float32)


def _calibrate(weights: Weights, flux: np.ndarray) -> tuple[Ranges, np.ndarray]:
    """Return every point's range, and the float32 network's answers, shape (n, C)."""
    builder = Builder(weights, flux.shape[1])
    answers, *points = _answers(builder.model(points=True), flux, _extremes)
    return {
        name: (float(found[:, 0].mean()), float(found[:, 1].mean()))
        for name, found in zip(builder.points, points, strict=True)
    }, answers


def _extremes(values: np.ndarray) -> np.ndarray:
    """Return each spectrum's least and greatest value, shape (n, 2)."""
    flat = values.reshape(len(values), -1)
    return np.stack([flat.min(axis=1), flat.max(axis=1)], axis=1)


def _answers(model, flux: np.ndarray, of_points=None) -> list[np.ndarray]:
    """Return the graph's outputs for all spectra, those after the first through `of_points`."""
    import openvino

    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    parts: list[list[np.ndarray]] = [[] for _ in compiled.outputs]
    for first in range(0, len(flux), BATCH):
        found = compiled(np.ascontiguousarray(flux[first : first + BATCH], np.float32))
        for number, output in enumerate(compiled.outputs):
            parts[number].append(of_points(found[output]) if number else found[output].copy())
    return [np.concatenate(part) for part in parts]


def _save(model, path: Path | str) -> None:
    import openvino

    openvino.save_model(model, Path(path), compress_to_fp16=False)
