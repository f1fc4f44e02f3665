"""A small project folder, and what the stage `report` makes of it."""

import pytest

from lcgan.params import load
from lcgan.stages import report
from lcgan.stages.report import read_results
from lcgan.tracking.runs import NoTracking
from report_folder import build, make_transfer


@pytest.fixture(scope="session")
def reported(tmp_path_factory):
    """Return a project folder where the stage has run once; for reading only."""
    folder = build(tmp_path_factory.mktemp("reported"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        report.run(load("params.yaml"), NoTracking())
    return folder


@pytest.fixture(scope="session")
def results(reported):
    """Return what the project of `reported` found; for reading only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(reported)
        return read_results(1)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Stand in a complete project folder."""
    monkeypatch.chdir(build(tmp_path))
    return tmp_path


@pytest.fixture
def write_transfer():
    """Return what writes the stage `transfer`'s files into a folder."""
    return make_transfer


@pytest.fixture
def params(project):
    """Return the project's parameters."""
    return load("params.yaml")


@pytest.fixture
def results_of(tmp_path, monkeypatch):
    """Return a function that builds a project with other numbers and reads its results."""

    def read(**changes):
        number = len(list(tmp_path.iterdir()))
        folder = tmp_path / f"other-{number}"
        folder.mkdir()
        monkeypatch.chdir(build(folder, **changes))
        return read_results(1)

    return read
