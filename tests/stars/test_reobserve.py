from pathlib import Path

import numpy as np
import pytest

from lcgan.params import load
from lcgan.stars.instrument import lamost_wavelength
from lcgan.stars.reobserve import DEAD_BIT, FILLED_BIT, reobserve

PARAMS = Path(__file__).parents[2] / "params.yaml"


@pytest.fixture(scope="module")
def star(library):
    return next(star for star in library if star.name == "HD046223")


@pytest.fixture(scope="module")
def priors():
    return load(PARAMS).observe


@pytest.fixture(scope="module")
def seen(star, priors):
    return reobserve(star, np.arange(60), priors, seed=5)


def test_ivar_is_that_of_the_noise_put_in(seen):
    # χ² per pixel of (observed - true flux) is 1; with 60 × 3909 pixels its error is 0.5 %
    observed = seen.ivar > 0
    chi2 = (seen.flux - seen.truth) ** 2 * seen.ivar
    assert chi2[observed].mean() == pytest.approx(1, abs=0.03)
    wavelength = lamost_wavelength()
    for line in (5578.9, 6302.0):  # where the sky's residual adds to it
        near = observed & (abs(wavelength - line) < 1.5)
        assert chi2[near].mean() == pytest.approx(1, abs=0.5)


def test_the_drawn_snr_is_recovered(seen):
    fine = (seen.ivar == 0).sum(axis=1) < 30
    # a median over 1,400 pixels, whose σ the sky lines raise here and there
    assert seen.band_snr["G"][fine] == pytest.approx(seen.draws.snr[fine], rel=0.05)
    assert np.mean(seen.band_snr["G"][fine] / seen.draws.snr[fine]) == pytest.approx(1, abs=0.01)


def test_without_data_there_is_no_ivar_and_a_mask(seen):
    dead = seen.ivar == 0
    assert dead.any()
    assert (seen.andmask[dead] == DEAD_BIT).all()
    assert (seen.andmask[~dead] == 0).all()


def test_filled_pixels_are_flagged_and_keep_their_value(seen):
    wavelength = lamost_wavelength()
    filled = seen.ormask >= FILLED_BIT
    assert filled[:, wavelength > 8150].all()
    assert not filled[:, wavelength < 8000].any()
    assert (seen.ivar[filled] > 0).all()


def test_the_same_seed_gives_the_same_bytes_whatever_else_is_observed(star, priors, seen):
    again = reobserve(star, np.array([41, 7]), priors, seed=5)
    for name in ("flux", "ivar", "andmask", "ormask"):
        one, other = getattr(seen, name)[[41, 7]], getattr(again, name)
        assert one.tobytes() == other.tobytes(), name


def test_another_seed_gives_another_noise(star, priors, seen):
    assert (reobserve(star, np.arange(1), priors, seed=6).flux[0] != seen.flux[0]).mean() > 0.99


def test_draws_keep_to_their_priors(star, priors):
    drawn = reobserve(star, np.arange(400), priors, seed=1).draws
    assert np.median(drawn.ebv) == pytest.approx(priors.ebv.median["O"], rel=0.15)
    assert drawn.ebv.min() > 0 and drawn.ebv.max() <= priors.ebv.maximum
    assert drawn.snr.min() >= priors.snr.range[0] and drawn.snr.max() <= priors.snr.range[1]
    assert drawn.radial_velocity.std() == pytest.approx(priors.radial_velocity, rel=0.1)


def test_more_dust_is_redder(star, priors):
    seen = reobserve(star, np.arange(120), priors, seed=2)
    wavelength = lamost_wavelength()
    blue, red = ((wavelength > low) & (wavelength < low + 300) for low in (4100, 7000))
    colour = np.log(seen.truth[:, red].mean(axis=1) / seen.truth[:, blue].mean(axis=1))
    assert np.corrcoef(colour, seen.draws.ebv)[0, 1] > 0.9
