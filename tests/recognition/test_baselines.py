"""The baselines without a network: what they say of spectra that are made by hand."""

import json

import numpy as np
import pytest

from lcgan.evidence.lines import LINES
from lcgan.recognition.baselines import Packed, fit_baselines
from lcgan.recognition.templates import Templates, as_probability
from lcgan.recognition.widths import WidthRegression
from lcgan.spectra import store
from lcgan.spectra.grid import N_PIXELS, wavelength_grid
from lcgan.stars.extinction import transmission

WAVELENGTH = wavelength_grid()
LINE = {line.key: line.wavelength for line in LINES}


def star(slope: float, *absorbed: str) -> np.ndarray:
    """A power law with lines 5 Å wide (r.m.s.), half as deep as the continuum is high."""
    flux = (WAVELENGTH / 5500) ** slope
    for key in absorbed:
        flux = flux * (1 - 0.5 * np.exp(-0.5 * ((WAVELENGTH - LINE[key]) / 3) ** 2))
    return flux


STARS = [
    star(-2.5, "he_ii_4542", "he_ii_4686", "he_i_4471"),
    star(-0.5, "h_delta", "ca_k"),
    star(0.5, "g_band", "ca_k"),
    star(1.5, "ca_k"),
]


def test_template_matching_is_blind_to_brightness_and_dust():
    """A spectrum is its own template, 3.7 times as bright, behind E(B-V) = 0.3 more dust."""
    flux = np.stack(STARS)
    templates = Templates(flux, np.ones_like(flux), np.arange(4), list("abcd"))
    dusty = 3.7 * flux * transmission(WAVELENGTH, np.full(4, 0.3), 3.1)
    chi2 = templates.chi_squared(dusty, np.full_like(flux, 1e4), 4)
    assert chi2.argmin(axis=1).tolist() == [0, 1, 2, 3]
    # float32 keeps seven digits of a sum that is 1e5 per pixel, of S/N up to 900
    assert np.diag(chi2).max() < 0.1 < 1 < np.sort(chi2, axis=1)[:, 1].min()
    assert as_probability(chi2, 0)[0] > 0.99 > 0.5 > as_probability(chi2, 0)[1:].max()


def test_chi_squared_by_hand():
    """Flat template, noise of ±1 about 10 with error 1: the scale is 10, χ² per pixel 1."""
    flat = np.ones((1, N_PIXELS))
    templates = Templates(flat, flat, np.array([0]), ["a"])
    noisy = 10 + np.where(np.arange(N_PIXELS) % 2, 1.0, -1.0)[None]
    ivar = np.ones_like(noisy)
    ivar[0, 3000:] = 0
    noisy[0, 3000:] = -50
    assert templates.chi_squared(noisy, ivar, 2)[0] == pytest.approx([1.0, np.inf], rel=1e-3)


def test_a_star_s_template_is_the_mean_of_its_spectra_by_their_weights():
    flux = np.stack([np.full(N_PIXELS, 1.0), np.full(N_PIXELS, 1.0)])
    flux[1, 100] = 4.0  # seen three times as well
    templates = Templates(flux, np.array([[1.0], [3.0]]) * flux**0, np.array([2, 2]), ["a", "a"])
    assert templates.classes.tolist() == [2]
    ratio = templates.flux[0, 100] / templates.flux[0, 0]
    assert ratio == pytest.approx((1 + 3 * 4) / 4, rel=2e-3)


def test_widths_tell_classes_and_a_missing_width_counts_as_the_median():
    rng = np.random.default_rng(0)
    widths = rng.normal(0, 0.1, (80, len(LINES)))
    classes = np.arange(80) % 4
    widths[np.arange(80), classes] += 2
    widths[:, 6] = np.nan  # a line that nobody measured
    model = WidthRegression().fit(widths, classes)
    assert (model.probabilities(widths).argmax(axis=1) == classes).all()
    some = np.full((1, len(LINES)), np.nan)
    some[0, 2] = 2.0
    assert model.probabilities(some).argmax() == 2


def test_both_are_fitted_on_the_training_spectra_and_find_the_others(tmp_path):
    rng = np.random.default_rng(1)
    flux = np.repeat(STARS, 10, axis=0) * (1 + 0.02 * rng.normal(size=(40, N_PIXELS)))
    with store.writing(tmp_path / "spectra.h5") as writer:
        writer.append(flux, np.full_like(flux, 2500.0), np.zeros_like(flux))
    rows = {name: list(range(10 * i, 10 * i + 6)) for i, name in enumerate("OFGK")}
    sets = {"data_set_1": {"O": rows["O"]}, "data_set_5": rows}
    sets["early_stop"] = {name: of[4:] for name, of in rows.items()}
    packed = Packed(tmp_path / "spectra.h5", {i: str(i // 5) for i in range(40)}, np.zeros(40))
    held = np.array([row for i in range(4) for row in range(10 * i + 6, 10 * i + 10)])
    outcomes = fit_baselines(sets, packed, held, tmp_path)
    assert [one.job.form.name for one in outcomes] == ["equivalent_widths", "templates"]
    for one in outcomes:
        assert one.job.form.counts("train") == {name: 4 for name in "OFGK"}
        np.testing.assert_array_equal(one.called, np.repeat(np.arange(4), 4))
        assert one.p_o[:4].min() > 0.5 > one.p_o[4:].max()
    assert json.loads((tmp_path / "equivalent_widths.json").read_text())["classes"] == list("OFGK")
    with np.load(tmp_path / "templates.npz") as kept:
        assert kept["flux"].shape == (4, N_PIXELS)
