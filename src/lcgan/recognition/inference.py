"""The trained network at work: spectra in, probabilities out, through OpenVINO."""

import threading
from pathlib import Path

import numpy as np

#: Spectra that go through the network at once, always as many: the same kernels run whatever the
#: number of spectra, so that no answer depends on its neighbours. With more than 16 neither
#: precision gets quicker on two cores; with fewer the dense layer's weights are read too often.
BATCH = 16


class Network:
    """A recognition network, ready to answer.

    A spectrum's answer is the same bit for bit whatever is asked with it and however many threads
    there are; on one machine and one version of OpenVINO.

    Parameters
    ----------
    path : Path
        The network's ``.xml``, its ``.bin`` beside it (see `lcgan.recognition.conversion`).
    threads : int
        Threads, each with a batch of its own.

    Raises
    ------
    RuntimeError
        If the file is missing or OpenVINO cannot read it.

    Examples
    --------
    >>> network = Network("network.xml", threads=2)  # doctest: +SKIP
    >>> network(standardise(flux))  # (n, 3700) → (n, 4)  # doctest: +SKIP
    """

    def __init__(self, path: Path | str, threads: int = 1):
        import openvino

        core = openvino.Core()
        model = core.read_model(Path(path))
        self.n_pixels = model.input(0).partial_shape[1].get_length()
        model.reshape([BATCH, self.n_pixels])
        settings = {
            "INFERENCE_NUM_THREADS": threads,
            "NUM_STREAMS": threads,
            "INFERENCE_PRECISION_HINT": "f32",  # else bfloat16 also where the graph does not say so
            "ENABLE_CPU_PINNING": False,  # processes side by side would share the first cores
        }
        compiled = core.compile_model(model, "CPU", settings)
        self.n_classes = compiled.output(0).shape[1]
        self._queue = openvino.AsyncInferQueue(compiled, threads)
        self._queue.set_callback(_keep)
        self._lock = threading.Lock()  # a queue serves one caller at a time

    def __call__(self, flux: np.ndarray) -> np.ndarray:
        """Return class probabilities, shape (n, n_classes) float32.

        Parameters
        ----------
        flux : ndarray, shape (n, n_pixels)
            Standardised spectra (eq. 1).
        """
        flux = np.ascontiguousarray(flux, dtype=np.float32)
        found = np.empty((len(flux), self.n_classes), np.float32)
        with self._lock:
            for first in range(0, len(flux), BATCH):
                batch = flux[first : first + BATCH]
                answer = found[first : first + BATCH]
                if len(batch) < BATCH:
                    batch = np.concatenate([batch, np.zeros((BATCH - len(batch), self.n_pixels))])
                self._queue.start_async({0: batch.astype(np.float32, copy=False)}, answer)
            self._queue.wait_all()
        return found


def _keep(request, answer: np.ndarray) -> None:
    """Copy what a request found to where it belongs."""
    answer[:] = request.get_output_tensor(0).data[: len(answer)]
