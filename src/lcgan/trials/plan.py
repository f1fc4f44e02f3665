"""Which trials a study is made of, and all that each one's figures depend on."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import lcgan
from lcgan.files import md5_of
from lcgan.recognition.fit import FitSettings
from lcgan.recognition.forms import Sources, fit_seed

#: The GANs, the paper's own first.
GANS = ("lcgan", "sgan")
#: Code that decides a trial's figures, below src/lcgan.
CODE = (
    "recognition",
    "scores",
    "datasets.py",
    "quiet.py",
    "seeds.py",
    "spectra/standardise.py",
    "spectra/store.py",
    "trials/fitting.py",
)
#: Packages whose next version may round otherwise.
PACKAGES = ("keras", "numpy", "tensorflow")


@dataclass(frozen=True)
class Trial:
    """One fit of a study: how the network is trained, and with which of the seeds.

    Attributes
    ----------
    form : str
        The form of training, see `lcgan.recognition.arms`.
    iteration : int or None
        The checkpoint of the GAN, where there is one.
    seed : int
        Which of the seeds, from 0: the stage `train_classifier` calls it the repeat.
    digest : str
        Of all that the figures depend on.
    """

    form: str
    iteration: int | None
    seed: int
    digest: str

    @property
    def name(self) -> str:
        """Return form, iteration and seed as one word."""
        at = "" if self.iteration is None else f"-it{self.iteration:06d}"
        return f"{self.form}{at}-s{self.seed:02d}"

    @property
    def key(self) -> str:
        """Return the trial's name and its digest."""
        return f"{self.name}-{self.digest}"


def plan(study, sources: Sources, shared: str, checkpoints: Callable) -> list[Trial]:
    """Return the trials of a study: every form and checkpoint with the first seed, and so on.

    Parameters
    ----------
    study : Study
        The block of params.yaml.
    sources : Sources
    shared : str
        From `shared_digest`.
    checkpoints : callable
        GAN → its checkpoints that are wanted.

    Returns
    -------
    list of Trial

    Raises
    ------
    UserError
        If generated spectra are not there.
    """
    cells = []
    for form in study.forms:
        for iteration in checkpoints(form) if form in GANS else (None,):
            cells.append((form, iteration, _digest(shared, *_own(sources, form, iteration))))
    found = []
    for seed in range(study.seeds):
        for form, iteration, own in cells:
            drawn = fit_seed(sources.seed, form, iteration, seed)
            found.append(Trial(form, iteration, seed, _digest(own, drawn)[:12]))
    return found


def shared_digest(sources: Sources, settings: FitSettings, catalogue: Path) -> str:
    """Return a digest of what all trials of a study depend on.

    That is the packed spectra, their stars, the row lists, the seed of params.yaml, how the
    network is trained, the code that does it and the packages it calls.
    """
    code = {name: md5_of(Path(lcgan.__file__).parent / name) for name in _code_files()}
    return _digest(
        md5_of(sources.spectra),
        md5_of(catalogue),
        sources.sets,
        sources.seed,
        asdict(settings),
        code,
        {name: version(name) for name in PACKAGES},
    )


def _own(sources: Sources, form: str, iteration: int | None) -> tuple:
    """Return what the trials of one form and checkpoint depend on beside the shared."""
    if iteration is None:
        return (form,)
    flux = sources.generated_at(form, iteration)
    generated = hashlib.md5(flux.tobytes(), usedforsecurity=False).hexdigest()
    return form, iteration, generated, sources.early_stop_fraction


def _code_files() -> Sequence[str]:
    """Return the files of CODE, what Python leaves beside them left out."""
    root, found = Path(lcgan.__file__).parent, []
    for name in CODE:
        path = root / name
        files = sorted(path.glob("*.py")) if path.is_dir() else [path]
        found += [file.relative_to(root).as_posix() for file in files]
    return found


def _digest(*parts: object) -> str:
    """Return the md5 of anything that JSON can hold."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
