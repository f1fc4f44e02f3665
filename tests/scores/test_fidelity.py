"""Sets of spectra against halves of real ones; what may choose, and how."""

import json

import numpy as np
import pytest

from lcgan.errors import UserError
from lcgan.scores import embedding
from lcgan.scores.bars import BARS, met
from lcgan.scores.choose import choose, rule
from lcgan.scores.classifier_test import by_spectrum, by_star, classifier_tests
from lcgan.scores.fidelity import by_part, fidelity, held_out_fidelity, mean, parts
from lcgan.scores.gan_test import white_noise
from lcgan.scores.likeness import Likeness, OSpectra
from lcgan.scores.measures import CONTROLS, MEASURES, usable
from lcgan.scores.memorised import memorised
from lcgan.scores.seen import halves, real_o, see
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise

GRID = wavelength_grid()


def o_stars(names: str, each: int, seed: int, noise: float = 0.02) -> np.ndarray:
    """Return `each` noisy spectra of every star; its name decides its lines."""
    rng, flux = np.random.default_rng(seed), []
    for name in names:
        depth = 0.1 + 0.02 * (ord(name) - ord("a"))
        clean = (GRID / 5000) ** (-2 + 0.3 * rng.normal(size=(each, 1)))
        for line in (4472.7, 4542.9, 4687.0, 4862.7):
            clean = clean * (1 - depth * np.exp(-0.5 * ((GRID - line) / 3) ** 2))
        flux.append(clean + noise * rng.lognormal(0, 0.5, (each, 1)) * rng.normal(size=clean.shape))
    return standardise(np.concatenate(flux))


@pytest.fixture(scope="module")
def known():
    """Data set 1 of stars a, b, c; leakage-free of a, b, c and of z, which is unseen."""
    training = o_stars("abc", 12, 1)
    embed = embedding.fit(training)
    star = np.repeat(list("abcz"), 8)
    real = real_o(
        see(training, embed),
        see(o_stars("abcz", 8, 2), embed),
        star,
        "abc",
        np.random.default_rng(0),
    )
    return real, embed


@pytest.fixture(scope="module")
def rows(known):
    real, embed = known
    rising = (GRID / 5000) ** -0.5 + 0.02 * np.random.default_rng(2).normal(size=(40, 3700))
    sets = {
        "white_noise": white_noise(40, 3700, np.random.default_rng(1)),
        "training_copied": real.training.flux,
        "memorised": memorised(real.training.flux, np.random.default_rng(4)),
        "real_f": standardise(rising),
        "good": o_stars("abcz", 10, 3),
    }
    found = {name: fidelity(see(flux, embed), real, 40, 1) for name, flux in sets.items()}
    return found | {"held_out": held_out_fidelity(real, 1)}


def test_halves_share_every_star_and_no_spectrum():
    star = np.array(list("aaabbbbccz" * 3))
    one, other = halves(star, np.random.default_rng(0))
    assert sorted([*one, *other]) == list(range(30))
    assert len(one) == len(other)
    for name in "abc":
        assert abs((star[one] == name).sum() - (star[other] == name).sum()) <= 1


def test_too_few_leakage_free_spectra_are_said(known):
    real, _ = known
    with pytest.raises(UserError, match=r"datasets.data_set_2.O: leaves 5 .* by 3 or more"):
        real_o(real.training, real.held_out[:5], "aabbc", "ab", np.random.default_rng(0))


def test_held_out_real_o_is_good_and_noise_is_bad_by_the_scores_of_likeness(rows):
    for name in ("precision", "density", "frechet", "kernel_distance", "width_ks", "slope_ks"):
        assert usable(name, rows), name
        bad = {row: MEASURES[name].badness(rows[row][name]) for row in rows}
        assert (
            bad["good"] < bad["real_f"] < bad["white_noise"]
            or bad["good"] < bad["real_f"] == (bad["white_noise"])
        ), name
    assert set(MEASURES) <= set(rows["good"]) and set(rows["good"]) == set(rows["held_out"])


def test_copies_are_closer_than_held_out_spectra(rows):
    assert rows["training_copied"]["authenticity"] == 0
    assert rows["training_copied"]["closer"] == 1
    assert 0.5 < rows["memorised"]["authenticity"] < 1.5  # which fresh noise hides
    assert rows["held_out"]["authenticity"] == pytest.approx(1)
    assert rows["good"]["authenticity"] == pytest.approx(1.3, abs=0.5)


def test_a_set_without_the_unseen_star_covers_the_training_stars_alone(known):
    real, _ = known
    found = by_part(real.training, real, 36, 1)
    assert {name: part["n"] for name, part in found.items()} == {
        **{"all": 32, "training_stars": 24, "unseen_stars": 8}
    }
    assert found["training_stars"]["coverage"] > 0.5 > found["unseen_stars"]["coverage"]


