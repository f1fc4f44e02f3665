"""Which trials a study is made of, and all that each one's figures depend on."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from lcgan.files import md5_of
from lcgan.params.names import BASELINES, GAN_OF
from lcgan.recognition.cells import Cell
from lcgan.recognition.fit import FitSettings
from lcgan.recognition.forms import Sources, fit_seed
from lcgan.trials.digest import digest_of, md5, of_code, of_packages

#: Code that decides a trial's figures, below src/lcgan.
CODE = (
    "params/names.py",
    "recognition",
    "scores",
    "datasets.py",
    "quiet.py",
    "seeds.py",
    "spectra/grid.py",
    "spectra/standardise.py",
    "spectra/store.py",
    "stars/extinction.py",
    "trials/fitting.py",
)
#: What decides a baseline's beside.
OF_BASELINES = (
    "evidence/__init__.py",
    "evidence/equivalent_width.py",
    "evidence/lines.py",
    "trials/baselines.py",
)
#: Packages whose next version may round otherwise.
PACKAGES = ("dust-extinction", "keras", "numpy", "tensorflow")


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
    n_o : int or None
        O spectra to learn from; None for all of Data set 1.
    network : str
        What the network is without, see `lcgan.params.names.NETWORKS`; empty: nothing.
    """

    form: str
    iteration: int | None
    seed: int
    digest: str
    n_o: int | None = None
    network: str = ""

    @property
    def cell(self) -> Cell:
        """Return what it trains on."""
        return Cell(self.form, self.iteration, self.n_o)

    @property
    def name(self) -> str:
        """Return form, iteration, number of O spectra, network and seed as one word."""
        at = "" if self.iteration is None else f"-it{self.iteration:06d}"
        at += "" if self.n_o is None else f"-n{self.n_o:03d}"
        at += f"-{self.network}" if self.network else ""
        return f"{self.form}{at}-s{self.seed:02d}"

    @property
    def key(self) -> str:
        """Return the trial's name and its digest."""
        return f"{self.name}-{self.digest}"

    @property
    def of_figure_7(self) -> bool:
        """Tell whether it is of the whole network with all of Data set 1."""
        return self.n_o is None and not self.network


def plan(
    study, sources: Sources, shared: str, checkpoints: Callable, chosen: Callable
) -> list[Trial]:
    """Return the trials of a study: every cell with the first seed, then with the next, and so on.

    Those of Figure 7 come first, then those of few O spectra, then those of other networks.

    Parameters
    ----------
    study : Study
        The block of params.yaml.
    sources : Sources
    shared : str
        From `shared_digest`.
    checkpoints : callable
        GAN → its checkpoints that are wanted.
    chosen : callable
        GAN → the one that is taken where one is enough: with few O spectra, and of other networks.

    Returns
    -------
    list of Trial
        Each once.

    Raises
    ------
    UserError
        If generated spectra are not there.
    """
    n_all = len(sources.sets["data_set_1"]["O"])
    figure_7 = [(Cell(form, at), "") for form in study.forms for at in _at(form, checkpoints)]
    numbers = [None if n_o >= n_all else n_o for n_o in study.few.n_o]  # no more than there are
    few = [
        (Cell(form, chosen(GAN_OF[form]) if form in GAN_OF else None, n_o), "")
        for n_o in numbers
        for form in study.few.forms
    ]
    other = [
        (Cell(form, chosen(GAN_OF[form]) if form in GAN_OF else None), network)
        for network in ("", *study.ablation.networks)
        for form in study.ablation.forms
    ]
    cells = [cell for part in (figure_7, few, other) for cell, _ in part]
    sources.require((GAN_OF[cell.form], cell.n_o) for cell in cells if cell.form in GAN_OF)
    own: dict[Cell, tuple] = {}
    found: dict[Trial, None] = {}
    parts = (figure_7, study.seeds), (few, study.few.seeds), (other, study.ablation.seeds)
    for wanted, seeds in parts:
        for seed in range(seeds):
            for cell, network in wanted:
                if seed and cell.form in BASELINES:
                    continue  # nothing is drawn in it: one fit tells all
                if cell not in own:
                    own[cell] = _own(sources, cell)
                drawn = fit_seed(sources.seed, seed)
                digest = digest_of(shared, *own[cell], network, drawn)[:12]
                found[Trial(cell.form, cell.iteration, seed, digest, cell.n_o, network)] = None
    return list(found)


def _at(form: str, checkpoints: Callable) -> Sequence[int | None]:
    """Return the GAN's checkpoints of a form, or None alone."""
    return checkpoints(GAN_OF[form]) if form in GAN_OF else (None,)


def shared_digest(
    sources: Sources, settings: FitSettings, catalogue: Path, code: Sequence[str] = ()
) -> str:
    """Return a digest of what all trials of a study depend on.

    That is the packed spectra, their stars, the row lists, the seed of params.yaml, how spectra
    are made and the network is trained, the code that does it, `code` beside `CODE`, and the
    packages it calls.
    """
    return digest_of(
        md5_of(sources.spectra),
        md5_of(catalogue),
        sources.sets,
        sources.seed,
        asdict(settings),
        asdict(sources.making),
        [sources.n_generated, sources.early_stop_fraction],
        of_code((*CODE, *code)),
        of_packages(PACKAGES),
    )


def _own(sources: Sources, cell: Cell) -> tuple:
    """Return what the trials of one cell depend on beside the shared."""
    if cell.form == "smote":
        return *cell, version("imbalanced-learn")
    if cell.form in BASELINES:
        return *cell, of_code(OF_BASELINES), version("scikit-learn")
    if cell.form not in GAN_OF:
        return tuple(cell)
    flux = sources.generated_at(GAN_OF[cell.form], cell.iteration, cell.n_o)
    return *cell, md5(flux.tobytes())
