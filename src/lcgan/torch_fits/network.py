"""The recognition network (P6) as a function of its weights, channels last.

A convolution is one matrix product here: on an H100 cuDNN's own, of one dimension and few channels,
takes four times as long.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch.nn import functional

#: As `lcgan.recognition.racnet.FILTERS`.
FILTERS = (16, 16, 32, 32, 64, 64, 128, 128)
#: Units of the dense layer.
UNITS = 128

Weights = Mapping[str, torch.Tensor]


def drawn(
    seed: int, n_pixels: int, n_classes: int, blocks: int, attention: bool, residual: bool
) -> dict[str, np.ndarray]:
    """Return first weights by name, float32: uniform within Glorot's limit, biases 0.

    Parameters
    ----------
    seed : int
    n_pixels, n_classes : int
    blocks : int
        Of the eight, from the first.
    attention, residual : bool
        See `lcgan.recognition.racnet.build`.

    Returns
    -------
    dict of str to ndarray
        Kernels, shape (width × in, out), the width's axis before the channels'; biases; scales
        and offsets of the norms.

    Notes
    -----
    Glorot & Bengio 2010, AISTATS 9, 249, as Keras draws by default.
    """
    rng, found = np.random.default_rng(seed), {}
    for name, width, n_in, n_out in _layers(n_pixels, n_classes, blocks, attention, residual):
        limit = math.sqrt(6 / (width * (n_in + n_out)))
        found[name] = rng.uniform(-limit, limit, (width * n_in, n_out)).astype(np.float32)
        found[f"{name}_bias"] = np.zeros(n_out, np.float32)
    for number, channels in enumerate(FILTERS[:blocks], start=1):
        for k in (1, 2):
            found[f"block{number}_norm{k}_scale"] = np.ones(channels, np.float32)
            found[f"block{number}_norm{k}_offset"] = np.zeros(channels, np.float32)
    return found


def _layers(
    n_pixels: int, n_classes: int, blocks: int, attention: bool, residual: bool
) -> Iterator[tuple[str, int, int, int]]:
    """Yield name, width, channels in and out of every layer that multiplies."""
    n_in = 1
    for number, channels in enumerate(FILTERS[:blocks], start=1):
        if residual:
            yield f"block{number}_shortcut", 1, n_in, channels
        for k, of in enumerate((n_in, channels, channels), start=1):
            yield f"block{number}_convolution{k}", 3, of, channels
        yield f"block{number}_channels", 1, channels, channels
        if attention:
            yield f"block{number}_weighing", 1, 2 * channels, channels
        n_in = channels
    yield "dense", 1, n_pixels // 2**blocks * n_in, UNITS
    yield "probabilities", 1, UNITS, n_classes


def logits(
    weights: Weights, flux: torch.Tensor, epsilon: float, averages: Weights | None = None
) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Return what the softmax is taken of, and the moments of the batch that were normalised by.

    Parameters
    ----------
    weights : mapping
        As `drawn` names them; layers that it lacks are left out.
    flux : Tensor, shape (B, n_pixels)
        Of unit 2-norm.
    epsilon : float
        Added to a variance, as in `lcgan.recognition.batch_norm.FusedBatchNorm`.
    averages : mapping, optional
        Moments to normalise by, as `moments` names them; without them the batch's own.

    Returns
    -------
    logits : Tensor, shape (B, n_classes)
    moments : dict of str to Tensor
        Mean and unbiased variance of every norm's input; empty where `averages` are given.
    """
    x, moments = (flux * math.sqrt(flux.shape[1]))[:, :, None], {}
    number = 1
    while f"block{number}_channels" in weights:
        x = _block(weights, f"block{number}", x, epsilon, averages, moments)
        number += 1
    x = torch.relu(_linear(weights, "dense", x.flatten(1)))
    return _linear(weights, "probabilities", x), moments


def _block(weights: Weights, name: str, x, epsilon: float, averages, moments: dict):
    """Return shape (B, length // 2, channels)."""
    before = x
    for k in (1, 2, 3):
        x = torch.relu(_convolution(weights, f"{name}_convolution{k}", x))
        if k < 3:
            x = _norm(weights, f"{name}_norm{k}", x, epsilon, averages, moments)
    x = _linear(weights, f"{name}_channels", x)
    if f"{name}_weighing" in weights:
        pooled = torch.cat([x.amax(1), x.mean(1)], 1)
        x = x * torch.sigmoid(_linear(weights, f"{name}_weighing", pooled))[:, None]
    if f"{name}_shortcut" in weights:
        x = x + _linear(weights, f"{name}_shortcut", before)
    n, length, channels = x.shape
    pairs = torch.relu(x)[:, : length // 2 * 2].reshape(n, length // 2, 2, channels)
    return pairs.amax(2)


def _linear(weights: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    return x @ weights[name] + weights[f"{name}_bias"]


def _convolution(weights: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    length = x.shape[1]
    wider = functional.pad(x, (0, 0, 1, 1))
    beside = torch.cat([wider[:, k : k + length] for k in range(3)], 2)
    return _linear(weights, name, beside)


def _norm(weights: Weights, name: str, x, epsilon: float, averages, moments: dict) -> torch.Tensor:
    if averages is None:
        variance, mean = torch.var_mean(x, (0, 1), correction=0)
        n = x.shape[0] * x.shape[1]
        moments[f"{name}_mean"] = mean.detach()
        moments[f"{name}_variance"] = variance.detach() * (n / (n - 1))
    else:
        mean, variance = averages[f"{name}_mean"], averages[f"{name}_variance"]
    scale = weights[f"{name}_scale"] * torch.rsqrt(variance + epsilon)
    return (x - mean) * scale + weights[f"{name}_offset"]


def first_averages(weights: Weights) -> dict[str, torch.Tensor]:
    """Return moving averages before any step: mean 0 and variance 1 of every norm."""
    found = {}
    for name, scale in weights.items():
        if name.endswith("_scale"):
            norm = name.removesuffix("_scale")
            found[f"{norm}_mean"] = torch.zeros_like(scale)
            found[f"{norm}_variance"] = torch.ones_like(scale)
    return found
