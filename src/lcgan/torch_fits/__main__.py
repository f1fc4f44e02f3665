"""`python -m lcgan.torch_fits FOLDER...`: do the fits that were handed over; resumes."""

import argparse
import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch._dynamo

from lcgan.errors import UserError
from lcgan.seeds import rng_of, seed_of
from lcgan.torch_fits import folder, network
from lcgan.torch_fits.batches import epoch
from lcgan.torch_fits.trainer import Kind, Trainer

#: Fits at a time on a GPU: more make it no faster.
THREADS = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Do the fits of some folders; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lcgan.torch_fits", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--seconds", type=float, default=np.inf, help="begin no epoch after these")
    parser.add_argument("--only", default="", help="fits alone whose name this finds")
    parser.add_argument("--threads", type=int, default=0, help="fits at a time")
    asked = parser.parse_args(arguments)
    until, failed = time.monotonic() + asked.seconds, False
    for of in asked.folders:
        if not (of / "fits.json").exists():
            print(f"{of}: no fits.json; `lcgan study --hand-out` writes one", file=sys.stderr)
            return 1
        try:
            n = run(of, until, asked.only, asked.threads)
        except UserError as error:
            print(error, file=sys.stderr)
            return 1
        failed |= n.failed > 0
        told = f", {n.failed} of them failed" if n.failed else ""
        print(f"{of}: {n.done} fits done, {n.left} left{told}", flush=True)
    return int(failed)


class Counts(NamedTuple):
    """How many fits of a folder were done, are left, and, of these, failed."""

    done: int
    left: int
    failed: int


def run(of: Path, until: float = np.inf, only: str = "", threads: int = 0) -> Counts:
    """Do the fits of a folder that are not done; one that fails is told, and the others go on.

    Parameters
    ----------
    of : Path
    until : float
        By `time.monotonic`; no epoch begins after it.
    only : str
        Fits alone whose name this regular expression finds.
    threads : int
        Fits at a time; 0: one on a CPU, `THREADS` on a GPU.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # sums in one order on any stream
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    fits, score_rows, n_classes = folder.to_do(of)
    fits = [fit for fit in fits if re.search(only, fit.name)]
    waiting, ends, lock = iter(fits), Counter(), threading.Lock()
    flux = torch.from_numpy(folder.flux_of(of)).to(device)

    def work() -> None:
        with _stream(device):
            trainer_of = _trainers(flux, n_classes)
            for fit in _taken(waiting, lock):
                try:
                    found = _fit(fit, trainer_of, score_rows, until)
                    if found is None:
                        return
                    folder.leave(of, fit.name, **found, by=np.str_(by))
                except Exception as error:  # whatever one fit may raise, the others go on
                    line, end = f"failed: {type(error).__name__}: {error}", "failed"
                else:
                    n_epochs, seconds = found["curves"].shape[1], float(found["seconds"])
                    line, end = f"{n_epochs} epochs, {seconds:.1f} s", "done"
                with lock:
                    ends[end] += 1
                    print(f"{fit.name}: {line}", flush=True)

    by = f"PyTorch {torch.__version__}, {_name(device)}"
    n_threads = threads or (THREADS if device.type == "cuda" else 1)
    every = [threading.Thread(target=work) for _ in range(min(n_threads, len(fits)))]
    for one in every:
        one.start()
    for one in every:
        one.join()
    return Counts(ends["done"], len(fits) - ends["done"], ends["failed"])


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name() if device.type == "cuda" else "CPU"


def _stream(device: torch.device):
    """Return a context in which all goes to a stream of its own."""
    return torch.cuda.stream(torch.cuda.Stream() if device.type == "cuda" else None)


def _taken(waiting: Iterator, lock: threading.Lock) -> Iterator[folder.Fit]:
    """Yield what is waiting, to one thread each."""
    while True:
        with lock:
            fit = next(waiting, None)
        if fit is None:
            return
        yield fit


@lru_cache(maxsize=1)
def _compiled():
    """Return the network's function, compiled once for all threads."""
    torch._dynamo.config.cache_size_limit = 64  # kinds of network × sizes of batch; 8 by itself
    return torch.compile(network.logits, dynamic=False)


def _trainers(flux: torch.Tensor, n_classes: int):
    """Return what makes trainers by their kind, each once."""
    logits = _compiled() if flux.device.type == "cuda" else network.logits
    return lru_cache(maxsize=None)(
        partial(Trainer, flux=flux, n_classes=n_classes, compiled=logits)
    )


def _fit(fit: folder.Fit, trainer_of, score_rows: np.ndarray, until: float) -> dict | None:
    """Train until the early-stopping loss has not dropped for `patience` epochs; None: no time.

    As `lcgan.recognition.fit.fit`; curves in the order of its `CURVES`.
    """
    settings, (rows, classes) = fit.settings, fit.train
    n_steps = max(1, round(len(rows) / settings["batch_size"]))
    kind = Kind(
        **fit.network,
        learning_rate=settings["learning_rate"],
        batch_norm_momentum=settings["batch_norm_momentum"],
        batch_norm_epsilon=settings["batch_norm_epsilon"],
        n_steps=n_steps,
        batch=-(-len(rows) // n_steps),
    )
    trainer = trainer_of(kind)
    trainer.begin(seed_of(fit.seed, "weights"))
    rng, best, best_epoch, kept = rng_of(fit.seed, "order"), np.inf, 0, trainer.state()
    started, curves = time.perf_counter(), []
    for number in range(1, settings["max_epochs"] + 1):
        if time.monotonic() > until:
            return None
        steps = epoch(len(rows), settings["batch_size"], rng, fit.mixup_alpha)
        train_loss, right = trainer.epoch(steps, rows, classes, fit.class_weight)
        loss, accuracy = trainer.evaluate(*fit.early_stop)
        curves.append((train_loss / len(rows), loss, right / len(rows), accuracy))
        if loss < best:
            best, best_epoch, kept = loss, number, trainer.state()
        elif number - best_epoch >= settings["patience"]:
            break
    seconds = time.perf_counter() - started
    trainer.restore(kept)
    found = trainer.probabilities(score_rows)
    return {
        "p_o": found[:, fit.o],
        "called": found.argmax(1).astype(np.int8),
        "curves": np.array(curves).T,
        "best_epoch": np.int64(best_epoch),
        "seconds": np.float64(seconds),
    }


if __name__ == "__main__":
    sys.exit(main())
