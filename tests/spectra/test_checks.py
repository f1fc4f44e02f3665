import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.spectra import store
from lcgan.spectra.checks import faults, measure, measure_block
from lcgan.spectra.grid import grid_hash, wavelength_grid


def test_unit_spectra_have_no_faults():
    flux = np.zeros((3, 3700), "f4")
    flux[:, 5] = -1
    assert faults(flux) == []
    assert faults(np.linspace(0, 1, 3700)[None], "minmax") == []


def test_faults_name_what_and_where():
    flux = np.zeros((8, 3700))
    flux[:, 5] = 1
    flux[2, 9] = np.nan
    flux[3:5, 5] = 1.1
    assert faults(flux) == [
        "flux is not finite in 1 of 8 spectra (rows 2)",
        "2-norm is not 1 ± 1e-05 in 2 of 8 spectra (rows 3, 4)",
    ]
    assert faults(flux, "minmax")[1] == "values leave 0 to 1 in 2 of 8 spectra (rows 3, 4)"
    assert faults(flux, tolerance=0.2) == ["flux is not finite in 1 of 8 spectra (rows 2)"]
    assert faults(flux[:, :3699]) == ["shape is (8, 3699), not (n, 3700)"]
    assert faults(flux[:0]) == ["shape is (0, 3700), not (n, 3700)"]
    assert faults(np.zeros((9, 3700))) == [
        "2-norm is not 1 ± 1e-05 in 9 of 9 spectra (rows 0, 1, 2, 3, 4, ...)"
    ]


def test_measure_block_by_hand():
    flux = np.array([[3.0, -4.0], [0, 0], [np.inf, 1], [2, 2]], "f4")
    table = measure_block(flux, "norm")
    assert table["n_finite"].tolist() == [2, 2, 1, 2]
    assert table["norm"].tolist() == pytest.approx([1, 0, np.nan, 1], nan_ok=True)
    assert table["minimum"].tolist() == pytest.approx([-0.8, 0, np.nan, 0.5**0.5], nan_ok=True)
    assert table["maximum"].tolist() == pytest.approx([0.6, 0, np.nan, 0.5**0.5], nan_ok=True)
    minmax = measure_block(flux, "minmax")
    assert minmax["minimum"].tolist() == pytest.approx([0, 0, np.nan, 0], nan_ok=True)
    assert minmax["maximum"].tolist() == pytest.approx([1, 0, np.nan, 0], nan_ok=True)


def test_measure_reads_a_store_block_by_block(tmp_path, monkeypatch):
    monkeypatch.setattr(store.blocks, "__defaults__", (("flux",), 2))
    flux, ivar, mask = np.ones((5, 3700)), np.ones((5, 3700)), np.zeros((5, 3700))
    mask[3, :370] = 1
    ivar[4, :3] = np.nan, -1, 0
    with store.writing(tmp_path / "s.h5") as writer:
        writer.append(flux, ivar, mask)
    table = measure(tmp_path / "s.h5", "norm")
    assert table["row"].tolist() == [0, 1, 2, 3, 4]
    assert table["masked_fraction"].tolist() == pytest.approx([0, 0, 0, 0.1, 0])
    assert table["n_valid_ivar"].tolist() == [3700, 3700, 3700, 3700, 3698]
    assert set(table["n_pixels"]) == {3700}
    assert set(table["grid"]) == {grid_hash(wavelength_grid())}
    assert table["norm"].to_numpy() == pytest.approx(np.ones(5), abs=1e-6)


def test_an_empty_store_is_refused(tmp_path):
    with store.writing(tmp_path / "s.h5"):
        pass
    with pytest.raises(UserError, match="holds no spectra"):
        measure(tmp_path / "s.h5", "norm")
