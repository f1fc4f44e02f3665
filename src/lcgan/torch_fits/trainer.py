"""Training on one stream of a GPU, or on a CPU: each step captured once and replayed."""

import threading
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from lcgan.torch_fits import network
from lcgan.torch_fits.batches import Epoch

#: Adam's, as Keras has them; Keras adds the last before it corrects for the start, PyTorch after.
BETAS, ADAM_EPSILON = (0.9, 0.999), 1e-7
#: Spectra in one call where nothing is learnt.
INFERENCE_BATCH = 500
#: A probability is no less than this in a loss, as in `lcgan.recognition.fit.evaluate`.
LEAST = 1e-7


class Kind(NamedTuple):
    """What a trainer is made for; fits that agree in it follow one another in one.

    Attributes
    ----------
    blocks, attention, residual
        See `lcgan.torch_fits.network.drawn`.
    learning_rate, batch_norm_momentum, batch_norm_epsilon : float
    n_steps, batch : int
        Of an epoch; spectra of its longest step.
    """

    blocks: int
    attention: bool
    residual: bool
    learning_rate: float
    batch_norm_momentum: float
    batch_norm_epsilon: float
    n_steps: int
    batch: int


#: One capture at a time, and no two threads that compile.
_CAPTURE = threading.Lock()


class Trainer:
    """A network, its optimizer, and their step, on the stream that is current where it is called.

    Parameters
    ----------
    kind : Kind
    flux : Tensor, shape (N, L) float32
        Standardised spectra, on the device to train on.
    n_classes : int
    compiled : callable
        `network.logits` or a compiled one, which trainers of all streams share.
    """

    def __init__(self, kind: Kind, flux: torch.Tensor, n_classes: int, compiled: Callable):
        self.kind, self._flux, self._logits = kind, flux, compiled
        self._n_classes, self._device = n_classes, flux.device
        self._weights = {
            name: torch.tensor(value, device=self._device).requires_grad_()
            for name, value in self._drawn(0).items()
        }
        self._averages = network.first_averages(self._weights)
        self._optimizer = torch.optim.Adam(
            self._weights.values(),
            kind.learning_rate,
            BETAS,
            ADAM_EPSILON,
            fused=self._on_gpu,
            capturable=self._on_gpu,
        )
        shape = kind.n_steps, kind.batch
        self._place, self._other, self._class, self._class_of_other = (
            torch.zeros(shape, dtype=torch.int64, device=self._device) for _ in range(4)
        )
        self._share, self._weight = (
            torch.ones(of, device=self._device) for of in (kind.n_steps, shape)
        )
        self._step_number = torch.zeros(1, dtype=torch.int64, device=self._device)
        self._sums = torch.zeros(2, device=self._device)
        self._replay: dict[int, Callable] = {}

    def begin(self, seed: int) -> None:
        """Draw new weights, and forget what the optimizer knows."""
        with torch.no_grad():
            for name, value in self._drawn(seed).items():
                self._weights[name].copy_(torch.tensor(value))
            for name, value in network.first_averages(self._weights).items():
                self._averages[name].copy_(value)
        self._forget()

    def epoch(self, of: Epoch, rows: np.ndarray, classes: np.ndarray, weight: np.ndarray):
        """Train for an epoch; return the summed loss and the number right.

        Parameters
        ----------
        of : Epoch
        rows, classes : ndarray of int, shape (n_train,)
        weight : ndarray, shape (n_classes,)
            Factor on the loss of each class.
        """
        targets = self._place, self._other, self._class, self._class_of_other, self._weight
        own = rows[of.place], rows[of.other], classes[of.place], classes[of.other]
        for target, values in zip(targets, (*own, weight[classes[of.place]]), strict=True):
            target.copy_(torch.from_numpy(np.ascontiguousarray(values)))
        self._share.copy_(torch.from_numpy(of.share))
        for n in np.unique(of.n):
            if n not in self._replay:
                with _CAPTURE:
                    self._replay[int(n)] = self._captured(int(n))
        self._step_number.zero_()
        self._sums.zero_()
        for n in of.n:
            self._replay[int(n)]()
        loss, right = self._sums.tolist()
        return loss, right

    def evaluate(self, rows: np.ndarray, classes: np.ndarray) -> tuple[float, float]:
        """Return the mean cross-entropy and the accuracy over some rows with known classes."""
        found = self.probabilities(rows)
        of_true = np.clip(found[np.arange(len(found)), classes], LEAST, 1)
        return float(-np.log(of_true).mean()), float((found.argmax(1) == classes).mean())

    @torch.no_grad()
    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Return class probabilities of rows, shape (n, n_classes) float32."""
        parts = []
        for first in range(0, len(rows), INFERENCE_BATCH):
            some = torch.from_numpy(rows[first : first + INFERENCE_BATCH]).to(self._device)
            of = self._weights, self._flux[some], self.kind.batch_norm_epsilon, self._averages
            found, _ = network.logits(*of)
            parts.append(torch.softmax(found, 1))
        return torch.cat(parts).cpu().numpy()

    def state(self) -> list[torch.Tensor]:
        """Return a copy of all weights and moving averages."""
        every = (*self._weights.values(), *self._averages.values())
        return [value.detach().clone() for value in every]

    @torch.no_grad()
    def restore(self, state: list[torch.Tensor]) -> None:
        """Go back to what `state` returned."""
        every = (*self._weights.values(), *self._averages.values())
        for value, kept in zip(every, state, strict=True):
            value.copy_(kept)

    @property
    def _on_gpu(self) -> bool:
        return self._device.type == "cuda"

    def _drawn(self, seed: int) -> dict[str, np.ndarray]:
        kind = self.kind
        sizes = self._flux.shape[1], self._n_classes
        return network.drawn(seed, *sizes, kind.blocks, kind.attention, kind.residual)

    def _captured(self, n: int) -> Callable[[], None]:
        """Return the step on n spectra, on a GPU as one graph that is replayed."""
        if not self._on_gpu:
            return lambda: self._step(n)
        before, stream = self.state(), torch.cuda.current_stream()
        for _ in range(3):  # libraries make what they need before the capture
            self._step(n)
        stream.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream, capture_error_mode="thread_local"):
            self._step(n)
        self.restore(before)
        self._forget()
        return graph.replay

    def _forget(self) -> None:
        for state in self._optimizer.state.values():
            for value in state.values():
                value.zero_()

    def _step(self, n: int) -> None:
        """Do one step of Adam on the n spectra whose turn it is."""
        at = self._step_number % self.kind.n_steps
        self._step_number += 1
        share = self._share[at]
        both = [values[at][0, :n] for values in (self._place, self._other)]
        flux = share * self._flux[both[0]] + (1 - share) * self._flux[both[1]]
        flux = flux / torch.linalg.vector_norm(flux, dim=1, keepdim=True)
        of = [values[at][0, :n] for values in (self._class, self._class_of_other)]
        one, other = (functional.one_hot(each, self._n_classes).float() for each in of)
        targets = share * one + (1 - share) * other
        found, moments = self._logits(self._weights, flux, self.kind.batch_norm_epsilon)
        each = -(targets * torch.log_softmax(found, 1)).sum(1) * self._weight[at][0, :n]
        self._optimizer.zero_grad(set_to_none=True)
        each.mean().backward()
        self._optimizer.step()
        with torch.no_grad():
            kept = self.kind.batch_norm_momentum
            for name, value in moments.items():
                self._averages[name].mul_(kept).add_(value, alpha=1 - kept)
            right = (found.argmax(1) == targets.argmax(1)).sum()
            self._sums += torch.stack([each.sum(), right.to(each.dtype)])
