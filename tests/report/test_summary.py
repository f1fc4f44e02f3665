import pytest

from lcgan.report.results import FORMS, GANS
from lcgan.report.summary import metrics, summary
from lcgan.scores.interval import proportion


def test_the_summary_has_every_key(results_of):
    wanted = {
        f"{gan}.{key}"
        for gan in GANS
        for key in (
            *("gan_train", "gan_test", "gan_test_white_noise", "gan_test_unseen_real"),
            *("c2st_auc", "c2st_by_spectrum", "density", "coverage", "median_rms", "std_within"),
            *("noise_power_within", "authenticity", "density_training_stars"),
            *("coverage_training_stars", "iteration", "trainings", "gan_train_leakage_free"),
            *("gan_train_chosen", "gan_test_chosen"),
        )
    }
    wanted |= {
        f"{form}.{key}"
        for form in ("none", *FORMS)
        for key in ("recall", "recall_leakage_free", "recall_unseen_stars", "fpr_fgk", "macro_f1")
    }
    stages = ["observe", "ingest", "validate", "datasets"]
    stages += [
        f"{stage}.{gan}" for stage in ("train_gan", "score_gan", "repeat_gan") for gan in GANS
    ]
    stages += [f"train_classifier.{arm}" for arm in ("none", *GANS, "baselines")]
    stages += ["register", "transfer"]
    wanted |= {f"wall_seconds.{stage}" for stage in [*stages, "total"]} | {"peak_memory_mib"}
    assert set(summary(results_of())) == wanted


def test_the_summary_is_of_the_median_fit_at_the_chosen_checkpoint(results_of):
    flat = summary(results_of())
    assert flat["lcgan.recall"] == pytest.approx(271 / 323)
    assert flat["lcgan.recall_leakage_free"] == pytest.approx(121 / 173)
    assert flat["lcgan.recall_unseen_stars"] == pytest.approx(40 / 92)
    none = {key: value for key, value in flat.items() if key.startswith("none.")}
    assert len(none) == 5
    assert none == {key: flat[key.replace("none.", "none_as_is.")] for key in none}
    assert flat["none_duplicated.fpr_fgk"] == pytest.approx(45 / 1500)
    assert flat["sgan.gan_test"] == pytest.approx(0.93)
    # Twenty stages of 10, 20, ... 200 s; the last has 500 + 100 × 19 MiB.
    assert flat["wall_seconds.total"] == 2100
    assert flat["peak_memory_mib"] == 2400


def test_scores_at_the_chosen_checkpoint_are_means_over_trainings(results_of):
    results = results_of()
    results.gans["lcgan"]["repeats"]["scores"]["gan_test"]["mean"] = 0.125
    flat = summary(results)
    assert flat["lcgan.gan_test_chosen"] == 0.125 != flat["lcgan.gan_test"]
    assert flat["lcgan.trainings"] == 3


def test_likeness_is_of_the_checkpoint_chosen_on_the_selection_set(results_of):
    flat = summary(results_of())
    assert flat["sgan.iteration"] == 6000
    assert flat["sgan.density"] == pytest.approx(flat["lcgan.density"] + 0.1)
    assert flat["lcgan.coverage_training_stars"] == 0.25


def test_mlflow_gets_the_paper_name_and_no_missing_number(results_of):
    results = results_of()
    for fit in results.form("sgan")["fits"]:
        fit["protocols"]["unseen_stars"]["recall"] = proportion(0, 0)
    named = metrics(summary(results))
    assert named["lcgan.validation_accuracy"] == pytest.approx(271 / 323)
    assert "sgan.recall_unseen_stars" not in named
    assert all(isinstance(value, float) for value in named.values())
    assert not any("@" in name for name in named)
