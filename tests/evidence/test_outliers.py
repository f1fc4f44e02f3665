"""What is unlike training spectra is told, what is like them is not."""

import numpy as np
import pytest

from lcgan.evidence import outliers
from lcgan.evidence.outliers import Likeness
from lcgan.spectra.grid import wavelength_grid

GRID = wavelength_grid()


def stars(n: int, seed: int, snr: float = 30.0):
    """Noisy stars of two kinds, hot and cool, whose slopes and lines vary together."""
    rng = np.random.default_rng(seed)
    hot = np.arange(n) % 2 == 0
    slope = np.where(hot, rng.normal(-3, 0.3, n), rng.normal(1, 0.3, n))
    depth = np.where(hot, rng.uniform(0.2, 0.4, n), rng.uniform(0.0, 0.1, n))
    line = np.exp(-0.5 * ((GRID - 4862.7) / 6) ** 2)
    flux = 200 * (GRID / 5500) ** slope[:, None] * (1 - depth[:, None] * line)
    sigma = np.median(flux, axis=1, keepdims=True) / snr
    flux = flux + sigma * rng.normal(size=flux.shape)
    return flux, np.broadcast_to(sigma**-2, flux.shape), np.where(hot, "O", "G").tolist()


@pytest.fixture(scope="module")
def likeness() -> Likeness:
    flux, ivar, classes = stars(200, 1)
    return outliers.fit(flux, ivar, classes, [f"star {i // 4}" for i in range(200)], 0.05)


def test_about_the_stated_part_of_new_stars_is_called_unlike(likeness):
    flux, ivar, classes = stars(400, 2)
    share = (likeness.score(flux, ivar, classes) > 1).mean()
    assert share < 0.15  # either of two measures of 5 % each; of 100 a class, so not exactly


def test_what_is_no_such_star_is_told(likeness):
    flux, ivar, classes = stars(40, 3)
    bumps = flux * (1 + 0.6 * np.exp(-0.5 * ((GRID - 6800) / 60) ** 2))  # a quasar's broad line
    step = flux * np.where(GRID > 5800, 3.0, 1.0)  # the arms' calibration failed
    ramp = flux * (GRID / 5500) ** 8  # a slope that no star here has, without any line
    for strange in (bumps, step, ramp):
        scaled = ivar * (flux / strange) ** 2
        assert (likeness.score(strange, scaled, classes) > 1).mean() > 0.95


def test_a_spectrum_far_from_those_of_the_class_that_it_is_called_is_an_outlier(likeness):
    flux, ivar, classes = stars(40, 10)
    swapped = ["G" if name == "O" else "O" for name in classes]
    assert (likeness.score(flux, ivar, classes) > 1).mean() < 0.2
    assert (likeness.score(flux, ivar, swapped) > 1).all(), (
        "each lies among others, of its own kind"
    )


def test_a_spectrum_of_noise_tells_nothing_and_is_an_outlier(likeness):
    flux, ivar, classes = stars(6, 4, snr=1.0)
    assert np.isinf(likeness.score(flux, ivar, classes)).all()


@pytest.mark.filterwarnings("error")
def test_numbers_beyond_float32_are_outliers_without_a_warning(likeness):
    flux, ivar, classes = stars(4, 6)
    flux[1] *= 1e200
    flux[2, 100] = 1e300
    score = likeness.score(flux, ivar, classes)
    assert np.isinf(score[1:3]).all()
    assert np.isfinite(score[[0, 3]]).all()


def test_a_cosmic_ray_or_a_gap_makes_no_outlier(likeness):
    flux, ivar, classes = stars(20, 5)
    clean = likeness.score(flux, ivar, classes)
    hit, lost = flux.copy(), ivar.copy()
    hit[:, 2000] *= 4
    lost[:, 100:140] = 0
    changed = likeness.score(hit, lost, classes)
    assert ((clean < 0.7) & (changed > 1)).sum() == 0 and (clean < 0.7).sum() > 5


def test_the_unit_does_not_matter_and_no_spectrum_changes_another(likeness):
    flux, ivar, classes = stars(8, 6)
    whole = likeness.score(flux, ivar, classes)
    scaled = likeness.score(flux * 1e-17, ivar * 1e34, classes)
    assert scaled == pytest.approx(whole, rel=1e-3)
    one = likeness.score(flux[2:3], ivar[2:3], classes[2:3])
    assert one[0] == pytest.approx(whole[2], rel=1e-4)


def test_a_class_without_training_spectra_has_the_widest_limits(likeness):
    flux, ivar, _ = stars(4, 7)
    widest = likeness.limits.max(axis=0)
    assert likeness.limits.shape == (2, 2) and (likeness.limits > 0).all()
    as_other = likeness.score(flux, ivar, ["other"] * 4)
    for name, limit in zip(likeness.classes, likeness.limits, strict=True):
        as_known = likeness.score(flux, ivar, [name] * 4)
        assert (as_other <= as_known + 1e-6).all() or (limit == widest).all()


def test_what_is_saved_answers_the_same(likeness, tmp_path):
    flux, ivar, classes = stars(8, 8)
    likeness.save(tmp_path / "a.npz")
    likeness.save(tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    again = Likeness.load(tmp_path / "a.npz")
    assert np.array_equal(again.score(flux, ivar, classes), likeness.score(flux, ivar, classes))


@pytest.mark.parametrize("n", [2, 5, 12])
def test_few_training_spectra_do(n):
    flux, ivar, classes = stars(n, 9)
    few = outliers.fit(flux, ivar, classes, [f"star {i}" for i in range(n)], 0.05)
    assert np.isfinite(few.mean).all() and len(few.components) < max(n, 2)
    assert not np.isnan(few.score(flux, ivar, classes)).any()
