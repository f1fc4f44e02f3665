"""Temperature scaling and its measure, on cases worked out by hand."""

import numpy as np
import pytest

from lcgan.evidence.calibration import (
    at_temperature,
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from lcgan.seeds import rng_of


def softmax(z: np.ndarray) -> np.ndarray:
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def drawn(temperature: float, n: int = 20_000):
    """Probabilities of a network that is this much too sure, and the classes they are of."""
    rng = np.random.default_rng(3)
    z = rng.normal(0, 2, (n, 4))
    honest = softmax(z)
    true = (honest.cumsum(axis=1) < rng.uniform(size=(n, 1))).sum(axis=1)
    return softmax(z * temperature), true


def test_temperature_divides_the_logits_of_a_softmax():
    # p = (0.8, 0.2): z = ln 4, so at T = 2 the odds are √4 = 2
    assert at_temperature([[0.8, 0.2]], 2.0)[0] == pytest.approx([2 / 3, 1 / 3])
    p, _ = drawn(1.0, 50)
    assert at_temperature(p, 1.0) == pytest.approx(p)
    assert (at_temperature(p, 3.0).argmax(axis=1) == p.argmax(axis=1)).all()
    assert at_temperature(np.array([[1.0, 0.0]], np.float32), 2.0)[0, 0] == pytest.approx(1.0)
    assert np.isnan(at_temperature([[np.nan, np.nan]], 2.0)).all()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_a_network_was_spoilt_by_is_found(temperature):
    p, true = drawn(temperature)
    found = fit_temperature(p, true)
    assert found == pytest.approx(temperature, rel=0.03)
    best = -np.log(at_temperature(p, found)[np.arange(len(true)), true]).mean()
    for other in (0.9 * found, 1.1 * found):
        assert -np.log(at_temperature(p, other)[np.arange(len(true)), true]).mean() > best


def test_weights_count_as_repetition_does():
    p, true = drawn(2.0, 400)
    weight = np.arange(400) % 3
    repeated = np.repeat(np.arange(400), weight)
    assert fit_temperature(p, true, weight) == pytest.approx(
        fit_temperature(p[repeated], true[repeated]), rel=1e-6
    )


def test_a_set_without_a_mistake_asks_for_the_least_temperature_there_is():
    p = np.array([[0.9, 0.1], [0.2, 0.8]])
    assert fit_temperature(p, np.array([0, 1])) == pytest.approx(0.2, rel=0.01)


def test_bins_and_error_by_hand():
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 1.0])
    right = np.array([True, True, True, False, True, True])
    bins = reliability(confidence, right)
    assert [(b["low"], b["n"], b["k"]) for b in bins] == [(0.5, 1, 1), (0.9, 5, 4)]
    assert bins[1]["confidence"] == pytest.approx(0.96)
    # 1/6 |1 - 0.55| + 5/6 |0.8 - 0.96|
    found = expected_calibration_error(confidence, right, rng_of(1, "ece"))
    assert found["value"] == pytest.approx((0.45 + 5 * 0.16) / 6)
    assert found["low"] < found["value"] <= found["high"] and found["n"] == 6
    nothing = expected_calibration_error(np.empty(0), np.empty(0, bool), rng_of(1, "ece"))
    assert nothing == {"value": None, "low": None, "high": None, "n": 0}


def test_the_error_of_an_honest_network_is_small_and_scaling_mends_a_spoilt_one():
    p, true = drawn(2.5)
    rows = np.arange(len(true))

    def error(probabilities):
        called = probabilities.argmax(axis=1)
        confidence = probabilities[rows, called]
        return expected_calibration_error(confidence, called == true, rng_of(1, "e"))["value"]

    assert error(p) > 0.1
    assert error(at_temperature(p, fit_temperature(p, true))) < 0.01
