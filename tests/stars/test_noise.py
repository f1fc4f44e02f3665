import numpy as np
import pytest

from lcgan.stars import noise
from lcgan.stars.instrument import lamost_wavelength


def test_star_noise_alone_is_poisson():
    # four times the counts: twice the S/N
    flux = np.array([[1.0, 4.0, 1.0]])
    through = np.array([[1.0, 1.0, 4.0]])
    sigma = noise.photon_sigma(flux, through, np.zeros(1))
    assert flux / sigma == pytest.approx(np.array([[1.0, 2.0, 2.0]]))


def test_background_counts_through_the_calibration():
    # median counts 1, background 3: variance (1 + 3) / T²
    sigma = noise.photon_sigma(np.ones((1, 3)), np.ones((1, 3)), np.array([3.0]))
    assert sigma == pytest.approx(np.full((1, 3), 2.0))


def test_the_drawn_snr_is_reached():
    wavelength = lamost_wavelength()
    flux = np.random.default_rng(0).uniform(0.5, 2, (3, wavelength.size))
    snr = np.array([5.0, 40.0, 300.0])
    sigma = noise.to_snr(np.sqrt(flux), flux, snr, wavelength)
    assert noise.band_snr(flux, sigma, wavelength, "G") == pytest.approx(snr)


@pytest.mark.parametrize("correlation", [0.0, 0.25, 0.6])
def test_correlated_noise_keeps_unit_variance(correlation):
    white = np.random.default_rng(0).standard_normal((200, 3911))
    drawn = noise.correlate(white, correlation)
    assert drawn.std() == pytest.approx(1, abs=0.005)
    assert np.mean(drawn[:, 1:] * drawn[:, :-1]) == pytest.approx(correlation, abs=0.005)


def test_sky_lines_peak_where_they_are():
    wavelength = lamost_wavelength()
    row = next(i for i, line in enumerate(noise.SKY_LINES) if line[1] == "oi_5577")
    line, dipole = (shape[row] for shape in noise.sky_profiles(wavelength, np.full(3909, 3.1)))
    assert wavelength[line.argmax()] == pytest.approx(5578.9, abs=0.7)
    # the next pixel is up to half a pixel, 0.64 Å, off the centre of a line of σ = 1.32 Å
    assert np.exp(-0.5 * (0.64 / 1.32) ** 2) <= line.max() <= 1
    assert line[abs(wavelength - 5578.9) > 15].max() < 1e-3
    # what a shifted line leaves: as much too low on one side as too high on the other, at ± σ
    assert dipole.sum() == pytest.approx(0, abs=0.05)
    assert wavelength[dipole.argmax()] == pytest.approx(5578.9 + 1.32, abs=0.7)
    assert 0.515 * np.exp(0.5 - 0.5 * 0.515**2) <= dipole.max() <= 1


def test_smooth_noise_has_unit_variance_and_the_lines_width():
    white = np.random.default_rng(0).standard_normal((100, 3909))
    width = np.where(np.arange(3909) < 2000, 2.0, 3.0)  # pixels
    drawn = noise.smooth_noise(white, width)
    for part, fwhm in ((slice(50, 1950), 2.0), (slice(2050, 3850), 3.0)):
        x = drawn[:, part]
        assert x.std() == pytest.approx(1, abs=0.02)
        # two Gaussians of σ overlap as exp(-d² / 4σ²)
        sigma = fwhm / 2.3548
        assert np.mean(x[:, 1:] * x[:, :-1]) == pytest.approx(np.exp(-0.25 / sigma**2), abs=0.03)
