"""What LCGAN+ has beside LCGAN: lines that vary from the start, about a middle without jags."""

import numpy as np

from lcgan.gan import lcgan_plus
from lcgan.params import load
from lcgan.spectra.continuum import LINE_SCALE, lines
from lcgan.spectra.grid import wavelength_grid
from lcgan.spectra.standardise import standardise

SETTINGS = load("params.yaml").train_gan.lcgan_plus
LINE = np.exp(-0.5 * ((wavelength_grid() - 4542.9) / 6) ** 2)


def spectra(n: int = 120) -> np.ndarray:
    """Return spectra whose one line and whose slope vary."""
    rng = np.random.default_rng(0)
    depth, slope = 0.3 + 0.1 * rng.normal(size=(n, 1)), rng.normal(-2, 0.5, size=(n, 1))
    flux = (wavelength_grid() / 5500) ** slope * (1 - depth * LINE)
    return standardise(flux + 0.01 * rng.normal(size=flux.shape)).astype(np.float32)


def generated(line_modes: int) -> np.ndarray:
    """Return what the generator makes before its first step."""
    flux = spectra()
    units = lcgan_plus.scaling(flux)
    settings = SETTINGS.model_copy(update={"line_modes": line_modes})
    generator = lcgan_plus.build_generator(settings, units.into(flux), units)
    z = np.random.default_rng(1).normal(size=(200, settings.latent)).astype(np.float32)
    return units.back(np.asarray(generator(z)))


def depths(flux: np.ndarray) -> np.ndarray:
    return -(lines(flux, LINE_SCALE) @ LINE) / (LINE @ LINE)


def test_lines_vary_from_the_start_about_as_stated_and_not_without_modes():
    real = depths(spectra()).std()
    assert 0.45 * real < depths(generated(1)).std() < 0.75 * real  # LINES, less what is smoothed
    assert depths(generated(0)).std() < 0.1 * real


def test_the_middle_is_less_jagged_than_a_median():
    flux = spectra()
    middle, median = lcgan_plus.scaling(flux).offset, np.median(flux, axis=0)
    jags = [np.diff(one, 2)[50:-50].std() for one in (middle, median)]
    assert jags[0] < 0.7 * jags[1]
    assert np.sqrt(np.mean((middle - median) ** 2) / np.mean(median**2)) < 0.01
