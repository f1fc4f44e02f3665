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
    clone.run("lcgan", "scale", "tiny")
    clone.run("git", "init", "--quiet")
    clone.run("git", "add", "--all")
    clone.run("git", "commit", "--quiet", "--message", "The tiny scale")
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
