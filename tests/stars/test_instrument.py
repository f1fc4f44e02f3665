import numpy as np
import pytest

from lcgan.stars import instrument


def _line(centre, sigma):
    wavelength = instrument.fine_wavelength()
    return np.exp(-0.5 * ((wavelength - centre) / sigma) ** 2)


def _width(wavelength, profile):
    mean = np.average(wavelength, weights=profile)
    return mean, np.sqrt(np.average((wavelength - mean) ** 2, weights=profile))


def test_lamost_grid():
    wavelength = instrument.lamost_wavelength()
    assert wavelength.size == 3909
    assert wavelength[0] == pytest.approx(3699.99, abs=0.005)
    assert np.diff(np.log10(wavelength)) == pytest.approx(1e-4)


def _fwhm(value):
    return np.full(instrument.fine_wavelength().size, value)


@pytest.mark.parametrize("wanted", [2.85, 4.2])
def test_blur_keeps_a_constant_and_the_light_of_a_line(wanted):
    wavelength = instrument.fine_wavelength()
    flat = instrument.blur(np.ones(wavelength.size), _fwhm(wanted), 3.4)
    assert flat == pytest.approx(1, abs=1e-12)
    line = _line(8000, 1.5)
    before = np.trapezoid(line, wavelength)
    after = np.trapezoid(instrument.blur(line, _fwhm(wanted), 3.4), wavelength)
    assert after == pytest.approx(before, rel=1e-3)


@pytest.mark.parametrize(
    ("library", "wanted"), [(3.4, 4.2), (2.54, 4.2), (3.4, 2.85), (2.54, 2.85)]
)
def test_blur_reaches_the_resolution(library, wanted):
    # a line as wide as the library resolves must come out as wide as LAMOST does
    wavelength = instrument.fine_wavelength()
    line = instrument.blur(_line(6000, library / 2.3548), _fwhm(wanted), library)
    assert 2.3548 * _width(wavelength, line)[1] == pytest.approx(wanted, rel=0.01)


def test_each_arm_has_its_resolution():
    fwhm = instrument.resolution(np.array([4500.0, 5800.0, 8000.0]), 2.85, 4.2)
    assert fwhm == pytest.approx([2.85, 3.525, 4.2])


@pytest.mark.parametrize("velocity", [-300.0, 0.0, 47.0, 300.0])
def test_radial_velocity_moves_a_line(velocity):
    pixels = instrument.to_pixels(_line(6564.61, 3.0), np.array([velocity]))[0]
    centre, _ = _width(instrument.lamost_wavelength(), pixels)
    assert centre == pytest.approx(6564.61 * (1 + velocity / 299792.458), abs=0.02)


def test_a_constant_stays_constant_in_pixels():
    flux = instrument.to_pixels(np.full(instrument.fine_wavelength().size, 2.5), np.array([120.0]))
    assert flux == pytest.approx(2.5)


def test_a_velocity_beyond_the_grid_is_refused():
    with pytest.raises(ValueError, match="800 km/s"):
        instrument.to_pixels(np.ones(instrument.fine_wavelength().size), np.array([900.0]))


def test_the_arms_step():
    wavelength = np.array([3700.0, 5800.0, 9000.0])
    factor = instrument.arm_join(
        wavelength, np.array([5800.0]), np.array([0.2]), np.array([0.1]), 60.0
    )[0]
    assert np.log(factor) == pytest.approx([-0.1, 0.1, 0.1])


def test_the_smooth_curve_has_its_amplitude_and_scale():
    wavelength = instrument.lamost_wavelength()
    basis = instrument.smooth_basis(wavelength, 1000.0)
    curves = np.random.default_rng(1).standard_normal((4000, basis.shape[0])) @ basis
    assert curves.std() == pytest.approx(1, abs=0.15)
    near, far = (np.corrcoef(curves[:, 1500], curves[:, 1500 + d])[0, 1] for d in (50, 1500))
    assert near > 0.95
    assert abs(far) < 0.2


def test_throughput_passes_its_nodes():
    nodes = [(3700.0, 0.01), (5000.0, 1.0), (9099.0, 2.0)]
    at = instrument.throughput(np.array([3700.0, 4350.0, 5000.0]), nodes)
    assert at == pytest.approx([0.01, 0.1, 1.0])
