"""Training spectra learnt by heart: the original's lines, noise of its level but not its own."""

import numpy as np

from lcgan.scores.memorised import memorised
from lcgan.spectra.pixel_noise import running_variance
from lcgan.spectra.standardise import standardise

PIXEL = np.arange(3700.0)


def spectra(noise: float) -> np.ndarray:
    line = 1 - 0.3 * np.exp(-0.5 * ((PIXEL - 1800) / 12) ** 2)
    rng = np.random.default_rng(0)
    return standardise(line + noise * rng.normal(size=(40, 3700))).astype(np.float32)


def test_lines_and_noise_level_stay_and_the_noise_is_another():
    flux = spectra(0.05)
    found = memorised(flux, np.random.default_rng(1))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-6)
    depth = [1 - one[:, 1795:1806].mean() / one[:, 1000:1500].mean() for one in (flux, found)]
    np.testing.assert_allclose(depth[1], depth[0], rtol=0.06)  # 3 of its 12 pixels' width
    level = [np.sqrt(np.median(running_variance(one))) for one in (flux, found)]
    np.testing.assert_allclose(level[1], level[0], rtol=0.05)
    own = [np.diff(one - one.mean(axis=0), 2) for one in (flux, found)]
    assert abs(np.corrcoef(own[0].ravel(), own[1].ravel())[0, 1]) < 0.05


def test_one_spectrum_twice_gets_other_noise_each_time():
    flux = np.repeat(spectra(0.05)[:1], 2, axis=0)
    one, other = memorised(flux, np.random.default_rng(1))
    assert np.linalg.norm(one - other) > 0.5 * np.linalg.norm(np.diff(flux[0]))


def test_without_noise_nothing_is_added():
    flux = standardise(np.linspace(1, 2, 3700)[None])
    found = memorised(flux, np.random.default_rng(1))
    np.testing.assert_allclose(found[:, 20:-20], flux[:, 20:-20], rtol=1e-5)
