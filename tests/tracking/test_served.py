"""The model as users call it: grids, number types, and spectra that cannot be used."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from lcgan.evidence.calibration import fit_temperature
from lcgan.evidence.columns import COLUMNS
from lcgan.spectra.grid import wavelength_grid
from lcgan.tracking import data_folder
from lcgan.tracking.served import KERAS, NETWORKS, OStarModel, _load_pyfunc, load
from small_model import evidence, slopes

CLASSES = ("O", "F", "G", "K")


class Slope:
    """Stands in for the network: O is the share of flux in the blue half, F the rest."""

    def __init__(self):
        self.seen = []

    def __call__(self, flux):
        self.seen.append(np.asarray(flux))
        blue = flux[:, :1850].sum(axis=1) / flux.sum(axis=1)
        return np.stack([blue, 1 - blue, 0 * blue, 0 * blue], axis=1)


@pytest.fixture
def model():
    return OStarModel(Slope(), CLASSES, 0.35)


def spectrum(wavelength):
    """A power law: hot for the exponent -4."""
    return (np.asarray(wavelength, dtype=float) / 5000) ** -4


def table(*rows):
    names = ("flux", "wavelength", "ivar")
    return pd.DataFrame([dict(zip(names, row, strict=False)) for row in rows])


def test_what_the_network_sees_has_unit_norm_on_the_grid(model):
    wavelength = np.linspace(3600, 9100, 4321)
    model.predict(table((7e-17 * spectrum(wavelength), wavelength)))
    (seen,) = model.network.seen
    assert seen.shape == (1, 3700) and seen.dtype == np.float32
    assert np.linalg.norm(seen) == pytest.approx(1, abs=1e-6)
    expected = spectrum(wavelength_grid())
    assert seen[0] == pytest.approx(expected / np.linalg.norm(expected), rel=2e-3)


@pytest.mark.parametrize(
    "wavelength",
    [
        np.linspace(3690, 8680, 20_000),
        np.linspace(3500, 9500, 1500),
        np.arange(3600, 9000),
        np.linspace(3600, 9100, 5000).astype(np.float32),
        np.geomspace(3600, 9100, 4000)[::-1],
        np.linspace(3600, 9100, 3000).tolist(),
    ],
    ids=["fine", "coarse", "integers", "float32", "descending", "list"],
)
def test_any_grid_that_covers_the_range_gives_the_same_answer(model, wavelength):
    grid = wavelength_grid()
    expected = model.predict(table((spectrum(grid), grid)))["p_O"][0]
    answer = model.predict(table((spectrum(wavelength), wavelength)))
    assert answer["reason"][0] == ""
    assert answer["class"][0] == "O"
    assert answer["p_O"][0] == pytest.approx(expected, abs=1e-3)


def test_the_scale_and_the_number_type_of_the_flux_do_not_matter(model):
    grid = wavelength_grid()
    flux = spectrum(grid)
    rows = [(flux, grid), (1e-17 * flux, grid), (flux.astype(np.float32), grid), (list(flux), grid)]
    answer = model.predict(table(*rows))
    assert np.ptp(answer["p_O"]) < 1e-6


def test_bad_spectra_get_a_reason_and_the_others_their_answer(model):
    grid = wavelength_grid()
    flux = spectrum(grid)
    short = grid[:2000]
    rows = [
        (flux, grid),
        (None, grid),
        (np.zeros_like(flux), grid),
        (np.full_like(flux, np.nan), grid),
        (flux[:-1], grid),
        (flux[:2000], short),
        (flux, grid / 10),
        (flux, np.log10(grid)),
        (["a"] * 3, [1.0, 2.0, 3.0]),
        ([], []),
        (np.ones((2, 3700)), grid),
        (flux, np.roll(grid, 5)),
        (flux, grid),
    ]
    answer = model.predict(table(*rows))
    probabilities = answer[[f"p_{name}" for name in CLASSES]]
    usable = [0, len(rows) - 1]
    assert probabilities.loc[usable].notna().all(axis=None)
    assert probabilities.drop(index=usable).isna().all(axis=None)
    assert (answer["class"].drop(index=usable) == "").all()
    assert answer["p_O"][0] == answer["p_O"][len(rows) - 1]
    assert answer["reason"].tolist() == [
        "",
        "no flux",
        "no usable pixel between 3700 and 8671 Å",
        "no usable pixel between 3700 and 8671 Å",
        "flux has 3699 values, wavelength 3700",
        "1,700 of 3,700 pixels between 3700 and 8671 Å have no data; at most 35% may",
        "no usable pixel between 3700 and 8671 Å",
        "no usable pixel between 3700 and 8671 Å",
        "flux is not a vector of numbers",
        "no flux",
        "flux is not a vector but has the shape (2, 3700)",
        "the wavelengths do not ascend",
        "",
    ]


def test_bad_pixels_do_not_count_whether_marked_by_ivar_by_nan_or_by_zero(model):
    grid = wavelength_grid()
    flux, ivar = spectrum(grid), np.ones(3700)
    clean = model.predict(table((flux, grid)))["p_O"][0]
    ivar[100:150] = 0
    spoilt, nan, zero = flux.copy(), flux.copy(), flux.copy()
    spoilt[100:150], nan[100:150], zero[100:150] = 1e6, np.nan, 0
    marked = model.predict(table((spoilt, grid, ivar), (nan, grid, None), (zero, grid, None)))
    assert marked["p_O"].tolist() == pytest.approx([clean] * 3, abs=1e-4)
    unmarked = model.predict(table((spoilt, grid)))["p_O"][0]
    assert abs(unmarked - clean) > 0.1


def test_the_index_is_kept_and_an_empty_table_gives_an_empty_answer(model):
    grid = wavelength_grid()
    rows = table((spectrum(grid), grid), (spectrum(grid)[::-1], grid))
    rows.index = ["hot", "cool"]
    answer = model.predict(rows)
    assert answer.loc["hot", "class"] == "O" and answer.loc["cool", "class"] == "F"
    assert list(model.predict(rows.iloc[:0]).columns) == list(answer.columns)


def test_answers_do_not_depend_on_the_company(model):
    grid = wavelength_grid()
    rows = [(spectrum(grid) + i / 100, grid) for i in range(150)]
    together = model.predict(table(*rows))["p_O"].to_numpy()
    alone = [model.predict(table(row))["p_O"][0] for row in rows[::50]]
    assert together[::50] == pytest.approx(alone, abs=1e-7)


@pytest.fixture(scope="module")
def folder(small_network, tmp_path_factory):
    """A registered model's data folder."""
    folder = tmp_path_factory.mktemp("model") / "data"
    settings = {"classes": CLASSES, "max_masked_fraction": 0.35}
    data_folder.write(folder, small_network, slopes(24), settings, "# A card\n")
    return folder


