"""The survey arm's network: what it learns, what it does not see, and its OpenVINO form."""

import keras
import numpy as np
import pytest

from lcgan.recognition.arms import Form
from lcgan.recognition.component_fit import class_weights, fit_components, rebinning
from lcgan.recognition.conversion import convert, quantise
from lcgan.recognition.fit import Labelled, probabilities
from lcgan.recognition.inference import Network
from lcgan.recognition.survey_form import Basis, ComponentSettings
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise

CLASSES = ("O", "B", "other")
SETTINGS = ComponentSettings(
    60.0,
    (Basis(("O", "B"), 6, (3965.0, 6890.0), 2), Basis((), 4, (3700.0, 8671.0), 4)),
    2,
    0.1,
)
#: Centres of one line for each class, Å.
LINES = (4542.0, 4471.0, 6563.0)


def spectra(n: int, seed: int, slope: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Continua of any slope up to `slope`, with the line of their class; their classes."""
    rng = np.random.default_rng(seed)
    grid = wavelength_grid()
    classes = np.arange(n) % len(CLASSES)
    centre = np.array(LINES)[classes][:, None]
    line = 1 - rng.uniform(0.2, 0.5, (n, 1)) * np.exp(-0.5 * ((grid - centre) / 6) ** 2)
    continuum = (grid / 5000) ** rng.uniform(-slope, slope, (n, 1))
    return standardise(continuum * line + rng.normal(0, 0.02, (n, grid.size))), classes


@pytest.fixture(scope="module")
def fitted():
    flux, classes = spectra(120, seed=1)
    rows = np.arange(120)
    parts = Labelled(rows[:90], classes[:90]), Labelled(rows[90:], classes[90:])
    return fit_components(flux, Form("survey", *parts, classes=CLASSES), SETTINGS)


def test_it_tells_lines_apart_and_says_how_well(fitted):
    flux, classes = spectra(60, seed=2)
    assert (probabilities(fitted.model, flux).argmax(1) == classes).mean() >= 0.95
    assert fitted.curves["early_stop_accuracy"][0] >= 0.9
    assert fitted.curves["train_loss"][0] < fitted.curves["early_stop_loss"][0] + 0.1
    assert fitted.best_epoch == 1


def test_continua_that_training_never_saw_change_little(fitted):
    flat, classes = spectra(60, seed=3, slope=0.0)
    steep = standardise(flat * (wavelength_grid() / 5000) ** 6)
    before, after = (probabilities(fitted.model, flux) for flux in (flat, steep))
    assert (before.argmax(1) == after.argmax(1)).all() and (before.argmax(1) == classes).all()


def test_a_basis_sees_its_own_range_alone():
    matrix = rebinning(3700, SETTINGS.bases[0])
    seen = np.flatnonzero(matrix.any(axis=1))
    grid = wavelength_grid()[seen]
    assert 3965.0 <= grid[0] < 3966 and 6888 < grid[-1] <= 6890.0
    np.testing.assert_allclose(matrix.sum(axis=0), 1)
    assert (matrix[seen] > 0).sum(axis=1).tolist() == [1] * len(seen)


def test_the_same_spectra_give_the_same_network(fitted):
    flux, classes = spectra(120, seed=1)
    rows = np.arange(120)
    parts = Labelled(rows[:90], classes[:90]), Labelled(rows[90:], classes[90:])
    again = fit_components(flux, Form("survey", *parts, classes=CLASSES), SETTINGS)
    for one, other in zip(fitted.model.get_weights(), again.model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_saved_converted_and_quantised_it_answers_the_same(fitted, tmp_path):
    flux = spectra(40, seed=4)[0]
    expected = probabilities(fitted.model, flux)
    assert expected.std(axis=0).min() > 0.1, "the spectra are told apart"
    fitted.model.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(probabilities(loaded, flux), expected)
    convert(loaded, tmp_path / "network.xml")
    np.testing.assert_allclose(Network(tmp_path / "network.xml")(flux), expected, atol=1e-4)
    quantise(loaded, spectra(60, seed=5)[0], tmp_path / "int8.xml")
    np.testing.assert_allclose(Network(tmp_path / "int8.xml")(flux), expected, atol=2e-3)


def test_weights_by_hand():
    names = np.array(["O"] * 1 + ["B"] * 4 + ["other"] * 4)
    settings = ComponentSettings(60.0, (), 2, 1.0, balance=0.5, o_weight=2.0)
    # mean size 3: O 2 · √3, the others √(3/4)
    np.testing.assert_allclose(class_weights(names, CLASSES, settings), [12**0.5, *[0.75**0.5] * 2])
