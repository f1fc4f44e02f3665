import math

import pandas as pd
import pytest

from lcgan.params import load
from lcgan.report import paper
from lcgan.report.results import FORMS
from lcgan.report.tables import (
    figure7,
    figure7_plot,
    losses_plot,
    recognition,
    sizes,
    table2,
)


def test_table_2_has_mean_and_spread_beside_the_paper(results_of):
    frame = table2(results_of()).set_index(["model", "row"])
    # GAN-test of the four checkpoints: 0.90, 0.92, 0.94, 0.96; squared distances sum to 0.002.
    assert frame.loc[("lcgan", "mean"), "gan_test"].item() == pytest.approx(0.93)
    assert frame.loc[("lcgan", "spread"), "gan_test"].item() == pytest.approx(math.sqrt(0.002 / 3))
    assert frame.loc[("lcgan", "paper"), "gan_train"].item() == 0.9150
    assert frame.loc[("sgan", "paper"), "gan_test"].item() == 0.8313


def test_table_2_has_every_checkpoint_with_counts(results_of):
    frame = table2(results_of())
    rows = frame[(frame["model"] == "sgan") & (frame["row"] == "checkpoint")]
    assert rows["iteration"].tolist() == [1500, 3000, 4500, 6000]
    assert rows["gan_train_k"].tolist() == [200, 220, 240, 260]
    assert rows["gan_train_n"].tolist() == [323] * 4
    assert rows["median_rms"].tolist() == pytest.approx([0.05, 0.06, 0.07, 0.08])


def test_table_2_has_the_controls(results_of):
    frame = table2(results_of(noise_called_o=450)).set_index(["model", "row"])
    lcgan = frame.loc["lcgan"]
    assert lcgan.loc["white noise", "gan_test"] == pytest.approx(0.9)
    assert lcgan.loc["white noise", "gan_train_k"] == 1
    assert lcgan.loc["real O, unseen", "gan_test"] == pytest.approx(80 / 92)
    assert lcgan.loc["real F", "gan_test"] == pytest.approx(0.018)
    assert lcgan.loc["training set duplicated", "gan_train"] == pytest.approx(300 / 323)
    duplicated = lcgan.loc["training set duplicated"]
    assert duplicated["gan_train_leakage_free"] == pytest.approx(150 / 173)
    assert pd.isna(duplicated["gan_test"])


def test_figure_7_takes_the_median_over_repeats(results_of):
    frame = figure7(results_of(recalled={"lcgan": (100, 121, 130)}))
    point = frame[(frame["form"] == "lcgan") & (frame["iteration"] == 4000)].iloc[0]
    # All 150 trained on are recalled as well, of 323.
    assert point["recall"] == pytest.approx(271 / 323)
    assert (point["low"], point["high"]) == pytest.approx((250 / 323, 280 / 323))
    assert point["recall_leakage_free"] == pytest.approx(121 / 173)
    assert point["leakage_free_low"] == pytest.approx(100 / 173)
    assert point["wilson_low"] < point["recall"] < point["wilson_high"]
    assert point["repeats"] == 3
    assert point["chosen"]


def test_figure_7_has_every_form_at_every_checkpoint(results_of):
    frame = figure7(results_of())
    points = list(zip(frame["form"], frame["iteration"], strict=True))
    assert points == [
        ("none_as_is", 0),
        ("none_weighted", 0),
        ("none_duplicated", 0),
        ("lcgan", 2000),
        ("lcgan", 4000),
        ("sgan", 3000),
        ("sgan", 6000),
        ("lcgan_plus", 800),
        ("lcgan_plus", 1600),
        ("equivalent_widths", 0),
        ("templates", 0),
    ]
    chosen = [True, True, True, False, True, False, True, False, True, True, True]
    assert frame["chosen"].tolist() == chosen


def test_the_recognition_table_holds_three_protocols_of_the_median_fit(results_of):
    frame = recognition(results_of()).set_index(["form", "protocol"])
    assert len(frame) == 8 * 3
    row = frame.loc[("lcgan", "leakage_free")]
    assert (row["recall_k"], row["recall_n"], row["iteration"]) == (121, 173, 4000)
    assert (row["recall_least"], row["recall_greatest"]) == pytest.approx((112 / 173, 125 / 173))
    assert (row["fpr_fgk_k"], row["fpr_fgk_n"]) == (30, 1500)
    assert frame.loc[("lcgan", "paper"), "paper_recall"] == 0.9367
    assert pd.isna(row["paper_recall"])


def test_nothing_to_count_is_no_number(results_of):
    results = results_of()
    nothing = {"k": 0, "n": 0, "rate": None, "low": None, "high": None}
    for fit in results.form("lcgan")["fits"]:
        fit["protocols"]["unseen_stars"]["recall"] = nothing
    row = recognition(results).set_index(["form", "protocol"]).loc[("lcgan", "unseen_stars")]
    assert pd.isna(row["recall"])
    assert row["recall_n"] == 0


def test_sizes_stand_beside_both_scales_and_the_paper(params):
    scales = [load("params.yaml", [f"scale={scale}"]) for scale in ("default", "paper")]
    rows = {row["what"]: row for row in sizes(params, *scales)}
    assert rows["Data set 1"]["paper"] == "150 O"
    assert rows["Data set 5"]["full"] == "10,000 each of O, F, G, K"
    assert rows["Data set 5"]["this"] == rows["Data set 5"]["default"]
    assert rows["Fits per checkpoint"]["paper"] == "10"
    gans = "LCGAN · SGAN · LCGAN+"
    assert rows[f"Generator steps, {gans}"]["default"] == "2,400 · 4,000 · 800"
    assert rows[f"Checkpoints scored, {gans}"]["default"] == "4 · 4 · 2"
    assert rows[f"Checkpoints carried to recognition, {gans}"]["full"] == "10 · 10 · 1"
    assert rows["Spectra generated at each"]["full"] == "10,000"
    assert set(rows) >= {f"Data set {number}" for number in range(1, 6)}


def test_the_paper_claims_fit_each_other():
    assert paper.RECALL["lcgan"] - paper.RECALL["sgan"] == pytest.approx(0.0331)
    ahead = paper.TABLE_2["lcgan"]["gan_test"] - paper.TABLE_2["sgan"]["gan_test"]
    assert ahead == pytest.approx(0.1235)


def test_plots_have_a_column_for_each_form(results_of):
    results = results_of()
    points = figure7(results)
    wide = figure7_plot(points).set_index("iteration")
    assert list(wide.columns) == list(FORMS)
    for _, point in points.iterrows():
        assert wide.loc[point["iteration"], point["form"]] == point["recall"]
    assert wide.notna().to_numpy().sum() == len(points)


def test_loss_plot_is_the_median_of_the_repeats_at_the_chosen_checkpoint(results_of):
    results = results_of()
    found = losses_plot(results).set_index("epoch")
    curves = results.curves["lcgan"]
    chosen = curves[curves["iteration"] == results.form("lcgan")["best_iteration"]]
    first = chosen[chosen["epoch"] == 1]["early_stop_loss"]
    assert len(first) == len(results.fits_chosen("lcgan"))
    assert found.loc[1, "lcgan"] == sorted(first)[len(first) // 2]
