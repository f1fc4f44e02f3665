import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lcgan.spectra.standardise import standardise

FLUX = arrays(np.float64, (3, 17), elements=st.floats(-1e6, 1e6).filter(lambda x: abs(x) > 1e-6))


def test_eq_1_by_hand():
    # ‖(3, -4)‖ = 5
    np.testing.assert_array_equal(
        standardise(np.array([3.0, -4.0])), np.array([0.6, -0.8], dtype=np.float32)
    )
    # a constant spectrum of 3,700 pixels is 1 / √3700 everywhere
    np.testing.assert_allclose(standardise(np.full(3700, 7.0)), 0.01643989, rtol=1e-6)


def test_minmax_by_hand():
    np.testing.assert_allclose(
        standardise(np.array([[2.0, 3.0, 6.0], [-1.0, 1.0, 0.0]]), "minmax"),
        [[0, 0.25, 1], [0, 1, 0.5]],
    )


@given(flux=FLUX, factor=st.floats(1e-3, 1e3))
def test_the_norm_is_1_and_a_spectrums_unit_does_not_matter(flux, factor):
    result = standardise(flux)
    assert result.dtype == np.float32 and result.shape == flux.shape
    np.testing.assert_allclose(np.linalg.norm(result, axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(standardise(flux * factor), result, atol=1e-6)
    np.testing.assert_array_equal(np.sign(result[np.abs(result) > 0]), np.sign(flux)[result != 0])


@given(flux=FLUX)
def test_every_spectrum_is_standardised_by_itself(flux):
    for method in ("norm", "minmax"):
        if method == "minmax" and (np.ptp(flux, axis=-1) == 0).any():
            continue
        rows = np.stack([standardise(row, method) for row in flux])
        np.testing.assert_array_equal(standardise(flux, method), rows)


def test_the_input_stays_as_it_was():
    flux = np.arange(1.0, 6.0)
    standardise(flux)
    standardise(flux, "minmax")
    np.testing.assert_array_equal(flux, np.arange(1.0, 6.0))


def test_very_small_and_very_large_units_do_not_overflow():
    flux = np.linspace(1, 2, 3700)
    for unit in (1e-17, 1e20):  # erg / s / cm² / Å; raw counts
        np.testing.assert_allclose(standardise(flux * unit), standardise(flux), rtol=1e-6)


@pytest.mark.parametrize(
    "flux, method, reason",
    [
        (np.zeros(5), "norm", "without signal"),
        (np.full(5, 3.0), "minmax", "without signal"),
        (np.array([1.0, np.nan]), "norm", "not finite"),
        (np.array([1.0, np.inf]), "minmax", "not finite"),
        (np.ones(5), "zscore", "unknown standardisation 'zscore'"),
    ],
)
def test_what_cannot_be_standardised_is_refused(flux, method, reason):
    with pytest.raises(ValueError, match=reason):
        standardise(np.stack([np.arange(1.0, len(flux) + 1), flux]), method)
