import re

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.report import drawing
from lcgan.report.figures import TITLES, draw, write
from lcgan.report.likeness_figures import TITLES as LIKENESS_TITLES
from lcgan.report.observation_figures import TITLES as OBSERVATION_TITLES
from lcgan.report.spectra_figures import evenly
from lcgan.report.tables import figure7
from lcgan.report.training_figures import blocks
from lcgan.report.transfer_figures import TITLES as TRANSFER_TITLES
from lcgan.stages import paths
from lcgan.stages.report import read_results, read_spectra


@pytest.fixture(scope="module")
def drawn(reported):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(reported)
        results = read_results(1)
        return draw(results, read_spectra(results), figure7(results), n_samples=3)


def test_every_figure_is_written_and_has_something_on_it(reported):
    from matplotlib.image import imread

    files = sorted((reported / paths.FIGURES).iterdir())
    titles = TITLES | TRANSFER_TITLES | OBSERVATION_TITLES | LIKENESS_TITLES
    assert [path.name for path in files] == sorted(f"{it}.png" for it in titles)
    for path in files:
        image = imread(path)
        assert image.shape[1] > 1000
        assert (image[:, :, :3].min(axis=2) < 0.9).mean() > 0.005


def test_a_failed_figure_leaves_the_old_ones(drawn, tmp_path, monkeypatch):
    folder = tmp_path / "figures"
    folder.mkdir()
    (folder / "old.png").write_text("old")
    calls = []

    def full(figure, path):
        calls.append(path)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        path.write_text("new")

    monkeypatch.setattr(drawing, "write_png", full)
    with pytest.raises(UserError, match="No space left"):
        write(drawn, folder)
    assert [path.name for path in folder.iterdir()] == ["old.png"]
    assert [path for path in tmp_path.iterdir() if path.name.endswith(".part")] == []


def test_figures_on_the_page_take_its_colours_and_do_not_share_names(drawn):
    names = {}
    for name, figure in drawn.items():
        svg = drawing.as_svg(figure, name, TITLES[name])
        assert drawing.INK not in svg
        assert "var(--ink)" in svg
        for found in re.findall(r' id="([^"]+)"', svg):
            assert names.setdefault(found, name) == name
        for used in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg):
            assert names["".join(used)] == name


def test_the_spectra_drawn_are_the_chosen_checkpoint_and_data_set_1(project):
    spectra = read_spectra(read_results(1))
    assert spectra.iteration == {"lcgan": 4000, "sgan": 6000, "lcgan_plus": 1600}
    assert spectra.real.shape == (150, 3700)
    assert np.linalg.norm(spectra.real, axis=1) == pytest.approx(1, abs=1e-5)
    assert spectra.generated["lcgan"].shape == (40, 3700)


def test_the_median_line_is_the_median(drawn, reported, monkeypatch):
    monkeypatch.chdir(reported)
    left = drawn["real_beside_generated"].axes[0]
    spectra = read_spectra(read_results(1))
    line = next(line for line in left.lines if len(line.get_xdata()) == 3700)
    assert line.get_ydata()[100] == pytest.approx(
        np.median(spectra.real[:, 100]) * np.sqrt(3700), rel=1e-6
    )


def test_blocks_keep_the_curve():
    steps = np.arange(1, 1001)
    found = blocks(steps, steps.astype(float), most=10)
    assert found.shape == (10, 4)
    assert found[0] == pytest.approx([50.5, 5.95, 50.5, 95.05])
    assert blocks(steps[:4], np.array([1.0, 2, 3, 4]), most=10).shape == (4, 4)


def test_samples_are_spread_over_the_set():
    assert evenly(150, 4).tolist() == [0, 50, 99, 149]
    assert evenly(2, 2).tolist() == [0, 1]
