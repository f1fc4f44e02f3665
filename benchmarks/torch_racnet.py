"""The recognition network in PyTorch: the peer that ours is timed against.

Written as a PyTorch user would: channels before length, ``torch.nn`` layers, eager mode.
"""

import math

import numpy as np
import torch
from torch import nn

#: Filters of the residual blocks, as `lcgan.recognition.racnet.FILTERS`.
FILTERS = (16, 16, 32, 32, 64, 64, 128, 128)


class ChannelAttention(nn.Module):
    """The paper's Figure 6, (batch, any, length) → (batch, channels, length)."""

    def __init__(self, n_in: int, channels: int):
        super().__init__()
        self.convolution = nn.Conv1d(n_in, channels, 1)
        self.weighing = nn.Linear(2 * channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the channels, each times its weight."""
        x = self.convolution(x)
        pooled = torch.cat([x.amax(2), x.mean(2)], 1)
        return x * torch.sigmoid(self.weighing(pooled))[:, :, None]


class ResidualBlock(nn.Module):
    """3 × (convolution + ReLU) + attention, added to a 1×1 shortcut, halved in length."""

    def __init__(self, n_in: int, width: int):
        super().__init__()
        self.shortcut = nn.Conv1d(n_in, width, 1)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(n, width, 3, padding=1) for n in (n_in, width, width)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(width, momentum=0.1) for _ in range(2))
        self.attention = ChannelAttention(width, width)
        self.pool = nn.MaxPool1d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return shape (batch, width, length // 2)."""
        shortcut = self.shortcut(x)
        x = self.norms[0](torch.relu(self.convolutions[0](x)))
        x = self.norms[1](torch.relu(self.convolutions[1](x)))
        x = torch.relu(self.convolutions[2](x))
        return self.pool(torch.relu(self.attention(x) + shortcut))


class RacNet(nn.Module):
    """(batch, n_pixels) float32 of unit 2-norm → (batch, n_classes) logits.

    `torch.softmax` of them are the probabilities; `nn.CrossEntropyLoss` takes them as they are.

    Parameters
    ----------
    n_pixels, n_classes : int
        Pixels of a spectrum, classes told apart.
    filters : tuple of int
        Filters of each residual block.
    """

    def __init__(self, n_pixels: int = 3700, n_classes: int = 4, filters: tuple = FILTERS):
        super().__init__()
        self.to_order_one = math.sqrt(n_pixels)
        widths = (1, *filters)
        self.blocks = nn.Sequential(
            *(ResidualBlock(n, width) for n, width in zip(widths, filters, strict=False))
        )
        self.dense = nn.Linear(n_pixels // 2 ** len(filters) * filters[-1], 128)
        self.probabilities = nn.Linear(128, n_classes)

    def forward(self, flux: torch.Tensor) -> torch.Tensor:
        """Return the logits."""
        x = self.blocks(flux[:, None] * self.to_order_one)
        return self.probabilities(torch.relu(self.dense(x.flatten(1))))


def from_keras(model) -> RacNet:
    """Return a `RacNet` with the weights of a network of `lcgan.recognition.racnet`.

    Parameters
    ----------
    model : keras.Model
        As `lcgan.recognition.racnet.build` makes it, of any filters and pixels.
    """
    names = {layer.name for layer in model.layers}
    n_blocks = sum(name.endswith("_shortcut") for name in names)
    weights = {layer.name: layer.get_weights() for layer in model.layers}
    filters = tuple(weights[f"block{i}_shortcut"][0].shape[-1] for i in range(1, n_blocks + 1))
    net = RacNet(model.input_shape[1], model.output_shape[1], filters)
    for number, block in enumerate(net.blocks, start=1):
        _convolution(block.shortcut, *weights[f"block{number}_shortcut"])
        for k, layer in enumerate(block.convolutions, start=1):
            _convolution(layer, *weights[f"block{number}_convolution{k}"])
        for k, layer in enumerate(block.norms, start=1):
            name = f"block{number}_norm{k}"
            layer.eps = model.get_layer(name).epsilon
            _norm(layer, *weights[name])
        kernel, bias, dense, dense_bias = weights[f"block{number}_attention"]
        _convolution(block.attention.convolution, kernel, bias)
        _linear(block.attention.weighing, dense, dense_bias)
    kernel, bias = weights["dense"]
    by_length = kernel.reshape(-1, filters[-1], kernel.shape[-1])  # Keras flattens (L, C)
    _linear(net.dense, by_length.transpose(1, 0, 2).reshape(kernel.shape), bias)
    _linear(net.probabilities, *weights["probabilities"])
    return net.eval()


def n_weights(net: nn.Module) -> int:
    """Return the number of weights, moving averages counted as Keras counts them."""
    moving = (b.numel() for name, b in net.named_buffers() if "running" in name)
    return sum(p.numel() for p in net.parameters()) + sum(moving)


def _set(parameter: torch.Tensor, values: np.ndarray) -> None:
    with torch.no_grad():
        parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))


def _convolution(layer: nn.Conv1d, kernel: np.ndarray, bias: np.ndarray) -> None:
    _set(layer.weight, kernel.transpose(2, 1, 0))  # Keras: (k, in, out)
    _set(layer.bias, bias)


def _linear(layer: nn.Linear, kernel: np.ndarray, bias: np.ndarray) -> None:
    _set(layer.weight, kernel.T)
    _set(layer.bias, bias)


def _norm(layer: nn.BatchNorm1d, gamma, beta, mean, variance) -> None:
    for tensor, values in (
        (layer.weight, gamma),
        (layer.bias, beta),
        (layer.running_mean, mean),
        (layer.running_var, variance),
    ):
        _set(tensor, values)
