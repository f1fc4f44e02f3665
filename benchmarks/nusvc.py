"""``nusvc``: GAN-train and GAN-test of every checkpoint, beside machines fitted anew for each."""

import statistics
import time

import numpy as np

from benchmarks import data
from benchmarks.harness import Entries, compare

#: Re-observations among which there are enough O and F.
N_STORE = 8000
N_O, N_LEAKAGE_FREE, N_EACH = 323, 173, 1000
#: Noise per pixel of what stands for a checkpoint's spectra, in units of the 2-norm: real O with
#: less and less noise, as a GAN's become.
CHECKPOINTS = (0.008, 0.004, 0.002, 0.001)
ROUNDS = 3
SEED = 5


def bench() -> Entries:
    """Score four checkpoints; both sides call the same spectra O."""
    o, f, duplicated, generated = _spectra()
    found = compare(
        lambda: _ours(o, f, duplicated, generated),
        lambda: _peer(o, f, duplicated, generated),
        _check,
        ROUNDS,
    )
    of_floor, floor = _beside_floor(o, f, duplicated, generated)
    return {
        "work": f"GAN-train and GAN-test of {len(CHECKPOINTS)} checkpoints, {N_EACH:,} + "
        f"{N_EACH:,} spectra each",
        "peer": '`NuSVC(kernel="rbf")` fitted anew for each checkpoint',
        "bar": "ratio >= 1, of_floor <= 1.5",
        "note": f"{statistics.median(of_floor):.2f} × the matrix products and fits that nothing "
        f"saves ({min(of_floor):.2f} to {max(of_floor):.2f})",
        "n_checkpoints": len(CHECKPOINTS),
        "n_each": N_EACH,
        "floor_seconds": floor,
        "of_floor": statistics.median(of_floor),
        "of_floor_low": min(of_floor),
        "of_floor_high": max(of_floor),
        **found,
    }


def _spectra() -> tuple[np.ndarray, np.ndarray, np.ndarray, list[np.ndarray]]:
    """Return real O and F, which O make Data set 3, and every checkpoint's spectra."""
    from lcgan.spectra.catalogue import read_catalogue
    from lcgan.spectra.standardise import standardise
    from lcgan.spectra.store import read_rows

    path = data.store(N_STORE)
    of = read_catalogue(path.with_name("catalogue.csv"))["class"]
    o = standardise(read_rows(path, of.index[of == "O"][:N_O]))
    f = standardise(read_rows(path, of.index[of == "F"][:N_EACH]))
    rng = np.random.default_rng(SEED)
    duplicated = rng.permutation(np.arange(N_EACH) % N_O)
    generated = [
        standardise(o[rng.integers(N_O, size=N_EACH)] + noise * rng.normal(size=f.shape))
        for noise in CHECKPOINTS
    ]
    return o, f, duplicated, generated


def _ours(o, f, duplicated, generated) -> list[np.ndarray]:
    """Return what is called O among Data set 2, its leakage-free part and the generated."""
    from lcgan.scores.distances import Spectra
    from lcgan.scores.svm import fit_o_against_f

    o, f = Spectra(o), Spectra(f)
    taught_on_real = fit_o_against_f(o[duplicated], f)
    called = []
    for flux in generated:
        spectra = Spectra(flux)
        taught = fit_o_against_f(spectra, f)
        tested = (o, o[-N_LEAKAGE_FREE:])
        called += [taught.predict(of) for of in tested] + [taught_on_real.predict(spectra)]
    return called


def _peer(o, f, duplicated, generated) -> list[np.ndarray]:
    """Do the same with scikit-learn's own kernel; the machine of real spectra is fitted once."""
    from sklearn.svm import NuSVC

    def fitted(flux_o: np.ndarray) -> NuSVC:
        is_o = np.repeat([1, 0], [len(flux_o), len(f)])
        return NuSVC(kernel="rbf", cache_size=1000).fit(np.concatenate([flux_o, f]), is_o)

    taught_on_real = fitted(o[duplicated])
    called = []
    for flux in generated:
        taught = fitted(flux)
        tested = (o, o[-N_LEAKAGE_FREE:])
        called += [taught.predict(of) for of in tested] + [taught_on_real.predict(flux)]
    return called


def _check(ours: list[np.ndarray], theirs: list[np.ndarray]) -> None:
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)
    assert 0 < np.concatenate(ours).mean() < 1, "one answer for all shows nothing"


def _beside_floor(o, f, duplicated, generated) -> tuple[list[float], float]:
    """Return our time over the floor's, round by round, the two in turn; and the floor's median."""
    ratios, floors = [], []
    for _ in range(2 * ROUNDS + 1):
        start = time.perf_counter()
        _ours(o, f, duplicated, generated)
        seconds = time.perf_counter() - start
        floors.append(_floor_seconds(o, f, generated))
        ratios.append(seconds / floors[-1])
    return ratios, statistics.median(floors)


def _floor_seconds(o, f, generated) -> float:
    """Return the time of what no reuse saves: each pair of sets multiplied, each machine fitted.

    The kernels that are fitted are ready; neither norms nor exponentials nor predictions count.
    """
    from sklearn.metrics.pairwise import rbf_kernel
    from sklearn.svm import NuSVC

    o, f, *generated = (flux.astype(np.float64) for flux in (o, f, *generated))
    kernels = []
    for flux in generated:
        both = np.concatenate([flux, f])
        kernels.append(rbf_kernel(both, gamma=1 / (both.shape[1] * both.var())))
    is_o = np.repeat([1, 0], N_EACH)
    start = time.perf_counter()
    for one, other in [(o, o), (f, f), (o, f)]:
        one @ other.T
    for flux in generated:
        for other in (flux, f, o):
            flux @ other.T
    for kernel in [kernels[0], *kernels]:
        NuSVC(kernel="precomputed").fit(kernel, is_o)
    return time.perf_counter() - start
