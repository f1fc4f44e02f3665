"""Stage `train_gan`: train a GAN on Data set 1, generate at every checkpoint."""

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.files import read_json, replacing
from lcgan.params import Params
from lcgan.params.stages import TrainGan
from lcgan.stages import paths

VARIANTS = tuple(TrainGan.model_fields)
#: Rows of the loss table at most; longer trainings are averaged over windows.
MOST_LOSSES = 4000


def run(params: Params, tracker, model: str) -> str:
    """Train `model`, one of VARIANTS, and write its spectra, its checkpoints and its losses."""
    from tqdm import tqdm

    from lcgan.quiet import start_tensorflow

    start_tensorflow(1)  # GANs train side by side, and rounding is the same on any number of cores
    from lcgan.gan.training import adversary_of, generated

    settings = getattr(params.train_gan, model)
    tracker.inputs(paths.SPECTRA, paths.DATASETS)
    flux = data_set_1()
    adversary = adversary_of(model, settings, flux, params.seed)
    resume = resume_folder(model, settings, params.seed, flux)
    models = paths.GAN_MODELS / model

    def keep(iteration: int, generator) -> None:
        generator.save_weights(resume / f"generator_{iteration:06d}.weights.h5")

    with (
        replacing(models) as part,
        tqdm(total=settings.iterations, desc=model, disable=None) as bar,
    ):
        part.mkdir()
        for iteration, made in generated(adversary, model, resume / "state", bar.update, keep):
            path = resume / f"generated_{iteration:06d}.npy"
            with replacing(path) as whole, whole.open("wb") as file:
                np.save(file, made)
        for iteration in settings.checkpoints:
            shutil.copy(resume / f"generator_{iteration:06d}.weights.h5", part)
        (part / "settings.json").write_text(settings.model_dump_json(indent=2) + "\n")
    found = {at: resume / f"generated_{at:06d}.npy" for at in settings.checkpoints}
    write_generated(paths.GENERATED / f"{model}.h5", found, model)
    _write_losses(paths.GAN_REPORTS / f"{model}_losses.csv", adversary.losses, tracker)
    shutil.rmtree(resume, ignore_errors=True)
    n = settings.n_generated
    return f"{n} spectra at each of {len(found)} checkpoints: {paths.GENERATED / f'{model}.h5'}"


def data_set_1() -> np.ndarray:
    """Return Data set 1's O spectra, standardised, shape (N, 3700)."""
    from lcgan.spectra.standardise import standardise
    from lcgan.spectra.store import read_rows

    rows = read_json(paths.DATASETS)["sets"]["data_set_1"]["O"]
    return standardise(read_rows(paths.SPECTRA, rows))


def resume_folder(model: str, settings, seed: int, flux: np.ndarray, number: int = 0) -> Path:
    """Return the folder for an unfinished training's state: one for each input and each code."""
    import lcgan.gan

    code = [path.read_text() for path in sorted(Path(lcgan.gan.__path__[0]).glob("*.py"))]
    what = json.dumps([model, seed, number, settings.model_dump(), code])
    digest = hashlib.md5(what.encode() + flux.tobytes(), usedforsecurity=False).hexdigest()
    folder = paths.RESUME / f"train_gan-{model}-{digest[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_generated(path: Path, spectra: dict[int, Path], model: str) -> None:
    """Write the generated sets, one at a time, that pass the checks real spectra must pass too."""
    import h5py

    from lcgan.spectra.checks import faults

    with replacing(path) as part, h5py.File(part, "w") as file:
        file.create_dataset("iterations", data=np.array(list(spectra), np.int64))
        for number, (iteration, kept) in enumerate(spectra.items()):
            flux = np.load(kept)
            if found := faults(flux):
                raise UserError(
                    f"{path}: spectra of {model} generated at iteration {iteration} are unfit: "
                    f"{found[0]}; look at its losses in MLflow"
                )
            if number == 0:
                shape, pixels = (len(spectra), *flux.shape), flux.shape[1]
                file.create_dataset("flux", shape, flux.dtype, chunks=(1, 16, pixels))
            file["flux"][number] = flux


def _write_losses(path: Path, losses: np.ndarray, tracker) -> None:
    """Write and log both losses by iteration, averaged over windows where there are very many."""
    import pandas as pd

    window = -(-len(losses) // MOST_LOSSES)
    table = pd.DataFrame(losses, columns=["generator_loss", "discriminator_loss"])
    table = table.groupby(np.arange(len(table)) // window).mean()
    table.insert(0, "iteration", np.minimum((table.index + 1) * window, len(losses)))
    with replacing(path) as part:
        table.to_csv(part, index=False, float_format="%.6g")
    for name in ("generator_loss", "discriminator_loss"):
        tracker.curve(name, table["iteration"].tolist(), table[name].tolist())
    tracker.artifact(path)