def test_controls_are_the_same_whatever_is_scored_beside_them():
    o = OSpectra(
        o_stars("abc", 12, 1),
        o_stars("abcz", 8, 2),
        o_stars("abc", 3, 1),
        np.repeat(list("abcz"), 8),
        set("abc"),
    )
    bad = {
        "white_noise": white_noise(20, 3700, np.random.default_rng(1)),
        "training_copied": o.training,
        "memorised": memorised(o.training, np.random.default_rng(4)),
    }
    bad["real_f"] = o_stars("g", 20, 5)[:, ::-1]
    found = {}
    for name, flux in (
        ("good", o_stars("abcz", 10, 3)),
        ("noisy", o_stars("abcz", 10, 3, noise=0.3)),
    ):
        likeness = Likeness(o, bad, 40, 1)
        shown, drawn = likeness.score(flux)
        found[name] = shown
        json.dumps([shown, drawn], allow_nan=False)
        assert shown["usable"]["frechet"]
    good, noisy = (found[name]["scores"].pop("generated") for name in ("good", "noisy"))
    assert found["good"]["scores"] == found["noisy"]["scores"]
    assert set(found["good"]["scores"]) == set(CONTROLS)
    assert good["frechet"] < noisy["frechet"] and good["noise_power"] < noisy["noise_power"]
    places = {
        at: likeness.places(o_stars("abc", 10, 3, noise)) for at, noise in ((10, 0.3), (20, 0.02))
    }
    chosen = likeness.choose(["frechet"], places)
    assert (chosen["iteration"], chosen["by"], chosen["n_selection"]) == (20, "frechet", 9)


def test_parts_are_whole_and_means_know_what_is_not_known():
    assert [len(part) for part in parts(np.zeros(10), 4)] == [4, 4]
    assert [len(part) for part in parts(np.zeros(3), 4)] == [3]
    assert mean([{"a": 1.0, "b": None}, {"a": 2.0, "b": 3.0}]) == {"a": 1.5, "b": None}


def test_stars_are_dealt_to_folds_of_like_size():
    star = np.repeat(list("abcdefg"), [47, 46, 23, 17, 16, 12, 12])
    fold = by_star(star)
    assert all(len(set(fold[star == name])) == 1 for name in "abcdefg")
    # the two stars of 12 join those of 16 and 17
    assert sorted(np.bincount(fold)) == [23, 28, 29, 46, 47]
    assert by_star(np.array(["a", "b", "a"])).tolist() == [0, 1, 0]


def test_a_classifier_tells_what_differs_and_nothing_else():
    rng = np.random.default_rng(0)
    real, same = rng.normal(size=(2, 200, 6))
    folds = {"star": by_star(np.repeat(list("abcdefgh"), 25)), "one": np.zeros(200, int)}
    folds["spectrum"] = by_spectrum(200, rng)
    found = classifier_tests(real, folds, same, rng)
    assert found["star"] == pytest.approx(0.5, abs=0.1)
    assert found["spectrum"] == pytest.approx(0.5, abs=0.1)
    assert found["one"] is None
    assert classifier_tests(real, folds, same + 3, rng)["star"] > 0.99


def test_a_set_of_the_real_stars_is_told_less_than_by_chance_where_stars_are_held_out():
    rng = np.random.default_rng(1)
    faces = 5 * rng.normal(size=(6, 6))
    star = np.repeat(np.arange(6), 30)
    real, other = (faces[star] + rng.normal(size=(180, 6)) for _ in range(2))
    folds = {"star": by_star(star.astype(str)), "spectrum": by_spectrum(180, rng)}
    found = classifier_tests(real, folds, other, rng)
    assert found["star"] < 0.4 < found["spectrum"] < 0.6


def controls(**values):
    return {row: {"density": values[row], "median_rms": values[row]} for row in CONTROLS}


def test_a_score_that_misplaces_a_control_is_not_used():
    good = {"held_out": 0.9, "white_noise": 0.0, "training_copied": 0.8, "real_f": 0.0}
    good["memorised"] = 0.8
    assert usable("density", controls(**good))
    assert not usable("density", controls(**good | {"training_copied": 0.95}))
    assert not usable("density", controls(**good | {"white_noise": 0.1}))
    assert not usable("density", controls(**dict.fromkeys(CONTROLS, 1.0)))
    assert not usable("density", controls(**good | {"memorised": 0.95}))
    itself = {"held_out": 0.06, "white_noise": 1.0, "training_copied": 0.0, "real_f": 0.3}
    itself["memorised"] = 0.0
    assert usable("median_rms", controls(**itself))  # Data set 1 against itself says nothing


@pytest.mark.parametrize(
    ("best", "better", "worse"),
    [
        ("density", 0.9, 0.2),
        ("frechet", 1.0, 2.0),
        ("authenticity", 0.8, 3.0),
        ("closer", 0.4, 0.9),
    ],
)
def test_which_way_scores_are_good(best, better, worse):
    badness = MEASURES[best].badness
    assert badness(better) < badness(worse) < badness(None)
    assert badness(float("nan")) == badness(None) == np.inf
    assert MEASURES["authenticity"].badness(0.0) == np.inf


def test_the_checkpoint_nearest_to_the_selection_set_is_chosen():
    selection = np.array([[0.0], [2.0]])
    places = {10: np.array([[5.0], [7], [0], [0]]), 20: np.array([[1.0], [3], [1], [3]])}
    chosen, values = choose("frechet", places, selection)
    # parts of two: means 6 and 0 from 1, variances 2 and 0 beside 2
    assert values == {10: pytest.approx((25 + 1 + 2) / 2), 20: pytest.approx(1)}
    assert chosen == 20
    assert choose(None, places, selection) == (20, {})


def test_the_rule_passes_over_scores_that_cannot_be_trusted():
    assert rule(["frechet", "density"], {"frechet": False, "density": True}) == "density"
    assert rule(["frechet"], {"frechet": False}) is None


def test_bars_are_met_on_their_side():
    bars = {bar.score: bar for bar in BARS}
    assert met(bars["coverage"], {"coverage": 0.8}) is True
    assert met(bars["c2st_auc"], {"c2st_auc": 0.76}) is False
    assert met(bars["c2st_auc"], {"c2st_auc": None}) is None
