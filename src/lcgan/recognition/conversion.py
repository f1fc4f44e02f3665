"""From a trained Keras network to OpenVINO's files: float32, and quantised after training."""

from pathlib import Path

import numpy as np

from lcgan.recognition.graph import Builder, Weights, weights_of
from lcgan.recognition.inference import BATCH
from lcgan.recognition.precision import SMALLEST, Ranges

#: Part of the spectra that a channel's range in 8 bits holds whole, at either end. To hold the
#: last few, which reach tens of times as far, would widen the steps for all.
WITHIN = 0.95


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
    """Write a Keras network with as few bits as each part bears, calibrated on spectra.

    Its last blocks work in 8 bits, the others in bfloat16; see `lcgan.recognition.graph.Builder`.
    What rounding takes from a class or gives to it is put right in the last layer's biases.

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
    ranges, expected = calibrate(weights, flux)
    (found,) = _answers(Builder(weights, n_pixels, ranges).model(), flux)
    kernel, bias = weights["probabilities"]
    weights["probabilities"] = [kernel, bias + logit_shift(found, expected)]
    _save(Builder(weights, n_pixels, ranges).model(), path)


def calibrate(weights: Weights, flux: np.ndarray) -> tuple[Ranges, np.ndarray]:
    """Return the ranges of every point's channels, and the float32 network's answers.

    From every spectrum's least and greatest value in a channel, those that `WITHIN` of the
    spectra stay within.

    Parameters
    ----------
    weights : mapping
        As `lcgan.recognition.graph.weights_of` gives them.
    flux : ndarray, shape (n, n_pixels)
        Standardised spectra.

    Returns
    -------
    Ranges, ndarray of shape (n, n_classes)
    """
    builder = Builder(weights, flux.shape[1])
    answers, *points = _answers(builder.model(points=True), flux)
    named = zip(builder.points, points, strict=True)
    return {name: _ranges(extremes) for name, extremes in named}, answers


def logit_shift(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Return what to add to the logits so that their probabilities are nearest those expected.

    Nearest in the mean cross-entropy, with which each class has its expected share of all spectra:
    rounding then makes a class neither more nor less frequent.

    Parameters
    ----------
    found, expected : ndarray, shape (n, n_classes)
        Probabilities as they are, and as they should be.

    Returns
    -------
    ndarray, shape (n_classes,), float32
        Sums to 0.
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    logits = np.log(np.maximum(found.astype(np.float64), SMALLEST))
    expected = expected.astype(np.float64)

    def entropy(shift: np.ndarray) -> tuple[float, np.ndarray]:
        own = log_softmax(logits + shift, axis=1)
        return -(expected * own).sum(axis=1).mean(), (np.exp(own) - expected).mean(axis=0)

    shift = minimize(entropy, np.zeros(found.shape[1]), jac=True, tol=1e-12).x
    return (shift - shift.mean()).astype(np.float32)


def _answers(model, flux: np.ndarray) -> list[np.ndarray]:
    """Return a graph's answers for all spectra, and the extremes of its further outputs."""
    import openvino

    compiled = openvino.Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    parts: list[list[np.ndarray]] = [[] for _ in compiled.outputs]
    for first in range(0, len(flux), BATCH):
        found = compiled(np.ascontiguousarray(flux[first : first + BATCH], np.float32))
        for number, output in enumerate(compiled.outputs):
            parts[number].append(_extremes(found[output]) if number else found[output].copy())
    return [np.concatenate(part) for part in parts]


def _extremes(values: np.ndarray) -> np.ndarray:
    """Return each spectrum's least and greatest value by channel, shape (n, channels, 2)."""
    along = tuple(range(2, values.ndim))
    return np.stack([values.min(axis=along), values.max(axis=along)], axis=2)


def _ranges(extremes: np.ndarray) -> np.ndarray:
    """Return the ends that `WITHIN` of the spectra stay within, shape (channels, 2)."""
    low = np.quantile(extremes[..., 0], 1 - WITHIN, axis=0)
    return np.stack([low, np.quantile(extremes[..., 1], WITHIN, axis=0)], axis=1)


def _save(model, path: Path | str) -> None:
    import openvino

    openvino.save_model(model, Path(path), compress_to_fp16=False)
