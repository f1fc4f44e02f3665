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


def test_between_the_lines_the_error_is_the_stated_one_times_its_scale(seen, priors):
    # 0.77 in the median, lognormal with 0.17: the mean square is 0.77² exp(2 × 0.17²) = 0.63
    wavelength = lamost_wavelength()
    between = (seen.ivar > 0) & (wavelength > 4400) & (wavelength < 5400)
    chi2 = (seen.flux - seen.truth) ** 2 * seen.ivar
    drawn = np.mean(seen.draws.noise_scale**2)
    assert chi2[between].mean() == pytest.approx(drawn, rel=0.03)
    assert drawn == pytest.approx(
        priors.noise.scale**2 * np.exp(2 * priors.noise.scatter**2), rel=0.15
    )


def test_the_sky_lines_raise_the_stated_variance_and_the_error(seen):
    wavelength = lamost_wavelength()
    chi = (seen.flux - seen.truth) * np.sqrt(seen.ivar)
    for line, beside in ((5578.9, 5560.0), (6302.0, 6330.0), (8346.9, 8380.0)):
        near, off = (np.argmin(abs(wavelength - at)) for at in (line, beside))
        good = (seen.ivar[:, near] > 0) & (seen.ivar[:, off] > 0)
        ratio = seen.ivar[good, off] / seen.ivar[good, near]
        assert np.median(ratio) > 2, line
        assert chi[good, near].std() > chi[good, off].std(), line


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


HOT = ["observe.rotation.fraction={O: 1}", "observe.nebula.fraction={O: 1}"]


def test_rotation_widens_lines_and_leaves_the_light(star):
    still = load(PARAMS, ["observe.rotation.fraction.O=0"]).observe
    spun = load(PARAMS, [HOT[0], "observe.rotation.range=[250,250]"]).observe
    index = np.arange(4)
    before, after = (reobserve(star, index, p, seed=3) for p in (still, spun))
    assert (after.draws.v_sin_i == 250).all() and (before.draws.v_sin_i == 0).all()
    wavelength = lamost_wavelength()
    line = abs(wavelength - 4542.9) < 25  # He II
    # what changes is only how the line's light is spread: the mean over it stays, its core fills
    ratio = after.truth[:, line] / before.truth[:, line]
    assert ratio.mean() == pytest.approx(1, abs=0.005)
    core = abs(wavelength - 4542.9) < 1.5
    assert (after.truth[:, core] / before.truth[:, core]).mean() > 1.01


def test_nebular_lines_are_reddened_with_the_star(star):
    wet = load(PARAMS, [HOT[1], "observe.nebula.over_subtracted=0"]).observe
    dry = load(PARAMS, ["observe.nebula.fraction.O=0"]).observe
    with_gas, without = (reobserve(star, np.arange(6), p, seed=3) for p in (wet, dry))
    assert (with_gas.draws.nebula > 0).all() and (without.draws.nebula == 0).all()
    wavelength = lamost_wavelength()
    added = with_gas.truth / without.truth - 1  # over the star: free of reddening and calibration
    alpha = abs(wavelength - 6564.6) < 20
    assert (added[:, alpha].max(axis=1) > 0).all()
    far = (wavelength > 5000) & (wavelength < 6400)
    assert abs(added[:, far]).max() < 0.02  # another level of the g band, no line


def test_an_instrument_that_starts_late_and_stops_early(star):
    cut = load(
        PARAMS, ["observe.ends={blue: 1, blue_from: [3800, 3800], red: 1, red_to: [8000, 8000]}"]
    )
    seen = reobserve(star, np.arange(3), cut.observe, seed=3)
    wavelength = lamost_wavelength()
    outside = (wavelength < 3800) | (wavelength > 8000)
    assert (seen.ivar[:, outside] == 0).all() and (seen.flux[:, outside] == 0).all()
    assert (seen.andmask[:, outside] == DEAD_BIT).all()
    assert (seen.ivar[:, ~outside] > 0).mean() > 0.9


def test_the_red_arm_has_its_own_velocity(library, priors):
    star = next(s for s in library if s.class_ == "F" and not s.filled.any())
    wavelength = lamost_wavelength()
    shifted = {"mean": 40.0, "scatter": 0.0}
    still = load(PARAMS, ["observe.red_arm_shift={mean: 0, scatter: 0}"]).observe
    moved = load(PARAMS, [f"observe.red_arm_shift={shifted}"]).observe
    one, other = (reobserve(star, np.arange(1), p, seed=3).truth[0] for p in (still, moved))
    for line, velocity in ((4862.68, 0.0), (6564.61, 40.0)):
        centres = []
        for truth in (one, other):
            near = abs(wavelength - line * (1 + seen_velocity(star, still) / 299792.458)) < 10
            depth = truth[near].max() - truth[near]
            centres.append(np.average(wavelength[near], weights=depth**2))
        assert centres[1] - centres[0] == pytest.approx(line * velocity / 299792.458, abs=0.08)


def seen_velocity(star, priors):
    return reobserve(star, np.arange(1), priors, seed=3).draws.radial_velocity[0]
