"""The table and the figure of GANs beside the pipeline's, of scores that are made up."""

import pandas as pd
import pytest

from lcgan.trials.gan_tables import DRAWN, ablation, figure, table, write


def record(variant: str, number: int, value: float, n_o: int | None = None, status: str = "done"):
    scores = {at: dict.fromkeys(DRAWN, value + int(at) / 1e4) for at in ("600", "2400")}
    own = {"form": "lcgan", "network": variant, "n_o": n_o, "seed": number, "status": status}
    return own | {"wall_seconds": 7.0, "scores": scores if status == "done" else {}}


RECORDS = [
    *(record("", number, value) for number, value in enumerate((0.1, 0.2, 0.3))),
    *(record("no_dropout", number, value) for number, value in enumerate((0.5, 0.7))),
    record("no_dropout", 2, 0.0, status="failed"),
    record("", 0, 0.9, n_o=15),
]


def test_a_line_per_training_that_ended_well_and_checkpoint():
    lines = table(RECORDS)
    assert len(lines) == 2 * 6
    assert lines["coverage"].tolist()[:2] == pytest.approx([0.16, 0.34])
    assert lines["n_o"].dropna().tolist() == [15, 15]
    assert table([]).empty


def test_the_ablation_has_mean_and_scatter_over_trainings():
    found = ablation(table(RECORDS[:6])).set_index(["iteration", "variant"])
    whole = found.loc[(600, "")]
    assert whole["density_mean"] == pytest.approx(0.26)
    assert whole["density_std"] == pytest.approx(0.1)
    assert (whole["trainings"], found.loc[(2400, "no_dropout")]["trainings"]) == (3, 2)


def test_both_are_written_and_gans_of_few_spectra_stay_out_of_the_ablation(tmp_path):
    paths = write(tmp_path, table(RECORDS))
    assert [path.name for path in paths] == ["gans.csv", "gan_ablation.csv", "gan_ablation.png"]
    assert pd.read_csv(paths[1])["trainings"].sum() == 10
    assert paths[2].read_bytes().startswith(b"\x89PNG")
    assert write(tmp_path, table([])) == []


def test_the_figure_has_a_row_per_variant_and_every_training():
    axes = figure(table(RECORDS[:6])).axes
    assert [text.get_text() for text in axes[0].get_yticklabels()] == ["no dropout", "LCGAN"]
    assert len(axes) == len(DRAWN)
    points = [line for line in axes[0].lines if line.get_marker() == "o"]
    assert sum(len(line.get_xdata()) for line in points) == 10
