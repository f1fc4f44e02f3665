"""One run of the whole pipeline at tiny scale, in a temporary clone, for the tests here."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: A third scale: numbers only, as the two real ones; every stage does all it does at full size.
TINY = """
  tiny:
    observe:
      n_spectra: {O: 35, B: 3, A: 3, F: 75, G: 75, K: 75, M: 3, other: 3}
    datasets:
      unseen_stars: {O: 1, F: 5, G: 5, K: 4}
      data_set_1: {O: 18}
      data_set_2: {O: 35}
      data_set_3: {O: 50, F: 40}
      data_set_4: {O: 40, F: 40, G: 40, K: 40}
      data_set_5: {O: 20, F: 20, G: 20, K: 20}
      held_out: {F: 15, G: 15, K: 15}
    train_gan:
      lcgan: {iterations: 20, checkpoints: [10, 20], batch_size: 8, n_generated: 40}
      sgan: {iterations: 20, checkpoints: [10, 20], n_generated: 40}
      lcgan_plus: {iterations: 20, checkpoints: [10, 20], batch_size: 8, n_generated: 40}
      wgan_gp: {n_generated: 40}
    augment:
      n_spectra: {O: 20, B: 20, A: 20, F: 20, G: 20, K: 20, M: 20, other: 10}
      n_unseen: {O: 6, B: 4, A: 4, F: 4, G: 4, K: 4, M: 4, other: 2}
    train_classifier:
      survey:
        bases:
          - {classes: [O, B], n: 8, wavelength: [3965.0, 6890.0], rebin: 4}
          - {classes: [], n: 8, wavelength: [3700.0, 8671.0], rebin: 4}
      repeats: 1
      max_epochs: 1
      checkpoints: {lcgan: [20], sgan: [20], lcgan_plus: [20]}
"""


@dataclass(frozen=True)
class Clone:
    """A clone of the project, and the environment to run its commands in."""

    folder: Path
    env: dict[str, str]

    def run(self, *words: object, fails: bool = False) -> str:
        """Run a command in the clone; return what it printed, both streams."""
        done = subprocess.run(
            [str(word) for word in words],
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) is fails, f"{words}:\n{done.stdout[-4000:]}"
        return done.stdout

    def read(self, path: str) -> dict:
        """Read a JSON file of the clone."""
        return json.loads((self.folder / path).read_text())

    def cloned(self, folder: Path) -> "Clone":
        """Clone its repository."""
        self.run("git", "clone", "--quiet", self.folder, folder)
        return Clone(folder, self.env | {"PYTHONPATH": str(folder / "src")})

    def client(self):
        """Return a client of the clone's MLflow store."""
        import mlflow

        return mlflow.MlflowClient(f"sqlite:///{self.folder}/mlflow.db")

    def runs(self) -> list:
        """Return every run of the clone, the first started first."""
        client = self.client()
        ids = [experiment.experiment_id for experiment in client.search_experiments()]
        return client.search_runs(ids, order_by=["attributes.start_time ASC"], max_results=1000)


def _clone(folder: Path) -> Clone:
    """Copy what git tracks or would track, as it is now, into a repository of its own."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.split("\0"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    env = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    env |= {
        "PATH": f"{Path(sys.executable).parent}:{env['PATH']}",
        "PYTHONPATH": str(folder / "src"),  # the clone's code, not that of the installed package
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(folder.parent / "dvc"),
        **{f"GIT_{who}_NAME": "A" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "a@b.c" for who in ("AUTHOR", "COMMITTER")},
    }
    clone = Clone(folder, env)
    with (folder / "params.yaml").open("a") as file:
        file.write(TINY)
    clone.run("lcgan", "scale", "tiny")
    clone.run("git", "init", "--quiet")
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "A tiny scale")
    return clone


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Clone, str]:
    """The clone after `lcgan reproduce`, and what that printed."""
    clone = _clone(tmp_path_factory.mktemp("pipeline") / "clone")
    return clone, clone.run("lcgan", "reproduce")


@pytest.fixture
def fresh(tmp_path: Path) -> Clone:
    """A clone of one's own in which nothing ran yet."""
    return _clone(tmp_path / "fresh")


@pytest.fixture
def clone(pipeline: tuple[Clone, str]) -> Clone:
    """The clone after `lcgan reproduce`."""
    return pipeline[0]


@pytest.fixture
def set_param(clone: Clone) -> Callable[[str, str], None]:
    """Replace one line's part in the clone's params.yaml; what was there comes back at the end."""
    path = clone.folder / "params.yaml"
    before = path.read_text()

    def replace(old: str, new: str) -> None:
        assert path.read_text().count(old) == 1, old
        path.write_text(path.read_text().replace(old, new))

    yield replace
    path.write_text(before)
