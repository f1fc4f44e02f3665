import numpy as np
import pytest

from lcgan.scores import observation
from lcgan.scores.observation import chosen, compare, divided, partners
from lcgan.scores.two_sample import Sample
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise


def _sample(name, rng, slope=0.0, depth=0.0, n=48):
    """Spectra of n stars, a line of its own depth in each, of some slope and a line they share."""
    grid = wavelength_grid()
    own = rng.uniform(0, 0.4, (n, 1)) * np.exp(-0.5 * ((grid - 4861) / 8) ** 2)
    shared = depth * np.exp(-0.5 * ((grid - 6280) / 8) ** 2)
    flux = (grid / 5500) ** (slope + 0.5 * rng.standard_normal((n, 1))) * (1 - own - shared)
    flux = standardise(flux * (1 + 0.02 * rng.standard_normal(flux.shape)))
    star = np.array([f"{name}{i}" for i in range(n)])
    return Sample(flux, star, np.array(list("FGK") * (n // 3)), np.full(n, 20.0))


def test_which_are_compared():
    found = chosen(np.array(["F", "A", "K", "G"]), np.array([4.0, 50, 3.9, np.nan]))
    assert found.tolist() == [True, False, False, False]


def test_a_shared_line_shows_in_both_views_and_a_slope_in_one():
    rng = np.random.default_rng(0)
    real = _sample("r", rng)
    line, _ = compare(real, _sample("a", rng, depth=0.3), seed=1)
    slope, curves = compare(real, _sample("b", rng, slope=2.0), seed=1)
    assert line["raw"]["logistic"]["auc"] > 0.9 and line["divided"]["logistic"]["auc"] > 0.9
    assert slope["raw"]["logistic"]["auc"] > 0.9
    assert slope["divided"]["logistic"]["low"] < 0.6
    assert abs(line["raw"]["floor"]["logistic"] - 0.5) < 0.15
    assert set(curves) == {
        *(f"raw_{c}_{w}" for c in "FGK" for w in ("real", "other")),
        *("divided_real", "divided_other"),
    }
    assert curves["divided_real"][2] == pytest.approx(1, abs=0.25)


def test_a_continuum_divides_out():
    flux = standardise(np.array([np.linspace(1, 5, 3700), np.linspace(3, 2, 3700)]))
    assert divided(flux) == pytest.approx(1, abs=0.01)


def test_partners_are_three_of_the_class():
    rng = np.random.default_rng(0)
    rows = partners(_sample("r", rng, n=6), _sample("o", rng, n=48), seed=1)
    assert len(rows) == 6 * observation.PER_SPECTRUM == len(set(rows.tolist()))


def test_too_few_stars_are_said():
    rng = np.random.default_rng(0)
    found, curves = compare(_sample("r", rng, n=9), _sample("o", rng), seed=1)
    assert found["raw"] is None and "9 stars" in found["note"] and curves == {}
