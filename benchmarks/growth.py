"""Time and memory as the data grow: ``python -m benchmarks.growth [ingest] [score]``.

Writes ``benchmarks/growth.json`` and draws ``docs/growth.png``; ``make bench-scale`` does it in
.venv. Time is linear if a spectrum costs the same between the two larger sizes as between the two
smaller ones, which leaves the start out; memory is the largest sum over this process and its
workers, pages that they share counted each time.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import data, machine
from benchmarks.harness import in_own_process
from lcgan.files import read_json, replacing, write_json

#: Sizes, and how often each is run; the quickest counts, for other work on the machine only adds.
SIZES = {
    "ingest": {1000: 5, 10_000: 3, 30_000: 3},
    "score": {2000: 3, 20_000: 2, 200_000: 1},
}
UNITS = {"ingest": "files", "score": "spectra"}
#: The bars: times per spectrum agree, memory stays, both within so much; most memory, MiB.
LINEAR, FLAT, MOST_MIB = 0.10, 0.10, 2048
#: Spectra of the store whose links a larger survey is made of.
N_STORE = 2000
#: Spectra of a shard: few enough that the smallest survey, too, keeps every worker at work.
SHARD_SIZE = 500
RESULTS, FIGURE = Path("benchmarks/growth.json"), Path("docs/growth.png")
PARAMS = Path(__file__).resolve().parents[1] / "params.yaml"


def main(words: list[str] | None = None) -> int:
    """Measure what is named, all without names, and draw all that is known."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(SIZES))
    names = parser.parse_args(words).names or list(SIZES)
    if unknown := [name for name in names if name not in SIZES]:
        parser.error(f"{unknown[0]!r} is not measured; there are {', '.join(SIZES)}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    found = read_json(RESULTS) if RESULTS.exists() else {}
    for name in names:
        prepared = {"ingest": _ingest_inputs, "score": _score_inputs}[name]
        with prepared() as work:
            measured = judged(measure(name, work))
        found |= machine.described() | {f"{name}.{key}": value for key, value in measured.items()}
        write_json(RESULTS, found)
        draw(found)
    missed = [name for name in names if not found[f"{name}.met"]]
    print(f"growth: {RESULTS}, {FIGURE}" + (f"; bars missed: {', '.join(missed)}" * bool(missed)))
    return 0


def measure(name: str, work: Callable[[int], tuple[Callable, tuple]]) -> dict:
    """Return n, seconds and peak_mib by size, every run in a process of its own.

    Parameters
    ----------
    name : str
        One of SIZES.
    work : callable
        From a size to what is called, a function and its arguments.
    """
    sizes = SIZES[name]
    runs: dict[int, list[tuple[float, float]]] = {n: [] for n in sizes}
    for number in range(max(sizes.values())):
        for n in (n for n, repeats in sizes.items() if number < repeats):
            function, arguments = work(n)
            runs[n].append(in_own_process(_watched, function, arguments))
            seconds, mib = runs[n][-1]
            print(f"{name} {n:,} {UNITS[name]}: {seconds:.2f} s, {mib:,.0f} MiB", flush=True)
    return {
        "n": list(sizes),
        "seconds": [min(seconds for seconds, _ in runs[n]) for n in sizes],
        "peak_mib": [max(mib for _, mib in runs[n]) for n in sizes],
    }


def _watched(function: Callable, arguments: tuple) -> tuple[float, float]:
    """Return seconds and peak memory, MiB, of a call, worker processes included."""
    from lcgan.tracking.memory import watched

    with watched() as peak:
        start = time.perf_counter()
        function(*arguments)
        seconds = time.perf_counter() - start
    return seconds, peak.mib


def judged(measured: dict) -> dict:
    """Add what the sizes say of growth, and whether that keeps the promise.

    Examples
    --------
    >>> found = judged({"n": [1, 2, 4], "seconds": [5, 6, 8.2], "peak_mib": [7, 10, 10.5]})
    >>> round(found["linear_deviation"], 6), found["memory_growth"], found["met"]
    (0.1, 0.05, True)
    """
    n, seconds, peaks = measured["n"], measured["seconds"], measured["peak_mib"]
    cost = [(seconds[i + 1] - seconds[i]) / (n[i + 1] - n[i]) for i in range(len(n) - 1)]
    deviation, growth = cost[-1] / cost[0] - 1, peaks[-1] / peaks[-2] - 1
    return measured | {
        "seconds_each": cost,
        "linear_deviation": deviation,
        "memory_growth": growth,
        "met": abs(deviation) <= LINEAR + 1e-9 and growth <= FLAT and max(peaks) < MOST_MIB,
    }


@contextlib.contextmanager
def _ingest_inputs():
    """Yield what ingests n files: links to re-observations, in a folder of their own."""
    files = sorted(data.fits_folder(max(SIZES["ingest"])).glob("*.fits.gz"))
    with tempfile.TemporaryDirectory(dir=data.KEPT) as name:
        folder = Path(name).absolute()
        for n in SIZES["ingest"]:
            raw = folder / str(n) / "data/raw/stelib"
            raw.mkdir(parents=True)
            for file in files[:: len(files) // n][:n]:
                os.link(file, raw / file.name)
                file.read_bytes()  # so that no size finds its files in memory and another does not
        yield lambda n: (_ingest, (folder / str(n), n))


def _ingest(project: Path, n: int) -> None:
    from lcgan.params import load
    from lcgan.spectra.store import n_spectra
    from lcgan.stages import ingest, paths
    from lcgan.tracking.runs import NoTracking

    with contextlib.chdir(project):
        ingest.run(load(PARAMS, ["ingest.source=stelib"]), NoTracking())
        assert n_spectra(paths.SPECTRA) == n


@contextlib.contextmanager
def _score_inputs():
    """Yield what scores n spectra: links to one store, and an untrained network's model."""
    source = data.store(N_STORE)
    with tempfile.TemporaryDirectory(dir=data.KEPT) as name:
        folder = Path(name).absolute()
        stores = []
        for number in range(max(SIZES["score"]) // N_STORE):
            stores.append(folder / f"stores/{number:03}/{source.name}")
            stores[-1].parent.mkdir(parents=True)
            os.link(source, stores[-1])
            os.link(source.with_name("catalogue.csv"), stores[-1].with_name("catalogue.csv"))
        model = in_own_process(data.registered_model, folder, source)
        yield lambda n: (_score, (folder, [str(path) for path in stores[: n // N_STORE]], model, n))


def _score(folder: Path, stores: list[str], model: str, n: int) -> None:
    from lcgan.score import run

    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
    with tempfile.TemporaryDirectory(dir=folder) as out:
        found = run(stores, Path(out) / "scores", model, shard_size=SHARD_SIZE)
        manifest = read_json(Path(out) / "scores/manifest.json")
    assert not found.failures and manifest["spectra"] == n, found


def draw(found: dict) -> None:
    """Draw time and memory over the number of spectra, log-log, beside straight lines."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, (times, memory) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    for name, colour in zip(SIZES, ("C0", "C1"), strict=True):
        if f"{name}.n" not in found:
            continue
        n, seconds = found[f"{name}.n"], found[f"{name}.seconds"]
        cost = found[f"{name}.seconds_each"][0]
        label = f"lcgan {name}: {1 / cost:,.0f} {UNITS[name]} per second"
        times.plot(n, seconds, "o", color=colour, label=label)
        along = np.geomspace(n[0], n[-1])
        times.plot(along, seconds[0] + cost * (along - n[0]), color=colour, lw=1)
        memory.plot(n, found[f"{name}.peak_mib"], "o-", color=colour, label=f"lcgan {name}")
    memory.axhline(MOST_MIB, color="0.5", ls="--", lw=1, label="2 GiB")
    times.set(xscale="log", yscale="log", xlabel="spectra", ylabel="seconds")
    memory.set(xscale="log", ylim=(0, None), xlabel="spectra", ylabel="peak memory, MiB")
    for axes in (times, memory):
        axes.legend(frameon=False)
    figure.suptitle(f"{found['machine.cores']} cores; lines continue the two smaller sizes")
    with replacing(FIGURE) as part:
        figure.savefig(part, format="png", dpi=120, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    sys.exit(main())
