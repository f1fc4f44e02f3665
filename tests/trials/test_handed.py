"""Fits that are handed out to another machine, and taken in from there."""

import json
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from small_study import PARAMS, SMALL, params_of
from typer.testing import CliRunner

from lcgan import study
from lcgan.cli import app
from lcgan.errors import UserError
from lcgan.files import read_json
from lcgan.recognition.fit import CURVES
from lcgan.torch_fits.folder import Fit as FitToDo
from lcgan.torch_fits.folder import flux_of, leave, to_do

HANDED = Path("handed")


def command(*words: str):
    """Call `lcgan study` on the small study."""
    settings = [word for text in SMALL for word in ("--set", text)]
    return CliRunner().invoke(app, ["study", "--params", str(PARAMS), *settings, *words])


def do(fits: list[FitToDo], score_rows: np.ndarray, best_epoch: int = 1) -> None:
    """Leave what a fit would, drawn by its seed."""
    for fit in fits:
        rng = np.random.default_rng(fit.seed)
        leave(
            HANDED,
            fit.name,
            p_o=rng.random(len(score_rows), np.float32),
            called=rng.integers(0, 4, len(score_rows)).astype(np.int8),
            curves=rng.random((4, 2)),
            best_epoch=np.int64(best_epoch),
            seconds=np.float64(0.5),
            by=np.str_("PyTorch 9, a GPU"),
        )


def test_what_is_handed_out_is_what_trials_train_on(project):
    found = study.hand_out(params_of(), print, HANDED)
    assert found.line.startswith(
        "6 fits in handed: do them by `PYTHONPATH=src python -m lcgan.torch_fits handed`"
    )
    fits, score_rows, n_classes = to_do(HANDED)
    assert [fit.name[:-13] for fit in fits[:3]] == [
        "none_as_is-s00",
        "lcgan-it001000-s00",
        "lcgan-it002000-s00",
    ]
    assert n_classes == 4
    flux, one = flux_of(HANDED), fits[0]
    np.testing.assert_allclose(np.linalg.norm(flux, axis=1), 1, rtol=1e-6)
    # O 0 to 3, F 10, 11, G 20, 21, K 30, 31; the store's waves are at 900 times its tens
    rows, classes = one.train
    assert classes.tolist() == [0, 0, 0, 0, 1, 1, 2, 2, 3, 3]
    for row, number in zip(rows, classes, strict=True):
        wave = flux[row].reshape(37, 100).mean(1)[[4, 13, 22, 31]] / np.array([3, 2.5, 2, 1.5])
        assert wave.argmax() == number
    assert one.settings == {
        "batch_size": 8,
        "max_epochs": 2,
        "patience": 5,
        "learning_rate": 1e-4,
        "batch_norm_momentum": 0.9,
        "batch_norm_epsilon": 1e-3,
    }
    assert one.network == {"attention": True, "residual": True, "blocks": 8}
    assert len(np.unique(score_rows)) == len(score_rows)


def test_what_was_done_is_taken_in_beside_the_other_trials_and_only_once(project):
    with pytest.raises(UserError, match="--take-in handed: no fits.json"):
        study.take_in(params_of(), print, HANDED)
    study.hand_out(params_of(), print, HANDED)
    fits, score_rows, _ = to_do(HANDED)
    do(fits[:4], score_rows)
    said = []
    found = study.take_in(params_of(), said.append, HANDED)
    assert said == ["study: 6 trials, 0 done"]
    assert found.line == "4 of 6 trials done: reports/study/torch/figure7.png"
    table = pd.read_csv("reports/study/torch/study.csv")
    assert table["status"].tolist() == ["done"] * 4 + ["missing"] * 2
    assert not Path("reports/study/study.csv").exists()
    record = read_json(Path("reports/study/trials") / f"{fits[0].name}.json")
    assert (record["by"], record["curves"].keys()) == ("PyTorch 9, a GPU", set(CURVES))
    client = mlflow.MlflowClient(f"sqlite:///{Path('mlflow.db').resolve()}")
    experiment = client.get_experiment_by_name("recognition").experiment_id
    of = client.search_runs([experiment], "tags.`mlflow.runName` = 'none_as_is s0'")
    assert of[0].data.params["by"] == "PyTorch 9, a GPU"

    assert "2 fits in handed" in study.hand_out(params_of(), print, HANDED).line
    left, score_rows, _ = to_do(HANDED)
    assert [fit.name for fit in left] == [fit.name for fit in fits[4:]]
    do(left, score_rows)
    kept = {path: path.stat().st_mtime_ns for path in Path("reports/study/trials").iterdir()}
    assert study.take_in(params_of(), print, HANDED).line.startswith("6 of 6")
    assert all(path.stat().st_mtime_ns == at for path, at in kept.items())
    with pytest.raises(UserError, match="nothing is left to hand out"):
        study.hand_out(params_of(), print, HANDED)


