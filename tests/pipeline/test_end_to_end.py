"""The whole pipeline at tiny scale: one run, and what must hold of it and after it.

The tests use the one clone of `conftest.py` in their order here; each leaves it as it found it.
"""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from lcgan.files import md5_of
from lcgan.scores.measures import CONTROLS

pytestmark = pytest.mark.pipeline

ROOT = Path(__file__).resolve().parents[2]
PAPER_ARMS = ("none", "lcgan", "sgan")
ARMS = (*PAPER_ARMS, "lcgan_plus", "survey", "baselines")
#: Of the registered model, the survey arm's.
CLASSES = ("O", "B", "A", "F", "G", "K", "M", "other")
GANS = ("lcgan", "sgan", "lcgan_plus")
STAGES = [
    *("observe", "ingest", "validate", "datasets"),
    *(f"{stage}@{gan}" for stage in ("train_gan", "score_gan", "repeat_gan") for gan in GANS),
    "augment",
    *(f"train_classifier@{arm}" for arm in ARMS),
    *("register", "transfer", "report"),
]


def _ran(printed: str) -> set[str]:
    """Return the stages that `dvc repro` says it ran."""
    return set(re.findall(r"Running stage '([^']+)'", printed))


def _outputs() -> list[str]:
    """Return every output that dvc.yaml names, templates filled."""
    paths = []
    for stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].values():
        stage = stage.get("do", stage)
        for entry in [*stage.get("outs", []), *stage.get("metrics", [])]:
            path = next(iter(entry)) if isinstance(entry, dict) else entry
            names = GANS if "${item.model}" in path else ARMS if "${key}" in path else ("",)
            paths += [re.sub(r"\$\{[^}]+\}", name, path) for name in names]
    return paths


def _table(clone, path: str) -> list[dict[str, str]]:
    with (clone.folder / path).open() as file:
        return list(csv.DictReader(file))


def test_every_stage_runs_and_leaves_every_output(pipeline):
    clone, printed = pipeline
    assert _ran(printed) == set(STAGES)
    assert [path for path in _outputs() if not (clone.folder / path).exists()] == []
    assert list(clone.folder.rglob("*.part")) == []


def test_git_sees_only_metrics_and_the_lock_change(clone):
    metrics = {"reports/summary.json", "reports/validation.json", "reports/transfer.json"}
    metrics |= {f"reports/gan/{gan}{end}.json" for gan in GANS for end in ("", "_repeats")}
    metrics |= {f"reports/recognition/{arm}.json" for arm in ARMS}
    changed = clone.run("git", "status", "--porcelain", "--untracked-files=all").splitlines()
    assert {line[3:] for line in changed} == metrics | {"dvc.lock"}


def test_the_sets_have_the_sizes_asked_for(clone):
    sets = clone.read("data/processed/datasets.json")["sets"]
    counts = {name: {c: len(rows) for c, rows in classes.items()} for name, classes in sets.items()}
    assert counts["data_set_1"] == {"O": 18}
    assert counts["data_set_2"] == {"O": 35}
    assert counts["data_set_3"] == {"O": 50, "F": 40}
    assert counts["leakage_free"] == {"O": 17}
    assert set(sets["data_set_1"]["O"]) < set(sets["data_set_2"]["O"])
    assert not set(sets["data_set_1"]["O"]) & set(sets["leakage_free"]["O"])
    table = {(row["data_set"], row["class"]): row for row in _table(clone, "reports/table1.csv")}
    assert table["data_set_5", "O"]["n"] == "20" and table["data_set_5", "O"]["n_paper"] == "10000"


@pytest.mark.parametrize("gan", GANS)
def test_generated_spectra_are_packed_by_checkpoint_and_scored(clone, gan):
    import h5py

    with h5py.File(clone.folder / f"data/generated/{gan}.h5") as file:
        assert file["flux"].shape == (2, 40, 3700)
        assert file["iterations"][:].tolist() == [10, 20]
        norms = np.linalg.norm(file["flux"][:], axis=-1)
        assert not np.array_equal(file["flux"][0], file["flux"][1])
    np.testing.assert_allclose(norms, 1, atol=1e-5)
    report = clone.read(f"reports/gan/{gan}.json")
    assert [checkpoint["iteration"] for checkpoint in report["checkpoints"]] == [10, 20]
    assert [checkpoint["gan_train"]["n"] for checkpoint in report["checkpoints"]] == [35, 35]
    assert [checkpoint["gan_test"]["n"] for checkpoint in report["checkpoints"]] == [40, 40]
    assert report["chosen"]["iteration"] in (10, 20)
    controls = {name: of for name, of in report["scores"].items() if name != "generated"}
    other = clone.read(f"reports/gan/{GANS[0]}.json")["scores"]
    assert controls == {name: other[name] for name in CONTROLS}


