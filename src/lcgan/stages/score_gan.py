"""Stage `score_gan`: GAN-train and GAN-test at every checkpoint, with their controls (Table 2)."""

import statistics

import numpy as np

from lcgan.datasets import duplicate_to
from lcgan.errors import UserError
from lcgan.files import read_json, write_json
from lcgan.params import Params
from lcgan.scores.distances import Spectra
from lcgan.scores.gan_test import gan_test, white_noise
from lcgan.scores.gan_train import gan_train
from lcgan.scores.median_rms import median_rms
from lcgan.scores.spread import spread
from lcgan.scores.svm import fit_o_against_f
from lcgan.seeds import rng_of
from lcgan.spectra.standardise import standardise
from lcgan.spectra.store import read_rows
from lcgan.stages import paths

VARIANTS = ("lcgan", "sgan")


def run(params: Params, tracker, model: str) -> str:
    """Score the spectra of `model` (lcgan or sgan) and write reports/gan/<model>.json."""
    import h5py
    from tqdm import tqdm

    path, svm = paths.GENERATED / f"{model}.h5", params.score_gan
    if not path.exists():
        raise UserError(f"{path}: not there; run the stage `train_gan` first")
    tracker.inputs(paths.SPECTRA, paths.DATASETS, path)
    n_4, checkpoints = params.datasets.data_set_4["O"], []
    real = _real_spectra(read_json(paths.DATASETS)["sets"], n_4, params.seed)
    taught_on_real = fit_o_against_f(real["data_set_3_o"], real["data_set_3_f"], svm.nu, svm.gamma)
    with h5py.File(path) as file:
        for number, iteration in enumerate(tqdm(file["iterations"][:], disable=None, desc=model)):
            generated = file["flux"][number, :n_4]
            found = _score(generated, real, taught_on_real, svm)
            checkpoints.append({"iteration": int(iteration), **found})
            tracker.metrics(_rates(found), step=int(iteration))
    rates = [_rates(found) for found in checkpoints]
    result = {
        "model": model,
        "n_generated": n_4,
        "checkpoints": checkpoints,
        "mean": {name: statistics.fmean(of[name] for of in rates) for name in rates[0]},
        "std": {name: _std([of[name] for of in rates]) for name in rates[0]},
        "controls": _controls(real, taught_on_real, params, n_4),
    }
    out = paths.GAN_REPORTS / f"{model}.json"
    write_json(out, result)
    tracker.metrics({f"mean.{name}": value for name, value in result["mean"].items()})
    tracker.metrics({name: of["rate"] for name, of in result["controls"].items()})
    tracker.artifact(out)
    mean = result["mean"]
    return (
        f"GAN-train {mean['gan_train']:.1%}, GAN-test {mean['gan_test']:.1%} (white noise "
        f"{result['controls']['gan_test_white_noise']['rate']:.1%}): {out}"
    )


def _real_spectra(sets: dict, n_4: int, seed: int) -> dict[str, Spectra]:
    """Read and standardise what the scores need; sets that overlap share their distances."""
    n_duplicated = max(n_4, len(sets["data_set_3"]["O"]))
    first = sets["data_set_1"]["O"]
    of_o = {
        "data_set_1": first,
        "data_set_2": sets["data_set_2"]["O"],
        "leakage_free": sets["leakage_free"]["O"],
        "data_set_3_o": sets["data_set_3"]["O"],
        "data_set_1_duplicated": duplicate_to(first, n_duplicated, seed),
    }
    of_f = {"data_set_3_f": sets["data_set_3"]["F"], "data_set_4_f": sets["data_set_4"]["F"]}
    return _read(of_o) | _read(of_f) | _read({"held_out_f": sets["held_out"]["F"]})


def _read(sets: dict[str, list[int]]) -> dict[str, Spectra]:
    """Read sets of rows as parts of one whole that holds each spectrum once."""
    rows = np.unique(np.concatenate(list(sets.values())))
    whole = Spectra(standardise(read_rows(paths.SPECTRA, rows)))
    return {name: whole[np.searchsorted(rows, of)] for name, of in sets.items()}


def _score(generated: np.ndarray, real: dict[str, Spectra], taught_on_real, svm) -> dict:
    """Return every score of one checkpoint's spectra, shape (n, L)."""
    tested = {name: real[name] for name in ("data_set_2", "leakage_free")}
    spectra, first = Spectra(generated), real["data_set_1"].flux
    train = gan_train(spectra, real["data_set_4_f"], tested, svm.nu, svm.gamma)
    return {
        "gan_train": train["data_set_2"],
        "gan_train_leakage_free": train["leakage_free"],
        "gan_test": gan_test(taught_on_real, spectra),
        "median_rms": median_rms(generated, first),
        **spread(generated, first),
    }


def _controls(real: dict[str, Spectra], taught_on_real, params: Params, n_4: int) -> dict:
    """Return what the scores give for white noise, unseen O, real F and the training set itself.

    Unseen O needs a machine that has not seen them: one fitted on Data set 1, duplicated up,
    instead of Data set 2.
    """
    svm = params.score_gan
    n_pixels = real["data_set_1"].n_pixels
    noise = white_noise(svm.n_control, n_pixels, rng_of(params.seed, "noise"))
    many = white_noise(n_4, n_pixels, rng_of(params.seed, "noise", "train"))
    known = real["data_set_1_duplicated"][: len(real["data_set_3_o"])]
    unseeing = fit_o_against_f(known, real["data_set_3_f"], svm.nu, svm.gamma)
    tested = {name: real[name] for name in ("data_set_2", "leakage_free")}
    of_noise = gan_train(many, real["data_set_4_f"], tested, svm.nu, svm.gamma)
    copies = real["data_set_1_duplicated"][:n_4]
    copied = gan_train(copies, real["data_set_4_f"], tested, svm.nu, svm.gamma)
    return {
        "gan_test_white_noise": gan_test(taught_on_real, noise),
        "gan_test_unseen_real": gan_test(unseeing, real["leakage_free"]),
        "gan_test_real_f": gan_test(taught_on_real, real["held_out_f"]),
        "gan_train_white_noise": of_noise["data_set_2"],
        "gan_train_duplicated": copied["data_set_2"],
        "gan_train_duplicated_leakage_free": copied["leakage_free"],
    }


def _rates(found: dict) -> dict[str, float]:
    """Return every score as one number: a proportion's rate."""
    return {
        name: value["rate"] if isinstance(value, dict) else value
        for name, value in found.items()
        if name != "iteration"
    }


def _std(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0
