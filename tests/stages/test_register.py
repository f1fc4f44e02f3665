"""`lcgan register`: which model is offered, what is written, what the registry holds after."""

import json

import numpy as np
import pandas as pd
import pytest

from lcgan.errors import UserError
from lcgan.params import ARM_OF, Params, load
from lcgan.recognition.classes import SURVEY_CLASSES
from lcgan.spectra import store as packed
from lcgan.spectra.catalogue import COLUMNS
from lcgan.spectra.grid import wavelength_grid
from lcgan.stages import register as stage
from lcgan.tracking import registry
from lcgan.tracking import store as runs_store
from lcgan.tracking.runs import NoTracking, StageRun

FORMS = ["none_as_is", "none_weighted", "none_duplicated", "lcgan", "sgan"]
PARAMS = load("params.yaml", [f"register.arms={FORMS}"])


def proportion(k: int, n: int) -> dict:
    if n == 0:
        return {"k": 0, "n": 0, "rate": None, "low": None, "high": None}
    return {"k": k, "n": n, "rate": k / n, "low": 0.5 * k / n, "high": min(1.0, 1.1 * k / n)}


def protocol(recalled: int, n_o: int, stars: dict) -> dict:
    return {
        "recall": proportion(recalled, n_o),
        "fpr_fgk": proportion(3, 30),
        "fpr_by_class": {name: proportion(1, 10) for name in "FGK"},
        "confusion": [[recalled, n_o - recalled, 0, 0], [1, 9, 0, 0], [1, 0, 9, 0], [1, 0, 0, 9]],
        "macro_f1": 0.8125,
        "per_star": stars,
    }


def fit(selection: float, recalled: int, repeat: int, iteration: int | None) -> dict:
    return {
        "iteration": iteration,
        "repeat": repeat,
        "epochs": 7,
        "seconds": 12.5,
        "selection_macro_f1": selection,
        "selection_recall": proportion(9, 10),
        "protocols": {
            "paper": protocol(10 + recalled, 30, {"HD 1": proportion(5, 15)}),
            "leakage_free": protocol(recalled, 20, {}),
            "unseen_stars": protocol(4, 8, {"HD 46223": proportion(4, 8)}),
        },
        "contaminants": {"B": proportion(6, 12), "M": proportion(0, 0)},
    }


@pytest.fixture
def project(own_store, small_network):
    """Reports in which each form's median fit has its own score, a store and the models.

    The second of three fits is the median one. Selection and recall rank the forms in opposite
    order, and a fit that is not the median has the highest selection score of all.
    """
    scores = dict(zip(FORMS, (0.70, 0.90, 0.80, 0.85, 0.60), strict=True))
    for arm in ("none", "lcgan", "sgan"):
        forms = {}
        for form in (name for name in FORMS if ARM_OF[name] == arm):
            iteration = None if arm == "none" else 4000
            recalled = round(20 - 10 * scores[form])
            fits = [fit(score, recalled, i, iteration) for i, score in enumerate((0.99, 0, 0.1))]
            fits[1]["selection_macro_f1"] = scores[form]
            forms[form] = {
                "n_train": {"O": 105, "F": 280, "G": 280, "K": 280},
                "n_early_stop": {"O": 45, "F": 120, "G": 120, "K": 120},
                "fits": fits,
                "median_fit": 1,
                "best_iteration": iteration,
                "by_checkpoint": [],
            }
            path = own_store / f"models/classifier/{arm}/{form}.keras"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(small_network.read_bytes())
        path = own_store / f"reports/recognition/{arm}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"arm": arm, "forms": forms}))
    write_spectra(own_store)
    sets = {
        "leakage_free": {"O": [3, 0]},
        "held_out": {"F": [1], "G": [2], "K": [4, 5]},
        "data_set_1": {"O": [3, 1]},
        "data_set_5": {"F": [1], "G": [2], "K": [4]},
        "early_stop": {"O": [3], "F": [1], "G": [2], "K": [4]},
        "contaminants": {"B": [5]},
    }
    path = own_store / "data/processed/datasets.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"source": "stelib", "sets": sets, "stars_kept_out": {}}))
    return own_store


def write_spectra(folder, slope: float = -1.0) -> None:
    grid = wavelength_grid()
    flux = np.stack([(grid / 5000) ** (slope * i) for i in range(6)]).astype(np.float32)
    with packed.writing(folder / "data/interim/spectra.h5") as writer:
        writer.append(flux, np.full_like(flux, 100), np.zeros(flux.shape, dtype=np.uint8))
    rows = [dict.fromkeys(COLUMNS, "") | {"row": i, "class": it} for i, it in enumerate("OFGOKB")]
    table = pd.DataFrame(rows).assign(star=[f"star {i}" for i in range(6)], masked_pixels=0)
    table.to_csv(folder / "data/interim/catalogue.csv", index=False)


