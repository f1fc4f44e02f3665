"""A study's forms compared: at the chosen checkpoint, each pair once, of all seeds."""

import numpy as np
import pandas as pd
import pytest

from lcgan.scores.answers import Answers
from lcgan.scores.benefit import Scene
from lcgan.trials import comparison, keep
from lcgan.trials.plan import Trial

ROWS = np.arange(12)
#: Rows 0 to 7 are O, of four stars; the others are not.
SCENE = Scene(
    {"leakage_free": list(range(8))},
    {"leakage_free": [8, 9, 10, 11]},
    {"B": []},
    {row: f"star {row // 2}" for row in ROWS},
)
#: Form, checkpoint → the score on the selection set, and how many O each seed recalls.
FITS = {
    ("none_as_is", None): (0.5, (2, 4)),
    ("lcgan", 1000): (0.9, (8, 8)),
    ("lcgan", 2000): (0.1, (1, 1)),
    ("smote", None): (0.5, (2, 4)),
}


@pytest.fixture
def kept(tmp_path):
    """Return what is kept of the trials, and their records."""
    folder, records = keep.Kept(tmp_path), {}
    for (form, iteration), (score, recalled) in FITS.items():
        for seed, n in enumerate(recalled):
            trial = Trial(form, iteration, seed, f"{form}{iteration}{seed}")
            fit = {"iteration": iteration, "repeat": seed, "selection_macro_f1": score}
            record = {"trial": trial.key, "form": form, "status": keep.DONE, "fit": fit}
            called = np.where(n > ROWS, 0, 1).astype(np.int8)[None]
            p_o = np.where(n > ROWS, 0.9, 0.1).astype(np.float32)[None]
            at = -1 if iteration is None else iteration
            one = Answers(ROWS, *map(np.array, ([form], [at], [seed])), p_o, called)
            folder.write(record, one)
            records[trial] = record
    return folder, records


def test_each_form_is_taken_at_its_chosen_checkpoint_with_all_its_seeds(kept):
    folder, records = kept
    forms = comparison.fitted(records, folder)
    assert list(forms) == ["none_as_is", "lcgan", "smote"]  # the order of every table
    assert forms["lcgan"].hits(range(8)).sum(axis=1).tolist() == [8, 8]
    assert forms["none_as_is"].hits(range(8)).sum(axis=1).tolist() == [2, 4]
    assert forms["none_as_is"].median_hits(range(8)).sum() == 2  # of equal scores the first


def test_few_spectra_other_networks_and_failed_trials_are_left_aside(kept):
    folder, records = kept
    more = {
        Trial("mixup", None, 0, "a", n_o=15): {"status": keep.DONE},
        Trial("mixup", None, 0, "b", network="no_attention"): {"status": keep.DONE},
        Trial("mixup", None, 0, "c"): {"status": keep.FAILED},
    }
    assert list(comparison.fitted(records | more, folder)) == ["none_as_is", "lcgan", "smote"]


def test_every_pair_is_there_once_with_the_difference_of_the_means(kept):
    folder, records = kept
    table = comparison.every_difference(comparison.fitted(records, folder), SCENE, 1)
    found = table.set_index(["ours", "other"])["difference"]
    assert found.to_dict() == {
        ("none_as_is", "lcgan"): pytest.approx(3 / 8 - 1),
        ("none_as_is", "smote"): 0,
        ("lcgan", "smote"): pytest.approx(1 - 3 / 8),
    }
    of_equals = table.set_index(["ours", "other"]).loc[("none_as_is", "smote")]
    assert (of_equals["how"], of_equals["mcnemar_p"]) == ("noise", 1)


def test_tables_and_figures_are_written_and_nothing_of_a_single_form(kept, tmp_path):
    folder, records = kept
    forms = comparison.fitted(records, folder)
    out = tmp_path / "study"
    out.mkdir()
    written = comparison.write(out, forms, SCENE, 1)
    assert [path.name for path in written] == [
        "differences.csv",
        "differences.png",
        "operating.csv",
        "operating.png",
    ]
    assert all(path.stat().st_size > 200 for path in written)
    operating = pd.read_csv(out / "operating.csv").set_index(["form", "fpr"])
    assert operating.loc[("lcgan", 0.01), "recall"] == 1
    assert operating.loc[("smote", 0.01), "recall"] == 2 / 8
    assert comparison.write(out, {"lcgan": forms["lcgan"]}, SCENE, 1) == []


def test_the_figure_colours_what_is_beyond_the_noise_alone(kept):
    folder, records = kept
    table = comparison.every_difference(comparison.fitted(records, folder), SCENE, 1)
    (axis,) = comparison.differences_figure(table).axes
    texts = {text.get_position(): text.get_text() for text in axis.texts}
    assert texts[(1, 0)] == "\u221262.5"
    assert texts[(0, 1)] == "+62.5"
    assert texts[(2, 0)] == "+0.0"
    n_beyond = (table["how_at_fpr"] != "noise").sum()
    assert (n_beyond, len(axis.patches)) == (2, 2 * n_beyond)
