"""What the observation model's numbers are measured by, on re-observed stars and on real ones."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from lcgan import priors
from lcgan.errors import UserError
from lcgan.params import load
from lcgan.spectra.resample import resample
from lcgan.stars import alike, measure_light, measure_noise
from lcgan.stars.instrument import lamost_wavelength
from lcgan.stars.library import load_library
from lcgan.stars.reobserve import reobserve

PARAMS = Path(__file__).parents[1] / "params.yaml"


@pytest.fixture(scope="module")
def block():
    return load(PARAMS).observe


@pytest.fixture(scope="module")
def reobserved(block):
    """F and G stars re-observed twice each, beside the other stars of the library."""
    stars = [s for s in load_library() if s.class_ in "FG" and not s.filled.any()]
    rows = []
    for star in stars:
        seen = reobserve(star, np.arange(2), block, seed=11)
        for i in range(2):
            onto = resample(lamost_wavelength(), seen.flux[i], seen.ivar[i], seen.flux[i] == 0)
            rows.append(
                {
                    **{"flux": onto.flux, "ivar": onto.ivar, "mask": onto.mask},
                    **{"class_": star.class_, "plate": star.name},
                    "snr": seen.band_snr["G"][i],
                    "velocity": seen.draws.radial_velocity[i],
                }
            )
    real = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return alike.beside(real, stars, block.resolution.blue, block.resolution.red)


def test_the_resolution_put_in_is_found(reobserved, block):
    bright = reobserved.take(reobserved.snr > 30)
    blue, _ = measure_light.resolution(bright, 3.0, measure_light.BLUE)
    # the models are at the resolution put in: against an assumed 3.0 Å nothing is to be added
    assert blue == pytest.approx(3.0, abs=0.15)


def test_the_noise_put_in_is_found(reobserved, block):
    found = measure_noise.noise(reobserved)
    assert found["scale"] == pytest.approx(block.noise.scale, abs=0.06)
    assert found["correlation"] == pytest.approx(block.noise.correlation, abs=0.08)


def test_the_throughput_put_in_is_found(reobserved, block):
    found = dict(measure_noise.throughput(reobserved)["nodes"])
    put = dict(block.throughput.nodes)
    for node in (4500, 4750, 5500, 6500, 7000, 8100):
        assert found[node] == pytest.approx(put[node], rel=0.2), node


def test_the_sky_put_in_is_found(reobserved, block):
    found = measure_noise.sky(reobserved)
    for group in ("oi_5577", "oh"):
        assert found[group]["excess"] == pytest.approx(getattr(block.sky, group).excess, rel=0.5)


def test_calibration_errors_have_their_size(reobserved, block):
    found = measure_light.calibration(reobserved)
    put = block.calibration_error
    assert found["terms"][0]["amplitude"] == pytest.approx(put.terms[0].amplitude, rel=0.5)
    assert 0.5 * put.slope < found["slope"] < 2 * put.slope + 0.05


def test_what_is_dead():
    mask = np.zeros((4, 3700), dtype=bool)
    mask[0, :30] = True
    mask[1, 1400:1460] = True
    mask[2, 3116:3172] = True  # 7582 to 7680 Å
    mask[3, :10] = True
    found = priors.dead(mask)
    assert found == {"blue": 0.25, "blue_pixels": 30, "zero_run": 0.25, "a_band": 0.25}


def test_what_cannot_be_used_is_counted_and_listed_with_its_reason(lamost_file, tmp_path):
    for i in range(6):
        lamost_file(tmp_path / f"s{i}.fits", DESIG=f"star {i}")
    (tmp_path / "t.fits").write_bytes(b"no FITS")
    (tmp_path / "u.fits").write_bytes(b"")
    said = []
    n_fit = len(priors.read_real([str(tmp_path)], "fit", said.append)["snr"])
    assert [line.partition(": ")[0] for line in said[:2]] == [
        str(tmp_path / name) for name in ("t.fits", "u.fits")
    ]
    counts = f"{n_fit} spectra used, 2 files rejected, {6 - n_fit} spectra of the other half"
    assert counts in said[2] and len(said) == 3 and 0 < n_fit < 6


@pytest.mark.parametrize(
    ("found", "half", "said"),
    [
        ("nowhere", "fit", "nowhere: cannot be read .*; none of the 1 files can be used"),
        ("s.fits", "other", "s.fits: 1 spectra are of the other half, see --half$"),
    ],
)
def test_where_nothing_can_be_used_it_is_said_why(lamost_file, tmp_path, found, half, said):
    lamost_file(tmp_path / "s.fits", DESIG="star 1")
    with pytest.raises(UserError, match=said):
        priors.read_real([str(tmp_path / found)], half, list().append)


def test_where_some_are_of_the_other_half_and_the_rest_broken_both_are_said(lamost_file, tmp_path):
    lamost_file(tmp_path / "s.fits", DESIG="star 1")
    (tmp_path / "t.fits").write_bytes(b"no FITS")
    said = r": 1 spectra are of the other half, see --half; 1 files cannot be used \(.*t\.fits: "
    with pytest.raises(UserError, match=said):
        priors.read_real([str(tmp_path)], "other", list().append)


def test_params_yaml_has_what_the_fit_half_shows(real, block, tmp_path):
    """Every number that was taken over as it is measured; the pattern to its last digit."""
    table = tmp_path / "pattern.csv"
    said = []
    text = priors.run([str(real / "lamost")], "fit", table, block, said.append)
    found = yaml.safe_load(text)
    assert said[-1].startswith(f"priors: {sum(found['n'].values())} spectra used")
    assert found["n"]["G"] == 52
    assert found["noise"]["scale"] == pytest.approx(block.noise.scale, abs=0.08)
    assert found["resolution"]["blue"] == pytest.approx(block.resolution.blue, abs=0.15)
    own = Path(priors.measure_light.__file__).with_name("red_pattern.csv")
    one, other = (np.loadtxt(path, delimiter=",", skiprows=1) for path in (table, own))
    assert one[:, :2] == pytest.approx(other[:, :2], abs=2e-3)
    assert abs(one[:, 2:]) == pytest.approx(abs(other[:, 2:]), abs=5e-3)  # a sign is free


@pytest.mark.parametrize(("half", "said"), [("fit", "are needed"), ("best", "--half")])
def test_too_few_spectra_or_an_unknown_half_are_said(lamost_file, tmp_path, block, half, said):
    for i in range(3):
        lamost_file(tmp_path / f"s{i}.fits", DESIG=f"star {i}")
    with pytest.raises(UserError, match=said):
        priors.run([str(tmp_path)], half, None, block, list().append)
