"""What DVC makes the survey arm wait for, by the file that its parameter names."""

from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from lcgan import params
from lcgan.reproduce import stages
from lcgan.stages.train_classifier import O_SPECTRA

ROOT = Path(__file__).resolve().parents[2]
SURVEY = "train_classifier@survey"
ALWAYS = {"ingest", "datasets", "augment"}


@pytest.fixture
def graph(tmp_path, monkeypatch):
    """Return the stages that each stage waits for, O spectra of the survey arm from a file."""
    monkeypatch.chdir(tmp_path)
    Repo.init(no_scm=True).close()
    (tmp_path / "dvc.yaml").write_text((ROOT / "dvc.yaml").read_text())

    def of(o_spectra: str | None) -> dict[str, set[str]]:
        tree = yaml.safe_load((ROOT / "params.yaml").read_text())
        if o_spectra:
            tree["train_classifier"]["survey"]["o_spectra"] = o_spectra
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree))
        return stages()

    return of


@pytest.mark.parametrize(
    ("o_spectra", "more"),
    [
        (None, set()),
        ("data/augmented/spectra.h5", set()),
        ("data/interim/spectra.h5", set()),
        ("data/generated/lcgan.h5", {"train_gan@lcgan"}),
    ],
)
def test_the_survey_arm_waits_for_what_its_o_spectra_come_from(graph, o_spectra, more):
    waits_for = graph(o_spectra)
    assert waits_for[SURVEY] == ALWAYS | more
    assert waits_for["train_classifier@none"] == {"ingest", "datasets"}
    assert waits_for["train_classifier@sgan"] == {"ingest", "datasets", "train_gan@sgan"}


def test_every_file_that_the_parameter_may_name_is_known_to_the_stage():
    survey = params.load(ROOT / "params.yaml").train_classifier.survey
    named = type(survey).model_fields["o_spectra"].annotation.__args__
    assert {Path(name) for name in named} == set(O_SPECTRA)