@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_is_tested_on_real_spectra_by_three_protocols(clone, arm):
    report = clone.read(f"reports/recognition/{arm}.json")
    assert report["arm"] == arm
    assert len(report["forms"]) == {"none": 3, "baselines": 2}.get(arm, 1)
    for form in report["forms"].values():
        assert len(form["fits"]) == 1 and form["median_fit"] == 0
        protocols = form["fits"][0]["protocols"]
        assert protocols["paper"]["recall"]["n"] == 35
        assert protocols["leakage_free"]["recall"]["n"] == 17
        assert protocols["paper"]["fpr_fgk"]["n"] == 45
        assert np.sum(protocols["paper"]["confusion"]) == 35 + 45


def test_the_survey_arm_knows_every_class_and_is_the_one_that_is_registered(clone):
    form = clone.read("reports/recognition/survey.json")["forms"]["survey"]
    assert list(form["n_train"]) == list(CLASSES) and min(form["n_train"].values()) > 0
    figures = form["fits"][0]["survey"]
    assert figures["classes"] == list(CLASSES)
    table = _table(clone, "data/augmented/catalogue.csv")
    unseen = {row["star"] for row in table if row["set"] == "unseen"}
    assert not unseen & {row["star"] for row in table if row["set"] == "train"}
    assert np.sum(figures["confusion"]) == sum(row["set"] == "unseen" for row in table)
    kept_out = clone.read("data/processed/datasets.json")["stars_kept_out"]
    assert set(kept_out["O"]) <= unseen
    assert clone.read("reports/registered.json")["form"] == "survey"


def test_the_summary_is_flat_and_holds_every_figure_that_is_compared(clone):
    summary = clone.read("reports/summary.json")
    assert not [key for key, value in summary.items() if isinstance(value, (dict, list))]
    wanted = {f"{gan}.{name}" for gan in GANS for name in ("gan_train", "gan_test")}
    wanted |= {
        f"{gan}.gan_test_{control}" for gan in GANS for control in ("white_noise", "unseen_real")
    }
    likeness = ("c2st_auc", "density", "coverage", "median_rms", "std_within", "authenticity")
    wanted |= {f"{gan}.{name}" for gan in GANS for name in (*likeness, "noise_power_within")}
    names = ("recall", "recall_leakage_free", "recall_unseen_stars", "fpr_fgk", "macro_f1")
    wanted |= {f"{arm}.{name}" for arm in PAPER_ARMS for name in names}
    assert wanted - set(summary) == set()
    survey = ("augment", "train_classifier@survey")  # no part of the paper's report
    stages = [stage.replace("@", ".") for stage in STAGES[:-1] if stage not in survey]
    assert {f"wall_seconds.{stage}" for stage in stages} - set(summary) == set()


def test_the_page_stands_alone(clone):
    html = (clone.folder / "reports/report.html").read_text()
    assert len(html) > 20_000
    sources = re.findall(r"""<(?:script|img|link|iframe)[^>]+(?:src|href)=["']([^"']+)""", html)
    assert [source for source in sources if not source.startswith(("data:", "#"))] == []
    assert str(clone.folder) not in html
    assert "no figure of this page means anything" in html


def test_one_parent_run_holds_a_run_per_stage_and_none_is_left_running(clone):
    runs = clone.runs()
    assert {run.info.status for run in runs} == {"FINISHED"}
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert len(parents) == 1
    assert parents[0].data.params["scale"] == "tiny"
    assert parents[0].data.params["datasets.data_set_1.O"] == "18"
    stages = [
        run for run in runs if run.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id
    ]
    assert sorted(run.data.tags["stage"] for run in stages) == sorted(STAGES)
    commit = clone.run("git", "rev-parse", "HEAD").strip()
    assert {run.data.tags["mlflow.source.git.commit"] for run in stages} == {commit}
    by_stage = {run.data.tags["stage"]: run for run in stages}
    for stage, run in by_stage.items():
        record = clone.read(f"reports/runs/{stage.replace('@', '-')}.json")
        assert record["run_id"] == run.info.run_id
    metrics = set().union(*(run.data.metrics for run in runs))
    assert {"gan_train", "gan_test", "validation_accuracy"} <= metrics
    children = [run for run in runs if run not in stages and run not in parents]
    for arm in ARMS:
        parent = by_stage[f"train_classifier@{arm}"].info.run_id
        assert any(run.data.tags["mlflow.parentRunId"] == parent for run in children), arm


