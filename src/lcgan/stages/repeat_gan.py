"""Stage `repeat_gan`: train a GAN again from other draws, to tell its scores from their chance."""

import shutil

import numpy as np
from threadpoolctl import threadpool_limits

from lcgan.files import read_json, replacing, write_json
from lcgan.params import Params
from lcgan.params.stages import TrainGan
from lcgan.scores.repeated import chosen_scores, over_trainings
from lcgan.stages import paths
from lcgan.stages.score_gan import Scorer
from lcgan.stages.train_gan import data_set_1, resume_folder

VARIANTS = tuple(TrainGan.model_fields)


@threadpool_limits.wrap(limits=1)
def run(params: Params, tracker, model: str) -> str:
    """Train `model` as long as its chosen checkpoint was, as often as `repeats` says; score each.

    The first training is the stage `train_gan`'s. The checkpoint is not chosen anew: where to stop
    is settled by the first training's selection set. In one thread, as `score_gan`.
    """
    from lcgan.quiet import start_tensorflow

    start_tensorflow(1)
    first = paths.GAN_REPORTS / f"{model}.json"
    tracker.inputs(paths.SPECTRA, paths.CATALOGUE, paths.DATASETS, first)
    gan = read_json(first)
    iteration, scores = gan["chosen"]["iteration"], [chosen_scores(gan)]
    flux, numbers = data_set_1(), range(1, getattr(params.repeat_gan.repeats, model) + 1)
    made = [_spectra(params, model, flux, iteration, number) for number in numbers]
    scorer = Scorer(params) if made else None
    for path in made:
        scores.append(scorer.every(np.load(path)))
        names = {name: value for name, value in scores[-1].items() if value is not None}
        tracker.metrics(names, step=len(scores) - 1)
    found = over_trainings(scores)
    out = paths.GAN_REPORTS / f"{model}_repeats.json"
    write_json(out, {"model": model, "iteration": iteration, "n": len(scores), "scores": found})
    tracker.metrics(
        {f"mean.{name}": of["mean"] for name, of in found.items() if of["mean"] is not None}
    )
    tracker.artifact(out)
    for path in made:
        shutil.rmtree(path.parent, ignore_errors=True)
    return f"{_line(found, len(scores))}: {out}"


def _spectra(params: Params, model: str, flux: np.ndarray, iteration: int, number: int):
    """Train the GAN once more; return the .npy of what it generates, kept until all are scored."""
    from tqdm import tqdm

    from lcgan.gan.training import adversary_of, generated

    settings = getattr(params.train_gan, model).model_copy(update={"checkpoints": [iteration]})
    resume = resume_folder(model, settings, params.seed, flux, number)
    path = resume / "generated.npy"
    if path.exists():
        return path
    adversary = adversary_of(model, settings, flux, params.seed, number)
    bar = tqdm(total=iteration, desc=f"{model}, training {number + 1}", disable=None)
    with bar, replacing(path) as part, part.open("wb") as file:
        steps = generated(adversary, model, resume / "state", bar.update)
        np.save(file, next(steps)[1])  # what follows the checkpoint is not trained
    return path


def _line(found: dict, n: int) -> str:
    """Return the stage's closing line."""
    words = {"gan_train_leakage_free": "GAN-train leakage-free", "gan_test": "GAN-test"}
    words |= {"coverage": "coverage", "density": "density", "c2st_auc": "told apart, AUC"}
    parts = [f"{words[name]} {_with_spread(found[name])}" for name in words]
    return f"{n} training{'s' if n > 1 else ''}: {', '.join(parts)}"


def _with_spread(of: dict) -> str:
    if of["mean"] is None:
        return "unknown"
    return f"{of['mean']:.3f}" + ("" if of["std"] is None else f" ± {of['std']:.3f}")
