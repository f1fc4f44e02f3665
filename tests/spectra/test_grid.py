import numpy as np

from lcgan.spectra.grid import grid_hash, wavelength_grid


def test_the_grid_is_3700_pixels_of_lamosts_own_step_from_3700_angstrom():
    wavelength = wavelength_grid()
    assert wavelength.shape == (3700,) and wavelength.dtype == np.float64
    assert wavelength[0] == 3700.0
    np.testing.assert_allclose(np.diff(np.log10(wavelength)), 1e-4, rtol=1e-8)
    # 3700 × 10^0.3699 = 3700 × 2.343689..., by hand
    np.testing.assert_allclose(wavelength[-1], 8671.65, atol=0.01)


def test_the_grid_holds_the_o_lines_and_lies_in_lamosts_range():
    wavelength = wavelength_grid()
    for line in (4026.2, 4472.7, 4542.8, 4687.0, 5413.0, 6564.6):  # He I, He II and Hα, vacuum Å
        assert np.abs(wavelength - line).min() < line * 1.2e-4
    assert wavelength[0] >= 3690 and wavelength[-1] <= 9100


def test_a_grids_name_is_the_same_for_equal_grids_and_differs_for_others():
    grid = wavelength_grid()
    name = grid_hash(grid)
    assert len(name) == 12 and int(name, 16) >= 0
    assert grid_hash(grid + 1e-9) == name
    assert grid_hash(list(grid)) == name
    others = [grid[:-1], grid[::-1], grid + 2e-4, grid * 1.00028, np.append(grid, 8673.6)]
    assert len({name, *(grid_hash(other) for other in others)}) == len(others) + 1