def test_run_again_it_does_nothing(clone):
    n_runs = len(clone.runs())
    printed = clone.run("dvc", "repro")
    assert _ran(printed) == set()
    assert "up to date" in printed
    assert len(clone.runs()) == n_runs


def test_the_model_answers_in_a_fresh_process_elsewhere(clone, tmp_path):
    registered = clone.read("reports/registered.json")
    assert registered["aliases"]["candidate"] == registered["version"]
    code = """
import json, sys
import mlflow, numpy, pandas
wavelength = numpy.linspace(3690.0, 9000.0, 4000)
flux = numpy.linspace(3.0, 1.0, 4000) + 0.01 * numpy.sin(wavelength)
table = pandas.DataFrame({"flux": [flux, flux * 7], "wavelength": [wavelength] * 2})
for uri in sys.argv[1:]:
    print(mlflow.pyfunc.load_model(uri).predict(table).to_json(orient="records"))
"""
    env = {key: value for key, value in clone.env.items() if key != "PYTHONPATH"}
    env["MLFLOW_TRACKING_URI"] = f"sqlite:///{clone.folder}/mlflow.db"
    uris = registered["model_uri"], "models:/o-star-tiny@candidate"
    words = [sys.executable, "-c", code, *uris]
    done = subprocess.run(words, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    by_version, by_alias = done.stdout.strip().splitlines()[-2:]
    assert by_version == by_alias
    first, second = json.loads(by_version)
    probabilities = [first[f"p_{name}"] for name in CLASSES]
    assert sum(probabilities) == pytest.approx(1, abs=1e-5)
    assert first["class"] == CLASSES[int(np.argmax(probabilities))]
    assert second["p_O"] == pytest.approx(first["p_O"], abs=1e-5)  # the flux' unit is free


def test_classify_answers_a_row_per_file_with_the_registered_model(clone, tmp_path):
    files = sorted((clone.folder / "data/raw/stelib").glob("*.fits.gz"))[:40:8]
    cut = tmp_path / "cut.fits.gz"
    cut.write_bytes(files[0].read_bytes()[:1000])
    out = tmp_path / "found.csv"
    page = tmp_path / "found.html"
    printed = clone.run("lcgan", "classify", *files, cut, "--out", out, "--page", page)
    assert "5 of 6 files" in printed
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    good = [row for row in rows if row["status"] == "ok"]
    assert {Path(row["path"]).name for row in good} == {path.name for path in files}
    for row in good:
        assert sum(float(row[f"p_{name}"]) for name in CLASSES) == pytest.approx(1, abs=1e-4)
        assert row["obsid"] and float(row["snr"]) > 0
    order = [(row["outlier"] == "True", -float(row["p_O"])) for row in good]
    assert order == sorted(order)
    n_candidates = sum(row["candidate"] == "True" for row in rows)
    assert page.read_text(encoding="utf-8").count("<article") == n_candidates
    (bad,) = (row for row in rows if row["status"] != "ok")
    assert Path(bad["path"]).name == "cut.fits.gz" and bad["reason"]


def test_one_changed_parameter_runs_only_what_depends_on_it_under_mlflows_own_run(clone, set_param):
    before = {
        path: md5_of(clone.folder / path) for path in ("data/generated", "models", "data/interim")
    }
    record = clone.read("reports/runs/report.json")
    n_runs = len(clone.runs())
    set_param("n_samples: 5", "n_samples: 2")
    printed = clone.run("mlflow", "run", ".", "-e", "main", "--env-manager", "local")
    assert "report" in _ran(printed) and _ran(printed) <= {"report", "register"}
    assert {path: md5_of(clone.folder / path) for path in before} == before
    runs = clone.runs()
    assert len(runs) == n_runs + 1 + len(_ran(printed))
    (outer,) = (run for run in runs[n_runs:] if "mlflow.parentRunId" not in run.data.tags)
    assert outer.data.tags["mlflow.project.entryPoint"] == "main"
    assert outer.data.params["report.n_samples"] == "2"
    inner = [run for run in runs[n_runs:] if run is not outer]
    assert {run.data.tags["mlflow.parentRunId"] for run in inner} == {outer.info.run_id}
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert clone.read("reports/runs/report.json")["run_id"] != record["run_id"]

    set_param("n_samples: 2", "n_samples: 5")
    printed = clone.run("dvc", "repro")
    assert _ran(printed) == set()  # restored from DVC's cache
    assert clone.read("reports/runs/report.json") == record  # and names the run that made it


def test_one_stage_alone_under_mlflow_run_with_its_own_parameters(clone):
    n_runs, generated = len(clone.runs()), md5_of(clone.folder / "data/generated/lcgan.h5")
    words = (
        "run . -e train_gan -P model=lcgan -P iterations=4 -P n_generated=41 --env-manager local"
    )
    clone.run("mlflow", *words.split(), "-P", "checkpoints=[2, 4]", "-P", "set=seed=7")
    import h5py

    with h5py.File(clone.folder / "data/generated/lcgan.h5") as file:
        assert file["flux"].shape == (2, 41, 3700)
        assert file["iterations"][:].tolist() == [2, 4]
    outer, inner = clone.runs()[n_runs:]
    assert outer.data.tags["mlflow.project.entryPoint"] == "train_gan"
    assert inner.data.tags["mlflow.parentRunId"] == outer.info.run_id
    assert {outer.info.status, inner.info.status} == {"FINISHED"}
    assert (inner.data.params["iterations"], inner.data.params["seed"]) == ("4", "7")
    assert inner.data.params["checkpoints"] == "[2, 4]"

    assert _ran(clone.run("dvc", "repro")) == set()  # the pipeline's own result is restored
    assert md5_of(clone.folder / "data/generated/lcgan.h5") == generated


def test_gans_beside_the_pipeline_s_are_trained_scored_and_resumed(clone):
    small = "study.few.forms=[lcgan_plus]; study.few.n_o=[10]"
    for key, value in {"variants": "[convolution]", "seeds": 1, "checkpoints": "[10, 20]"}.items():
        small += f"; study.other_gans.{key}={value}"
    words = ("lcgan", "gan_study", "--set", small)
    printed = clone.run(*words)
    assert "3 of 3 trainings to run" in printed and "3 of 3 trainings done" in printed
    found = list(csv.DictReader((clone.folder / "reports/study/gans.csv").open()))
    named = {(row["model"], row["variant"], row["n_o"]) for row in found}
    assert named == {("lcgan", "", ""), ("lcgan", "convolution", ""), ("lcgan_plus", "", "10")}
    whole = next(row for row in found if not row["variant"] and row["iteration"] == "20")
    own = clone.read("reports/gan/lcgan.json")["checkpoints"][-1]
    assert float(whole["gan_train"]) == pytest.approx(own["gan_train"]["rate"])  # the same training
    import h5py

    with h5py.File(clone.folder / "data/generated/lcgan_plus-n010.h5") as file:
        assert file["flux"].shape == (1, 40, 3700)
    assert "to run" not in clone.run(*words)
    more = (*words[:-1], words[-1].replace("seeds=1", "seeds=2"), "--tables")
    assert "3 of 5 trainings done" in clone.run(*more)


def test_repeated_trainings_differ_and_their_mean_is_in_the_summary(clone):
    found = clone.read("reports/gan/lcgan_plus_repeats.json")
    scores, summary = found["scores"], clone.read("reports/summary.json")
    assert found["n"] == 3 == summary["lcgan_plus.trainings"]
    assert len(set(scores["frechet"]["values"])) == 3
    assert summary["lcgan_plus.density"] == pytest.approx(scores["density"]["mean"])


def test_a_gan_that_is_not_repeated_has_the_scores_of_its_one_training(clone):
    found, summary = clone.read("reports/gan/sgan_repeats.json"), clone.read("reports/summary.json")
    assert found["n"] == 1 == summary["sgan.trainings"]
    assert found["scores"]["gan_train"]["std"] is None
    first = clone.read("reports/gan/sgan.json")
    at = [of for of in first["checkpoints"] if of["iteration"] == first["chosen"]["iteration"]]
    assert summary["sgan.gan_train_chosen"] == at[0]["gan_train"]["rate"]


def test_a_wrong_parameter_stops_the_pipeline_in_one_line(clone, set_param):
    set_param("n_samples: 5", "n_samples: 0")
    printed = clone.run("dvc", "repro", fails=True)
    assert "lcgan: params.yaml: report.n_samples: Input should be greater than 0" in printed
    assert "Traceback" not in printed
