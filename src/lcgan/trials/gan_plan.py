"""Which GANs are trained beside the pipeline's, and all that each one's figures depend on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lcgan.params import Params
from lcgan.params.names import GAN_OF
from lcgan.trials.digest import digest_of, md5, of_code, of_packages

#: Code that decides what is generated and its scores, below src/lcgan.
CODE = (
    *("datasets.py", "evidence", "gan", "quiet.py", "scores", "seeds.py", "spectra"),
    *("recognition/cells.py", "stages/score_gan.py"),
    *("trials/gan_fitting.py", "trials/gan_plan.py"),
)
#: Packages whose next version may round otherwise.
PACKAGES = ("keras", "numpy", "scikit-learn", "tensorflow")
#: The GAN whose parts are left out.
VARIED = "lcgan"


@dataclass(frozen=True)
class GanTrial:
    """One training of a GAN.

    Attributes
    ----------
    model : str
        One of `lcgan.params.names.GANS`.
    variant : str
        What it is without, one of `lcgan.params.names.GAN_VARIANTS`; empty: nothing.
    number : int
        Which training, from 0: the same number has the same draws.
    checkpoints : tuple of int
        Iterations at which it generates, the last of which ends it.
    n_o : int or None
        O spectra to learn from; None for all of Data set 1.
    digest : str
        Of all that the figures depend on.
    """

    model: str
    variant: str
    number: int
    checkpoints: tuple[int, ...]
    n_o: int | None
    digest: str

    @property
    def name(self) -> str:
        """Return what it is as one word."""
        of = "" if self.n_o is None else f"-n{self.n_o:03d}"
        of += f"-{self.variant}" if self.variant else ""
        return f"{self.model}{of}-s{self.number:02d}"

    @property
    def key(self) -> str:
        """Return the trial's name and its digest."""
        return f"{self.name}-{self.digest}"


def varied(settings, variant: str):
    """Return a GAN's settings but for one thing.

    Parameters
    ----------
    settings : LcGan
        `train_gan.lcgan` of params.yaml.
    variant : str
        `convolution`: one kernel for all positions. `equal_rates`: the discriminator learns at the
        generator's rate, without the TTUR. `no_smoothing`: labels of 1 and 0. `no_dropout`: none in
        the discriminator; the generator's noise, which is made by dropout, stays. Empty: nothing.
    """
    of = {
        "": {},
        "convolution": {"layers": "convolution"},
        "equal_rates": {"discriminator_learning_rate": settings.generator_learning_rate},
        "no_smoothing": {"real_label": (1.0, 1.0), "generated_label": (0.0, 0.0)},
        "no_dropout": {"dropout": 0.0},
    }
    return settings.model_copy(update=of[variant])


def few_gans(params: Params) -> list[str]:
    """Return the GANs of whose spectra networks learn that have few O spectra."""
    forms = params.study.few.forms
    return list(dict.fromkeys(GAN_OF[form] for form in forms if form in GAN_OF))


def plan(params: Params, sets: Mapping, chosen: Mapping[str, int], digest: str) -> list[GanTrial]:
    """Return the trainings: LCGAN and its variants, one seed after another; then those of few O.

    Parameters
    ----------
    params : Params
    sets : mapping
        Of datasets.json.
    chosen : mapping of str to int
        By GAN that is trained on few O, the checkpoint that the stage `score_gan` chose.
    digest : str
        From `shared_digest`.
    """
    study, n_all = params.study, len(sets["data_set_1"]["O"])
    found = []

    def add(model: str, variant: str, number: int, at: Sequence[int], n_o: int | None) -> None:
        settings = getattr(params.train_gan, model).model_dump()
        own = digest_of(digest, settings, model, variant, number, at, n_o)[:12]
        found.append(GanTrial(model, variant, number, tuple(at), n_o, own))

    for number in range(study.other_gans.seeds if study.other_gans.variants else 0):
        for variant in ("", *study.other_gans.variants):
            add(VARIED, variant, number, study.other_gans.checkpoints, None)
    for model in few_gans(params):
        for n_o in study.few.n_o:
            if n_o < n_all:
                add(model, "", 0, [chosen[model]], n_o)
    return found


def shared_digest(flux: np.ndarray, *more: object) -> str:
    """Return a digest of what all trainings and their scores depend on.

    Parameters
    ----------
    flux : ndarray, shape (N, L)
        Data set 1.
    more : anything that JSON can hold
    """
    return digest_of(md5(flux.tobytes()), of_code(CODE), of_packages(PACKAGES), *more)