def test_it_answers_as_the_trained_network_kept_beside_it(folder, small_network):
    import keras

    assert (folder / KERAS).read_bytes() == small_network.read_bytes()
    loaded = _load_pyfunc(str(folder))
    grid = wavelength_grid()
    answer = loaded.predict(table((spectrum(grid), grid), (spectrum(grid)[::-1], grid)))
    found = answer[[f"p_{name}" for name in CLASSES]].to_numpy()
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-6)
    seen = [loaded.standardised(flux, grid)[1] for flux in (spectrum(grid), spectrum(grid)[::-1])]
    direct = keras.models.load_model(small_network)(np.stack(seen))
    assert found == pytest.approx(np.asarray(direct), abs=1e-5)


def test_in_8_bits_it_answers_almost_as_in_float32(folder):
    flux = slopes(60)
    exact, rounded = (load(folder, precision).network(flux) for precision in NETWORKS)
    assert exact.std(axis=0).max() > 0.05
    assert 0 < np.abs(exact - rounded).mean() < 0.05


def test_it_needs_neither_tensorflow_nor_keras(folder):
    code = (
        "import sys, pathlib, lcgan.tracking.served as served\n"
        "served.load(pathlib.Path(sys.argv[1]))\n"
        "print(sorted({'tensorflow', 'keras', 'mlflow'} & set(sys.modules)))"
    )
    words = [sys.executable, "-c", code, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def noisy(flux, seed=0):
    """The spectrum at S/N 30 and its inverse variance."""
    sigma = np.abs(flux).mean() / 30
    return flux + np.random.default_rng(seed).normal(0, sigma, len(flux)), np.full_like(
        flux, sigma**-2
    )


def test_calibrated_probabilities_are_at_the_models_temperature():
    class Sure:
        def __call__(self, flux):
            return np.tile(np.array([[0.64, 0.16, 0.16, 0.04]]), (len(flux), 1))

    model = OStarModel(Sure(), CLASSES, 0.35, temperature=2.0)
    grid = wavelength_grid()
    answer = model.predict(table((spectrum(grid), grid), (0 * grid, grid)))
    # the square roots 0.8, 0.4, 0.4, 0.2 over their sum
    found = answer[[f"calibrated_{name}" for name in CLASSES]].to_numpy()
    assert found[0] == pytest.approx(np.array([0.8, 0.4, 0.4, 0.2]) / 1.8)
    assert np.isnan(found[1]).all() and answer["p_O"][0] == 0.64


def test_evidence_stands_beside_the_answer_where_it_is_asked_for(small_network, tmp_path):
    made = evidence()
    settings = {"classes": CLASSES, "max_masked_fraction": 0.35}
    data_folder.write(tmp_path / "m", small_network, slopes(24), settings, "# A card\n", made)
    model, grid = load(tmp_path / "m"), wavelength_grid()
    line = 1 - 0.4 * np.exp(-0.5 * ((grid * (1 - 1e-3) - 4542.9) / 2) ** 2)
    flux, ivar = noisy(spectrum(grid) * line)
    rows = table((flux, grid, ivar), (flux, grid, None), (0 * grid, grid, ivar))
    rows["z"] = 1e-3
    plain, found = model.predict(rows), model.predict(rows, {"evidence": True})
    assert list(found.columns) == [*plain.columns, *COLUMNS]
    assert found[plain.columns].equals(plain)
    # 0.4 · 2 Å · √2π at S/N 30 and more
    width, error = found["ew_he_ii_4542"][0], found["ew_err_he_ii_4542"][0]
    assert width == pytest.approx(2.0, abs=3 * error) and 0 < error < 0.3
    assert isinstance(found["outlier"][0], bool)
    assert found["outlier"][0] == (found["outlier_score"][0] > 1)
    assert found.loc[1:, list(COLUMNS)].isna().sum(axis=1).tolist() == [18, 19]
    assert found["o_evidence"][1] == "undecided", "no errors are known without ivar"


def test_what_travels_with_the_model_is_of_its_own_network(small_network, tmp_path):
    made = evidence()
    settings = {"classes": CLASSES, "max_masked_fraction": 0.35}
    data_folder.write(tmp_path / "m", small_network, slopes(24), settings, "# A card\n", made)
    model = load(tmp_path / "m")
    assert set(model.held_out) == {"O", "F", "G", "K", "B"}
    p = model.network(made.held_out["O"].flux)
    called = [CLASSES[i] for i in p.argmax(axis=1)]
    unlike = made.likeness.score(*made.held_out["O"], called) > 1
    assert model.held_out["O"] == np.where(unlike, 0, p[:, 0]).tolist()
    assert 0 < unlike.sum() < len(unlike)
    true = np.repeat(range(4), [len(made.selection[name]) for name in CLASSES])
    weight = np.repeat([1 / len(made.selection[name]) for name in CLASSES], np.bincount(true))
    p = model.network(np.concatenate([made.selection[name] for name in CLASSES]))
    assert model.temperature == pytest.approx(fit_temperature(p, true, weight))
    assert model.temperature != 1.0