def test_a_folder_in_which_nothing_was_done_is_refused(project):
    study.hand_out(params_of(), print, HANDED)
    with pytest.raises(UserError, match=r"none of its 6 fits is done; run `PYTHONPATH=src python"):
        study.take_in(params_of(), print, HANDED)


def test_what_cannot_be_read_or_never_learnt_is_told_and_the_others_go_on(project):
    study.hand_out(params_of(), print, HANDED)
    fits, score_rows, _ = to_do(HANDED)
    do(fits[1:], score_rows)
    do(fits[1:2], score_rows, best_epoch=0)
    do(fits[2:3], score_rows[1:])
    (HANDED / "done" / f"{fits[0].name}.npz").write_bytes(b"PK\x03\x04 half of one")
    (HANDED / "done" / f"{fits[3].name}.npz").write_bytes(b"")
    whole = (HANDED / "done" / f"{fits[4].name}.npz").read_bytes()
    bad = whole[:300] + bytes(byte ^ 255 for byte in whole[300:400]) + whole[400:]
    (HANDED / "done" / f"{fits[4].name}.npz").write_bytes(bad)
    found = study.take_in(params_of(), print, HANDED)
    assert found.line == "1 of 6 trials done: reports/study/torch/figure7.png"
    again = "delete it, and do the fit again"
    words = [again, "no epoch had a finite", "of other spectra", again, again]
    told = {line.split(":")[0]: line for line in found.failures}
    for fit, word in zip(fits[:5], words, strict=True):
        assert word in told[fit.name[:-13]]
        assert "\n" not in told[fit.name[:-13]]


def test_a_folder_of_other_settings_is_refused(project):
    study.hand_out(params_of(), print, HANDED)
    with pytest.raises(UserError, match="none of its 6 fits is a trial of these settings"):
        study.take_in(params_of("train_classifier.max_epochs=9"), print, HANDED)


def test_the_command_hands_out_and_takes_in(project):
    done = command("--hand-out", "handed")
    assert done.stdout.startswith("study: 6 fits in handed"), done.stderr
    assert json.loads((HANDED / "fits.json").read_text())["classes"][0] == "O"
    fits, score_rows, _ = to_do(HANDED)
    do(fits, score_rows)
    done = command("--take-in", "handed")
    assert done.stdout.endswith("study: 6 of 6 trials done: reports/study/torch/figure7.png\n")


@pytest.mark.parametrize(
    "words",
    [
        ("--hand-out", "a", "--take-in", "a"),
        ("--take-in", "a", "--workers", "2"),
        ("--hand-out", "a", "--tables"),
    ],
)
def test_one_way_at_a_time(project, words):
    done = command(*words)
    assert done.exit_code == 1
    assert (
        "--hand-out, --take-in: one alone, without --tables and options of an engine" in done.stderr
    )


def test_a_folder_that_cannot_be_written_to_is_one_line(project):
    HANDED.write_text("a file")
    with pytest.raises(UserError, match="--hand-out handed: cannot be written to"):
        study.hand_out(params_of(), print, HANDED)


def test_the_network_is_of_the_blocks_that_are_asked_for_also_without_a_part(project):
    ablation = (
        "study.ablation.forms=[none_as_is]",
        "study.ablation.networks=[no_attention, blocks_6]",
    )
    asked = params_of("train_classifier.blocks=4", *ablation, "study.ablation.seeds=1")
    study.hand_out(asked, print, HANDED)
    networks = {fit.name[:-13]: fit.network for fit in to_do(HANDED)[0]}
    whole = {"attention": True, "residual": True, "blocks": 4}
    assert networks["none_as_is-s00"] == networks["lcgan-it001000-s01"] == whole
    assert networks["none_as_is-no_attention-s00"] == whole | {"attention": False}
    assert networks["none_as_is-blocks_6-s00"] == whole | {"blocks": 6}
