import numpy as np
import pytest

from lcgan.scores.confusion import confusion, macro_f1
from lcgan.scores.gan_test import gan_test, white_noise
from lcgan.scores.gan_train import gan_train
from lcgan.scores.interval import proportion, wilson
from lcgan.scores.median_rms import median_rms
from lcgan.scores.recognition import recognition
from lcgan.scores.spread import spread
from lcgan.scores.svm import fit_o_against_f


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(303, 323, 0.906, 0.960), (292, 323, 0.867, 0.931), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1)],
)
def test_wilson_interval(k, n, low, high):
    """0 of 10: (z²/n) / (1 + z²/n) = 0.38416 / 1.38416; READING gives the others to a per mille."""
    np.testing.assert_allclose(wilson(k, n), (low, high), atol=2e-3)


def test_no_trials_give_no_rate():
    assert proportion(0, 0)["rate"] is None
    with pytest.raises(ValueError, match="no proportion"):
        wilson(5, 4)


def test_macro_f1_by_hand():
    """Rows true: [3, 1], [2, 4]: F1 = 6/9 and 8/11."""
    counts = confusion(np.array([0] * 4 + [1] * 6), np.array([0, 0, 0, 1, 0, 0, 1, 1, 1, 1]), 2)
    assert counts.tolist() == [[3, 1], [2, 4]]
    assert macro_f1(counts) == pytest.approx((6 / 9 + 8 / 11) / 2)


def test_macro_f1_leaves_out_classes_that_are_not_there():
    assert macro_f1(np.array([[2, 0, 0], [0, 3, 0], [0, 0, 0]])) == 1


def test_recognition_by_hand():
    called = {
        "O": np.array([0, 0, 1, 3]),
        "F": np.array([1, 1, 0, 1, 2]),
        "G": np.array([2, 2, 2]),
        "K": np.array([3, 0]),
    }
    found = recognition(called, ("O", "F", "G", "K"), ["x", "y", "x", "y"])
    assert (found["recall"]["k"], found["recall"]["n"]) == (2, 4)
    assert (found["fpr_fgk"]["k"], found["fpr_fgk"]["n"]) == (2, 10)
    assert found["fpr_by_class"]["F"]["rate"] == pytest.approx(0.2)
    assert found["fpr_by_class"]["K"]["rate"] == pytest.approx(0.5)
    assert found["confusion"][0] == [2, 1, 0, 1]
    assert found["per_star"]["x"]["k"] == 1 and found["per_star"]["y"]["n"] == 2


def test_always_saying_o_has_full_recall_and_shows_its_price():
    called = {name: np.zeros(5, int) for name in "OFGK"}
    found = recognition(called, ("O", "F", "G", "K"), ["x"] * 5)
    assert found["recall"]["rate"] == 1
    assert found["fpr_fgk"]["rate"] == 1
    assert found["macro_f1"] == pytest.approx(0.1)  # F1 of O = 2·5 / (5 + 20), of the others 0


def stars(kind, n, seed):
    """Unit-norm spectra that fall (O) or rise (F) with wavelength, with noise."""
    rng = np.random.default_rng(seed)
    shape = np.linspace(2, 1, 50) if kind == "O" else np.linspace(1, 2, 50)
    flux = shape + 0.05 * rng.normal(size=(n, 50))
    return flux / np.linalg.norm(flux, axis=1, keepdims=True)


def test_gan_train_rewards_likeness_and_fails_noise():
    real = {"all": stars("O", 20, 1)}
    good = gan_train(stars("O", 30, 2), stars("F", 30, 3), real)
    assert good["all"]["rate"] == 1
    noise = gan_train(white_noise(30, 50, np.random.default_rng(4)), stars("F", 30, 3), real)
    assert noise["all"]["rate"] < 0.5


def test_gan_test_tells_f_from_o():
    svm = fit_o_against_f(stars("O", 30, 1), stars("F", 30, 2))
    assert gan_test(svm, stars("O", 10, 3))["rate"] == 1
    assert gan_test(svm, stars("F", 10, 4))["rate"] == 0


def test_white_noise_has_unit_norm_and_is_drawn_by_its_generator():
    first, again = (white_noise(4, 100, np.random.default_rng(1)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1, atol=1e-6)


def test_median_rms_by_hand():
    real = np.array([[1.0, 2.0], [1.0, 2.0], [9.0, 2.0]])
    assert median_rms(real, real) == 0
    assert median_rms(np.array([[1.3, 1.2]]), real) == pytest.approx(np.sqrt((0.09 + 0.16) / 2))


def test_spread_shows_collapse():
    real = np.array([[1.0, 1.0], [3.0, 5.0]])  # standard deviations 1 and 2
    half = np.array([[1.0, 1.0], [2.0, 1.2]])  # 0.5 and 0.1
    found = spread(half, real)
    assert found["std_ratio_median"] == pytest.approx((0.5 + 0.05) / 2)
    assert found["std_ratio_above_half"] == 0.5
    assert spread(np.ones((4, 2)), real)["std_ratio_median"] == 0
