"""Stage `score_gan`: GAN-train, GAN-test and the scores of likeness, with their controls."""

import statistics

import numpy as np
from threadpoolctl import threadpool_limits

from lcgan.datasets import duplicate_to
from lcgan.errors import UserError
from lcgan.files import read_json, write_json
from lcgan.params import Params, TrainGan
from lcgan.scores.distances import Spectra
from lcgan.scores.gan_test import gan_test, white_noise
from lcgan.scores.gan_train import gan_train
from lcgan.scores.likeness import Likeness, OSpectra
from lcgan.scores.median_rms import median_rms
from lcgan.scores.memorised import memorised
from lcgan.scores.repeated import rates
from lcgan.scores.spread import spread
from lcgan.scores.svm import fit_o_against_f
from lcgan.seeds import rng_of
from lcgan.spectra.catalogue import stars_by_row
from lcgan.spectra.standardise import standardise
from lcgan.spectra.store import read_rows
from lcgan.stages import paths

VARIANTS = tuple(TrainGan.model_fields)


@threadpool_limits.wrap(limits=1)
def run(params: Params, tracker, model: str) -> str:
    """Score the spectra of `model` (a GAN's name) and write reports/gan/<model>.json.

    In one thread: with two, beside another stage, it takes several times as long, since threads
    that wait for a core hold up the others; and the last bits of sums depend on their number.
    """
    import h5py
    from tqdm import tqdm

    path = paths.GENERATED / f"{model}.h5"
    if not path.exists():
        raise UserError(f"{path}: not there; run `lcgan train_gan --model {model}` first")
    tracker.inputs(paths.SPECTRA, paths.CATALOGUE, paths.DATASETS, path)
    scorer, checkpoints, places = Scorer(params), [], {}
    n_4, likeness = scorer.n_generated, scorer.likeness
    with h5py.File(path) as file:
        iterations = file["iterations"][:].tolist()
        for number, iteration in enumerate(tqdm(iterations, disable=None, desc=model)):
            generated = file["flux"][number, :n_4]
            found = scorer.paper(generated)
            places[iteration] = likeness.places(generated)
            checkpoints.append({"iteration": iteration, **found})
            tracker.metrics(rates(found), step=iteration)
        chosen = likeness.choose(params.score_gan.choose_by, places)
        at = iterations.index(chosen["iteration"])
        shown, drawn = likeness.score(file["flux"][at, :n_4])
    by_name = [rates(found) for found in checkpoints]
    result = {
        "model": model,
        "n_generated": n_4,
        "checkpoints": checkpoints,
        "mean": {name: statistics.fmean(of[name] for of in by_name) for name in by_name[0]},
        "std": {name: _std([of[name] for of in by_name]) for name in by_name[0]},
        "controls": scorer.controls(),
        "chosen": chosen,
        **shown,
    }
    out = paths.GAN_REPORTS / f"{model}.json"
    write_json(paths.GAN_REPORTS / f"{model}_curves.json", drawn)
    write_json(out, result)
    _log(tracker, result)
    tracker.artifact(out)
    return _line(result, out)


class Scorer:
    """What generated spectra are scored with: real ones, machines taught on them, controls.

    Parameters
    ----------
    params : Params

    Attributes
    ----------
    n_generated : int
        Spectra of a set that are scored, Data set 4's number.
    likeness : Likeness
    """

    def __init__(self, params: Params):
        self._params, sets = params, read_json(paths.DATASETS)["sets"]
        self.n_generated, svm = params.datasets.data_set_4["O"], params.score_gan
        self._real = _real_spectra(sets, self.n_generated, params.seed)
        taught = self._real["data_set_3_o"], self._real["data_set_3_f"]
        self._taught_on_real = fit_o_against_f(*taught, svm.nu, svm.gamma)
        self.likeness = _likeness(sets, self._real, params)

    def paper(self, generated: np.ndarray) -> dict:
        """Return the scores of each checkpoint: those of the paper, of spectra, shape (n, L)."""
        return _score(generated, self._real, self._taught_on_real, self._params.score_gan)

    def every(self, generated: np.ndarray) -> dict[str, float | None]:
        """Return every score of spectra, shape (n, L), as one number."""
        generated = generated[: self.n_generated]
        alike = self.likeness.score(generated)[0]["scores"]["generated"]
        return rates(self.paper(generated)) | alike

    def controls(self) -> dict:
        """Return the scores of what no GAN made."""
        return _controls(self._real, self._taught_on_real, self._params, self.n_generated)


def _likeness(sets: dict, real: dict[str, Spectra], params: Params) -> Likeness:
    """Return what scores the likeness to real O spectra."""
    first, held_out = sets["data_set_1"]["O"], sets["leakage_free"]["O"]
    star = stars_by_row(paths.CATALOGUE)
    o = OSpectra(
        training=real["data_set_1"].flux,
        held_out=real["leakage_free"].flux,
        selection=standardise(read_rows(paths.SPECTRA, sets["early_stop"]["O"])),
        star=[star[row] for row in held_out],
        training_stars={star[row] for row in first},
    )
    n_noise, n_pixels = params.score_gan.n_control, real["data_set_1"].n_pixels
    bad = {
        "white_noise": white_noise(n_noise, n_pixels, rng_of(params.seed, "noise")),
        "training_copied": real["data_set_1_duplicated"].flux,
        "memorised": memorised(
            real["data_set_1_duplicated"].flux[: params.score_gan.n_compared],
            rng_of(params.seed, "memorised"),
        ),
        "real_f": real["held_out_f"].flux,
    }
    return Likeness(o, bad, params.score_gan.n_compared, params.seed)


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


def _std(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0


def _log(tracker, result: dict) -> None:
    """Log means over the checkpoints, controls, and the scores at the chosen checkpoint."""
    tracker.metrics({f"mean.{name}": value for name, value in result["mean"].items()})
    tracker.metrics({name: of["rate"] for name, of in result["controls"].items()})
    scores = result["scores"]["generated"].items()
    tracker.metrics({f"chosen.{name}": value for name, value in scores if value is not None})


def _line(result: dict, out) -> str:
    """Return the stage's closing line."""
    mean, chosen, found = result["mean"], result["chosen"], result["scores"]["generated"]
    noise = result["controls"]["gan_test_white_noise"]["rate"]
    return (
        f"GAN-train {mean['gan_train']:.1%}, GAN-test {mean['gan_test']:.1%} (white noise "
        f"{noise:.1%}); at iteration {chosen['iteration']}, which was chosen, density "
        f"{found['density']:.2f}, coverage {found['coverage']:.2f}: {out}"
    )
