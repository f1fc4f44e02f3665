"""The stage from end to end on the small project, and what the page says."""

import dataclasses
import html
import json
import re

import h5py
import pandas as pd
import pytest

from lcgan.errors import UserError
from lcgan.report.figures import TITLES
from lcgan.report.page import limits, made_by, provenance, render, table_1
from lcgan.report.summary import summary
from lcgan.stages import paths, report
from lcgan.tracking.runs import NoTracking


class Recording(NoTracking):
    """Keeps what the stage logs."""

    def __init__(self):
        self.read, self.logged, self.kept = [], {}, []

    def inputs(self, *paths):
        self.read += paths

    def pipeline_metrics(self, values):
        self.logged |= values

    def artifact(self, path):
        self.kept.append(path)


@pytest.fixture
def page(reported):
    return (reported / paths.PAGE).read_text()


def test_the_page_needs_nothing_from_outside(page):
    attributes = re.findall(r'\s(?:src|href|xlink:href|action|data)="([^"]*)"', page)
    assert attributes
    assert [value for value in attributes if not value.startswith("#")] == []
    assert "http" not in page
    assert not re.search(r"@import|url\((?!#)", page)
    assert "<script" not in page


def test_every_link_on_the_page_leads_somewhere(page):
    names = set(re.findall(r'\sid="([^"]+)"', page))
    assert {link for link in re.findall(r'href="#([^"]+)"', page)} <= names


def test_the_page_opens_with_what_data_this_is(page):
    text = html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page, flags=re.S))
    assert text.index("never to be compared as if it were") < text.index("LCGAN’s spectra")


def test_the_page_shows_the_numbers(page):
    plain = html.unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", page, flags=re.S))
    text = re.sub(r"[ \n]+", " ", plain)
    assert "69.9\u202f% [62.7, 76.3] 121/173" in text
    assert "93.67\u202f%" in text
    assert "HD 188209 21.7\u202f%" in text
    assert "0000000000000000000000000000000a" in text
    assert "400 / 10,000 generated" in text


def test_a_second_run_writes_the_same_bytes_and_logs_the_headline(reported, params):
    tracker = Recording()
    line = report.run(params, tracker)
    assert line.startswith("reports/report.html: LCGAN")
    made = [path for path in paths.REPORTS.rglob("*") if path.is_file()]
    assert len(made) > 30
    assert [path for path in made if path.read_bytes() != (reported / path).read_bytes()] == []
    assert tracker.logged["lcgan.validation_accuracy"] == pytest.approx(271 / 323)
    assert tracker.logged["sgan.gan_test"] == pytest.approx(0.93)
    assert paths.FIGURES in tracker.kept
    assert paths.SPECTRA in tracker.read


def test_the_stage_writes_its_tables_and_summary(reported, monkeypatch):
    monkeypatch.chdir(reported)
    assert json.loads(paths.SUMMARY.read_text()) == summary(report.read_results(1))
    points = pd.read_csv(paths.FIGURE_7)
    assert {"form", "iteration", "recall", "low", "high", "recall_leakage_free"} <= set(points)
    assert len(pd.read_csv(paths.TABLE_2)) == 3 * (3 + 4 + 4) - 1
    assert len(pd.read_csv(report.RECOGNITION_TABLE)) == 8 * 3
    assert len(pd.read_csv(paths.COMPARISONS)) == 7 * 3
    assert len(pd.read_csv(paths.OPERATING_POINTS)) == 8 * 3 * 2


@pytest.mark.parametrize(
    ("missing", "stage"),
    [
        ("reports/gan/sgan.json", "score_gan@sgan"),
        ("reports/recognition/none_curves.csv", "train_classifier@none"),
        ("data/generated/lcgan.h5", "train_gan@lcgan"),
        ("reports/runs/observe.json", "observe"),
        ("data/processed/datasets.json", "datasets"),
        ("reports/transfer.json", "transfer"),
    ],
)
def test_a_missing_input_is_named_with_the_stage_that_writes_it(project, params, missing, stage):
    (project / missing).unlink()
    with pytest.raises(UserError) as error:
        report.run(params, NoTracking())
    assert str(error.value) == f"{missing}: not there; run `dvc repro {stage}`, which writes it"
    assert not paths.PAGE.exists()