def with_arms(*forms: str) -> Params:
    block = PARAMS.register_.model_copy(update={"arms": list(forms)})
    return PARAMS.model_copy(update={"register_": block})


def test_the_form_is_chosen_by_the_median_fits_selection_score_alone(project):
    choice = stage.choose(FORMS)
    assert (choice.arm, choice.form) == ("none", "none_weighted")
    assert choice.fit["repeat"] == 1
    assert choice.selection == dict(zip(FORMS, (0.70, 0.90, 0.80, 0.85, 0.60), strict=True))
    recalled = choice.fit["protocols"]["leakage_free"]["recall"]["k"]
    assert recalled == 11, "its recall is the lowest of all, and has no say"
    assert stage.choose(["sgan", "lcgan"]).form == "lcgan"
    assert stage.choose(["sgan"]).arm == "sgan"


def test_of_equals_the_first_named_is_chosen(project):
    path = project / "reports/recognition/lcgan.json"
    path.write_text(path.read_text().replace("0.85", "0.9"))
    assert stage.choose(["none_weighted", "lcgan"]).form == "none_weighted"
    assert stage.choose(["lcgan", "none_weighted"]).form == "lcgan"


def test_a_run_registers_a_version_and_says_so(project):
    client = runs_store.client()
    experiment = runs_store.experiment_id(client, "pipeline")
    run_id = client.create_run(experiment).info.run_id
    line = stage.run(PARAMS, StageRun(client, run_id, None))
    assert line.startswith(
        "o-star version 1 (none_weighted) is the candidate; champion is now version 1: "
        "the first model of this name"
    )
    written = json.loads((project / "reports/registered.json").read_text())
    assert written["model_uri"] == "models:/o-star/1"
    assert (written["arm"], written["form"]) == ("none", "none_weighted")
    assert written["run_id"] == run_id
    assert written["aliases"] == {"candidate": "1", "champion": "1"}
    assert written["champion_before"] is None
    version = client.get_model_version("o-star", "1")
    assert version.run_id == run_id
    assert version.tags["recall_leakage_free"] == "11/20"
    assert version.tags["fpr_fgk"] == "3/30"
    assert version.tags["form"] == "none_weighted"
    run = client.get_run(run_id)
    assert run.data.metrics["recall_leakage_free"] == pytest.approx(0.55)
    assert run.data.metrics["selection_macro_f1"] == pytest.approx(0.9)
    assert {item.path for item in client.list_artifacts(run_id)} >= {
        "model_card.md",
        "registered.json",
    }
    assert [output.model_id for output in run.outputs.model_outputs] == [
        version.source.removeprefix("models:/")
    ]


def test_the_champion_is_tried_anew_on_other_spectra(project, monkeypatch):
    stage.run(with_arms("none_weighted"), NoTracking())
    again = stage.run(with_arms("none_duplicated"), NoTracking())
    assert "champion is now version 2: higher recall" in again
    assert "60.00 % against the champion's 55.00 %" in again, "12 and 11 of 20, as reported"
    tried = []
    count = stage.Trial.count
    monkeypatch.setattr(
        stage.Trial, "count", lambda self, model: tried.append(count(self, model)) or tried[-1]
    )
    stage.run(with_arms("sgan"), NoTracking())
    assert not tried, "the same spectra: the tags are compared"
    write_spectra(project, slope=-2.0)
    stage.run(with_arms("none_as_is"), NoTracking())
    ((recall, fpr),) = tried
    assert (recall["n"], fpr["n"]) == (2, 4)


def test_the_trial_counts_what_a_model_calls_o(project):
    class CallsBlueO:
        def predict(self, table):
            blue = [flux[0] > flux[-1] for flux in table["flux"]]
            assert all(len(it) == 3700 for it in table["wavelength"])
            return {"class": np.where(blue, "O", "F")}

    trial = stage.Trial.read(json.loads((project / "data/processed/datasets.json").read_text()))
    assert trial.count(CallsBlueO()) == ({"k": 1, "n": 2}, {"k": 4, "n": 4})
    assert trial.digest == stage.Trial(trial.o, trial.fgk).digest
    assert trial.digest != stage.Trial(trial.o[::-1], trial.fgk).digest


def test_the_card_says_data_training_figures_and_limits(project):
    stage.run(PARAMS, NoTracking())
    text = (project / "reports/model_card.md").read_text()
    for part in ("## Data", "## Training", "## Figures", "## Limits"):
        assert part in text
    assert "105 O, 280 F, 280 G, 280 K" in text
    assert "real O spectra of Data set 1, class weights in the loss" in text
    assert "Median of 3 fits: repeat 1, 7 epochs in 12 s" in text
    assert "none_as_is 0.7000, none_weighted 0.9000" in text
    assert "| 55.0 % (11/20) [27.5, 60.5] | 10.0 % (3/30) [5.0, 11.0] | 0.8125 |" in text
    assert "| O | 11 | 9 | 0 | 0 |" in text
    assert "HD 46223 50.0 % (4/8)" in text
    assert "Called O: B 50.0 % (6/12)" in text and "M none" not in text
    assert "No O-type spectrum taken by LAMOST was used" in text
    client = runs_store.client()
    description = client.get_model_version("o-star", "1").description
    assert "55.0 % (11/20)" in description and len(description) < registry.MAX_DESCRIPTION


