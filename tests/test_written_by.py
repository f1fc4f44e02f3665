"""Which stage writes what, by the project's own dvc.yaml."""

from pathlib import Path

import pytest

from lcgan.stages import report
from lcgan.written_by import not_there, stage_of

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("path", "stage"),
    [
        ("data/interim/spectra.h5", "ingest"),
        ("data/generated/sgan.h5", "train_gan@sgan"),
        ("reports/gan/lcgan_plus.json", "score_gan@lcgan_plus"),  # a metric
        ("data/augmented/catalogue.csv", "augment"),  # in a folder that a stage writes
        ("reports/recognition/none.json", "train_classifier@none"),  # of foreach
        ("reports/recognition/baselines_answers.npz", "train_classifier@baselines"),
        ("models/classifier/survey/survey.keras", "train_classifier@survey"),
        (ROOT / "reports/registered.json", "register"),
        ("data/generated/wgan_gp.h5", None),
        ("elsewhere.h5", None),
    ],
)
def test_the_stage_that_writes_a_file_is_found(monkeypatch, path, stage):
    monkeypatch.chdir(ROOT)
    assert stage_of(path) == stage


#: Of the report's files, beside those of GANs, arms and runs, the stages that write them.
STAGE_OF = {
    "data/interim/spectra.h5": "ingest",
    "data/interim/catalogue.csv": "ingest",
    "data/processed/datasets.json": "datasets",
    "reports/table1.csv": "datasets",
    "reports/validation.json": "validate",
    "reports/transfer.json": "transfer",
    "reports/transfer_spectra.npz": "transfer",
}


def test_every_file_that_the_report_reads_is_found_with_its_stage(monkeypatch):
    monkeypatch.chdir(ROOT)
    expected = dict(STAGE_OF)
    for model in report.GANS:
        expected[f"data/generated/{model}.h5"] = f"train_gan@{model}"
        expected[f"reports/gan/{model}_losses.csv"] = f"train_gan@{model}"
        expected[f"reports/gan/{model}.json"] = f"score_gan@{model}"
        expected[f"reports/gan/{model}_curves.json"] = f"score_gan@{model}"
        expected[f"reports/gan/{model}_repeats.json"] = f"repeat_gan@{model}"
    for arm in report.ARMS:
        for end in (".json", "_curves.csv", "_answers.npz"):
            expected[f"reports/recognition/{arm}{end}"] = f"train_classifier@{arm}"
    for stage in report.STAGES:
        expected[f"reports/runs/{stage.replace('@', '-')}.json"] = stage
    assert len(expected) > 40
    assert {str(path): stage_of(path) for path in report.inputs()} == expected


def test_a_missing_file_is_named_with_what_to_do(monkeypatch):
    monkeypatch.chdir(ROOT)
    said = "data/generated/lcgan.h5: not there; run `dvc repro train_gan@lcgan`, which writes it"
    assert str(not_there("data/generated/lcgan.h5")) == said
    said = "mine.h5: not there, and no stage of dvc.yaml writes it; check its name"
    assert str(not_there("mine.h5")) == said


@pytest.mark.parametrize("text", [None, "", "stages: [", "stages: {}", "other: 1"])
def test_without_a_pipeline_nothing_is_named(monkeypatch, tmp_path, text):
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("dvc.yaml").write_text(text)
    assert stage_of("data/interim/spectra.h5") is None