def test_an_input_without_its_keys_is_named(project, params):
    path = project / "reports/gan/lcgan.json"
    path.write_text(json.dumps({"model": "lcgan"}))
    with pytest.raises(UserError, match=r"reports/gan/lcgan.json: has no 'checkpoints'"):
        report.run(params, NoTracking())


def test_a_table_without_its_columns_is_named(project, params):
    (project / "reports/gan/lcgan_losses.csv").write_text("iteration,loss\n1,2\n")
    with pytest.raises(UserError, match=r"lcgan_losses.csv: has no column 'generator_loss'"):
        report.run(params, NoTracking())
    (project / "reports/gan/lcgan_losses.csv").write_text("")
    with pytest.raises(UserError, match=r"lcgan_losses.csv: not CSV"):
        report.run(params, NoTracking())


def test_a_checkpoint_that_was_not_generated_is_named(project, params):
    with h5py.File("data/generated/lcgan.h5", "r+") as file:
        file["iterations"][:] += 1
    with pytest.raises(UserError, match=r"data/generated/lcgan.h5: holds no iteration 4000"):
        report.run(params, NoTracking())
    path = project / "reports/recognition/lcgan.json"
    content = json.loads(path.read_text())
    content["forms"]["lcgan"]["best_iteration"] = 77
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match="no answers of lcgan at iteration 77"):
        report.run(params, NoTracking())


def test_the_user_s_own_folder_is_named_as_such(results_of):
    results = results_of(source="lamost")
    assert "data/raw/lamost" in provenance(results)["line"]
    assert "STELIB" not in provenance(results)["line"]
    assert not any("re-observ" in limit for limit in limits(results))


def test_limits_count_the_stars(results_of):
    lines = limits(results_of(stars_kept_out={"O": ["HD 46223"]}))
    assert any("come from 7 stars" in line for line in lines)
    assert any("rest on 1 O star." in line for line in lines)


@pytest.mark.parametrize("stars", [{}, {"O": ["HD 46223"]}])
def test_the_table_of_unseen_stars_is_there_if_stars_are(results_of, stars):
    drawn = dict.fromkeys(TITLES, "<svg></svg>")
    text = render(results_of(stars_kept_out=stars), drawn, sizes=[], seed=1, n_samples=2)
    assert ("one by one</h3>" in text) == bool(stars)
    assert "</html>" in text


@pytest.mark.parametrize("scale", ["default", "tiny"])
def test_a_tiny_run_s_page_says_that_its_figures_mean_nothing(results_of, scale):
    drawn, found = dict.fromkeys(TITLES, "<svg></svg>"), results_of()
    runs = {name: {**run, "scale": scale} for name, run in found.runs.items()}
    results = dataclasses.replace(found, runs=runs)
    text = render(results, drawn, sizes=[], seed=1, n_samples=2)
    assert ("no figure of this page means anything" in text) == (scale == "tiny")


def test_table_1_keeps_the_paper_s_sets_apart(results_of):
    table = table_1(results_of().table1)
    assert [row["name"] for row in table["paper"]] == [f"data_set_{n}" for n in range(1, 6)]
    assert table["paper"][4]["cells"]["O"]["n_paper"] == 10000
    assert table["kept_classes"] == ["O", "F", "G", "K", "B"]


def test_the_commit_and_day_come_from_the_run_records():
    first = {"scale": "default", "started": "2026-01-02 03:04", "git_commit": "a" * 40}
    last = {"scale": "default", "git_commit": "b" * 40, "git_dirty": True}
    made = made_by({"observe": first, "train_classifier@sgan": last})
    assert made["started"] == "2026-01-02 03:04"
    assert made["commit"] == "bbbbbbbbbb with uncommitted changes"
    assert made_by({"observe": {"scale": "default"}})["commit"] == ""