def test_the_card_of_the_users_own_files_claims_no_library(project):
    path = project / "data/processed/datasets.json"
    path.write_text(path.read_text().replace("stelib", "lamost"))
    stage.run(with_arms("lcgan"), NoTracking())
    text = (project / "reports/model_card.md").read_text()
    assert "LAMOST low-resolution spectra from the folder data/raw/lamost" in text
    assert "STELIB" not in text and "No O-type spectrum" not in text
    assert "on the spectra generated at GAN iteration 4,000" in text


@pytest.mark.parametrize(
    ("forms", "remove", "message"),
    [
        ((), None, "params.yaml: register.arms: empty"),
        (("sgan",), "reports/recognition/sgan.json", "reports/recognition/sgan.json: not there"),
        (("lcgan",), "models/classifier/lcgan/lcgan.keras", "lcgan.keras: not there; run `lcgan"),
    ],
)
def test_what_is_missing_is_named_and_nothing_is_registered(project, forms, remove, message):
    if remove:
        (project / remove).unlink()
    with pytest.raises(UserError, match=message):
        stage.run(with_arms(*forms), NoTracking())
    assert not (project / "reports/registered.json").exists()
    assert not (project / "mlflow.db").exists()


@pytest.fixture
def survey(project):
    """The project with the survey arm's network, spectra and report."""
    import keras

    from lcgan.recognition.components import build

    keras.utils.set_random_seed(1)
    folder = project / "models/classifier/survey"
    folder.mkdir()
    build(3700, len(SURVEY_CLASSES), 60.0, 5).save(folder / "survey.keras")
    flux = np.random.default_rng(0).uniform(1, 2, (48, 3700)).astype(np.float32)
    (project / "data/augmented").mkdir()
    with packed.writing(project / "data/augmented/spectra.h5") as writer:
        writer.append(flux, np.ones_like(flux), np.zeros(flux.shape, np.uint8))
    sets = [*["train"] * 32, *["selection"] * 8, *["unseen"] * 8]
    lines = [f"{i},{of},{SURVEY_CLASSES[i % 8]},HD {i}" for i, of in enumerate(sets)]
    path = project / "data/augmented/catalogue.csv"
    path.write_text("\n".join(["row,set,class,star", *lines]))
    one = fit(0.77, 13, 0, None)
    shares = {name: proportion(i, 10) for i, name in enumerate(SURVEY_CLASSES)}
    one["survey"] = {
        "called_o_by_class": shares,
        "right_by_class": shares,
        "o_recall_by_star": {"HD 46223 (stelib)": proportion(9, 10)},
        "o_recall_by_snr": [{"snr_from": 10.0, "snr_to": None, **proportion(9, 12)}],
    }
    for of in one["protocols"].values():
        of["confusion"] = [[13, 7, *[0] * 6], *[[0] * 8] * 7]
    counts = dict.fromkeys(SURVEY_CLASSES, 900)
    form = {"n_train": counts, "n_early_stop": counts, "fits": [one], "median_fit": 0}
    path = project / "reports/recognition/survey.json"
    path.write_text(json.dumps({"arm": "survey", "forms": {"survey": form}}))
    return project


def test_the_survey_arm_is_offered_with_all_its_classes(survey):
    import mlflow
    import pandas as pd

    line = stage.run(with_arms("survey"), NoTracking())
    assert "version 1 (survey) is the candidate" in line
    text = (survey / "reports/model_card.md").read_text()
    assert "each of O, B, A, F, G, K, M, other" in text
    assert "Fitted to 900 O, 900 B" in text and "150 of O, B, 3965 to 6890 Å" in text
    assert "| B | 10.0 % (1/10) [5.0, 11.0] |" in text and "10 to more: 75.0 % (9/12)" in text
    assert "Adam" not in text and "| F | 0 " not in text
    runs_store.client()
    model = mlflow.pyfunc.load_model("models:/o-star@candidate")
    grid = wavelength_grid()
    table = pd.DataFrame({"flux": [(grid / 5000) ** -3.0], "wavelength": [grid]})
    (answer,) = model.get_raw_model().predict(table).to_dict("records")
    chances = [answer[f"p_{name}"] for name in SURVEY_CLASSES]
    assert sum(chances) == pytest.approx(1, abs=1e-5)
    assert answer["class"] == SURVEY_CLASSES[int(np.argmax(chances))]


def test_a_paper_arm_can_still_be_offered_beside_it(survey):
    assert stage.choose(["survey"]).arm == "survey"
    assert stage.choose(["survey", "none_weighted"]).form == "none_weighted", "0.90 against 0.77"
