"""``score_int8``: the same in 8 bits and bfloat16, quantised after training, beside PyTorch."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import scoring
from benchmarks.harness import Entries, compare

#: As `lcgan register` has it.
ROUNDS, N_CALIBRATION = 5, 150


def bench() -> Entries:
    """Score 8,000 packed spectra; recall and FPR on those that nothing was fitted to."""
    from lcgan.quiet import start_tensorflow

    start_tensorflow(scoring.THREADS)
    import torch

    from benchmarks.torch_racnet import from_keras
    from lcgan.recognition.conversion import quantise
    from lcgan.recognition.inference import Network
    from lcgan.spectra.standardise import standardise
    from lcgan.spectra.store import read_rows

    torch.set_num_threads(scoring.THREADS)
    path, train, test = scoring.rows_by_class()
    model = scoring.trained()
    with tempfile.TemporaryDirectory() as folder:
        calibration = standardise(
            read_rows(path, np.concatenate([rows[:N_CALIBRATION] for rows in train.values()]))
        )
        quantise(model, calibration, Path(folder) / "network.xml")
        network = Network(Path(folder) / "network.xml", scoring.THREADS)
        ours = partial(scoring.scored, path, network)
        peer, batch = scoring.torch_peer(from_keras(model), path)
        figures = _figures(ours(), peer(), test)
        found = compare(ours, peer, _check, ROUNDS)
    n = scoring.N_SPECTRA
    return {
        "work": f"{n:,} packed spectra to probabilities, 8 bits and bfloat16, read and "
        "standardised, 2 threads",
        "peer": f"the same network in PyTorch {torch.__version__.split('+')[0]}, eager float32, "
        f"its quickest batch ({batch})",
        "bar": "ratio >= 4, recall_inside >= 1, fpr_inside >= 1",
        "n_spectra": n,
        "peer_batch": batch,
        "spectra_per_second": n / found["seconds"],
        "peer_spectra_per_second": n / found["peer_seconds"],
        "note": f"{n / found['seconds']:.0f} spectra/s; O recall {figures['recall']:.1%} "
        f"(float32 {figures['peer_recall']:.1%}), F, G, K called O {figures['fpr']:.1%} "
        f"({figures['peer_fpr']:.1%}); a probability changes by {figures['mean_change']:.3f} in "
        f"the mean, {figures['max_change']:.2f} at most; {figures['same_class']:.1%} same class",
        **figures,
        **found,
    }


def _figures(ours: np.ndarray, theirs: np.ndarray, test: dict[str, np.ndarray]) -> Entries:
    """Return O recall and false-positive rate of both, and how far probabilities moved."""
    from lcgan.scores.interval import proportion

    fgk = np.concatenate([test[name] for name in "FGK"])
    figures: Entries = {}
    for name, rows in (("recall", test["O"]), ("fpr", fgk)):
        called = [int((found[rows].argmax(1) == 0).sum()) for found in (ours, theirs)]
        own, other = (proportion(k, len(rows)) for k in called)
        figures |= {name: own["rate"], f"peer_{name}": other["rate"], f"n_{name}": len(rows)}
        figures[f"{name}_inside"] = int(other["low"] <= own["rate"] <= other["high"])
    change = np.abs(ours - theirs)
    return figures | {
        "max_change": float(change.max()),
        "mean_change": float(change.mean()),
        "same_class": float((ours.argmax(1) == theirs.argmax(1)).mean()),
    }


def _check(ours: np.ndarray, theirs: np.ndarray) -> None:
    """See that both are probabilities that agree on most spectra; the bars judge the rest."""
    np.testing.assert_allclose(ours.sum(axis=1), 1, atol=1e-4)
    assert (ours.argmax(1) == theirs.argmax(1)).mean() > 0.9
