"""Where the embedding puts real O spectra, garbage and other stars."""

import numpy as np
import pytest

from lcgan.scores import embedding
from lcgan.scores.gan_test import white_noise
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise

GRID = wavelength_grid()


def spectra(n: int, seed: int, line: float = 4687.0, slope: float = -2.5) -> np.ndarray:
    """Noisy power laws of different slopes with a line of different depths."""
    rng = np.random.default_rng(seed)
    flux = (GRID / 5000) ** (slope + 0.5 * rng.normal(size=(n, 1)))
    depth = 0.3 + 0.1 * rng.normal(size=(n, 1))
    flux = flux * (1 - depth * np.exp(-0.5 * ((GRID - line) / 4) ** 2))
    noise = np.exp(rng.normal(-3.5, 0.3, (n, 1)))
    return standardise(flux * (1 + noise * rng.normal(size=flux.shape)))


@pytest.fixture(scope="module")
def embed():
    return embedding.fit(spectra(60, 1))


def test_spectra_of_the_same_kind_lie_among_those_it_was_fitted_on(embed):
    middle = np.abs(np.median(embed(spectra(60, 2)), axis=0))
    assert middle[:10].max() < 0.6
    # what the components leave of spectra that they were not fitted on is more by its nature
    assert middle[10:].max() < 1.5
    assert embed(spectra(5, 2)).shape == (5, 12)


def test_a_steeper_continuum_moves_the_first_number_alone_by_its_spreads(embed):
    slopes = 0.5 * np.random.default_rng(1).normal(size=60)  # of those it was fitted on
    low, high = np.percentile(slopes, [16, 84])
    moved = np.median(embed(spectra(60, 2, slope=-1.5)) - embed(spectra(60, 2)), axis=0)
    assert abs(moved[0]) == pytest.approx(1 / ((high - low) / 2), rel=0.1)


def test_noise_and_a_line_that_is_elsewhere_lie_apart(embed):
    alike = np.linalg.norm(embed(spectra(60, 2)), axis=1)
    noise = embed(white_noise(20, 3700, np.random.default_rng(3)))
    assert np.linalg.norm(noise, axis=1).min() > 1.5 * alike.max()
    other = embed(spectra(60, 2, line=5200.0))
    assert np.linalg.norm(other, axis=1).mean() > 1.5 * alike.mean()


def test_it_is_frozen_and_nothing_is_drawn(embed):
    again = embedding.fit(spectra(60, 1))
    some = spectra(5, 4)
    np.testing.assert_array_equal(embed(some), again(some))
    np.testing.assert_allclose(embed(some)[2], embed(some[2:3])[0], rtol=1e-4, atol=1e-4)
    with pytest.raises(AttributeError):
        embed.spread = 1


def test_far_numbers_grow_as_a_logarithm():
    one = embedding.Components(np.zeros(1), np.eye(1))
    values = np.array([[3.0], [-np.e * embedding.BENT]])
    bent = embedding.bend(one.project(values)[0])
    assert bent[:, 0] == pytest.approx([3, -2 * embedding.BENT])
