"""Spectra: real O stars beside what the GANs generated from them."""

import numpy as np

from lcgan.report.drawing import COLOUR, MUTED, RULE, new_figure
from lcgan.report.lines import O_LINES
from lcgan.report.results import GANS, LABEL, Spectra
from lcgan.spectra.grid import N_PIXELS, wavelength_grid

#: Flux is drawn in units of a flat spectrum's: a spectrum of unit 2-norm has pixels near 1/√3700.
FLAT = np.sqrt(N_PIXELS)
#: Running median that stands for the continuum: wide against a line (some 20 pixels).
_CONTINUUM_PIXELS = 151
#: Vertical distance of spectra drawn one above another.
_SAMPLES_APART = 0.95
#: The blue-violet where O stars are classified, and three lines redward of it, vacuum Å.
_WINDOWS = ((4050.0, 4920.0), (5370.0, 5456.0), (5840.0, 5920.0), (6500.0, 6630.0))


def real_beside_generated(spectra: Spectra, n_samples: int):
    """Draw median, 5 to 95 % band and samples: real O spectra above, each GAN's below.

    Parameters
    ----------
    spectra : Spectra
    n_samples : int
        Spectra drawn one by one, evenly spaced in each set, which may be sorted by star.
    """
    sets = _sets(spectra)
    figure = new_figure(12, 2.75 * len(sets) + 0.7)
    axes = figure.subplots(
        len(sets), 2, sharex=True, sharey="col", squeeze=False, gridspec_kw={"width_ratios": [6, 5]}
    )
    for (name, title, flux), (left, right) in zip(sets, axes, strict=True):
        _median_and_band(left, flux, COLOUR[name])
        pad = 56 if name == "real" else 6
        left.set_title(title, pad=pad)
        shown = min(n_samples, len(flux))
        _samples(right, flux[evenly(len(flux), shown)], COLOUR[name])
        words = f"{shown} of them, one by one"
        right.set_title(words, pad=pad, color=MUTED, fontweight="normal")
    _limits(axes[:, 0], [flux for _, _, flux in sets])
    _mark_lines(axes)
    for axis in axes[-1]:
        axis.set_xlabel("vacuum wavelength, Å")
        axis.set_xlim(3690, 8690)
    figure.supylabel("flux of unit 2-norm, × √3700", fontsize=10)
    return figure


def line_profiles(spectra: Spectra):
    """Draw the rectified median spectra over the O stars' lines, one row for each set."""
    from scipy.ndimage import median_filter

    sets = _sets(spectra)
    widths = [high - low + 60 for low, high in _WINDOWS]
    figure = new_figure(12, 1.75 * len(sets) + 1.0)
    shape = (len(sets), len(_WINDOWS))
    axes = figure.subplots(*shape, sharex="col", sharey=True, width_ratios=widths, squeeze=False)
    wavelength = wavelength_grid()
    for number, (row, (name, title, flux)) in enumerate(zip(axes, sets, strict=True)):
        median = np.median(flux, axis=0)
        continuum = median_filter(median, _CONTINUUM_PIXELS, mode="nearest")
        rectified = np.divide(median, continuum, out=np.ones_like(median), where=continuum > 0)
        for axis, (low, high) in zip(row, _WINDOWS, strict=True):
            inside = (wavelength >= low) & (wavelength <= high)
            axis.plot(wavelength[inside], rectified[inside], color=COLOUR[name], lw=1.1)
            axis.set_xlim(low, high)
            axis.grid(False)
            axis.locator_params(axis="x", nbins=9 if high - low > 200 else 2)
            lines = [line for line in O_LINES if low < line.wavelength < high]
            mark(axis, lines, named=number == 0)
        row[0].set_title(title, pad=56 if name == "real" else 6)
    axes[0, 0].set_ylim(0.55, 1.45)
    figure.supylabel("median flux over its continuum", fontsize=10)
    figure.supxlabel("vacuum wavelength, Å", fontsize=10)
    return figure


def evenly(n: int, shown: int) -> np.ndarray:
    """Return `shown` indices spread evenly over n, both ends included; shape (shown,)."""
    return np.linspace(0, n - 1, shown).round().astype(int)


def _sets(spectra: Spectra) -> list[tuple[str, str, np.ndarray]]:
    """Return name, title and flux of each set, real first."""
    sets = [("real", f"Real O (Data set 1), {len(spectra.real):,} spectra", spectra.real)]
    for model in GANS:
        flux, iteration = spectra.generated[model], spectra.iteration[model]
        title = f"{LABEL[model]}, {len(flux):,} generated at iteration {iteration:,}"
        sets.append((model, title, flux))
    return sets


def _median_and_band(axis, flux: np.ndarray, colour: str) -> None:
    """Draw the median per pixel, and the 5 to 95 % band averaged over 4 pixels."""
    wavelength = wavelength_grid()
    low, median, high = np.percentile(flux, [5, 50, 95], axis=0) * FLAT
    coarse = [values.reshape(-1, 4).mean(axis=1) for values in (wavelength, low, high)]
    axis.fill_between(*coarse, color=colour, alpha=0.18, lw=0, label="5 to 95 %")
    axis.plot(wavelength, median, color=colour, lw=1.0, label="median")
    axis.legend(loc="upper right", fontsize=8.5)


def _samples(axis, flux: np.ndarray, colour: str) -> None:
    """Draw spectra one above another, averaged over 2 pixels: a resolution element is about 2.4."""
    wavelength = wavelength_grid().reshape(-1, 2).mean(axis=1)
    smooth = flux.reshape(len(flux), -1, 2).mean(axis=2) * FLAT
    for step, one in enumerate(smooth[::-1]):
        axis.plot(wavelength, one + _SAMPLES_APART * step, color=colour, lw=0.6)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.set_ylim(-0.2, _SAMPLES_APART * max(len(flux) - 1, 0) + 2.6)


def _limits(axes, sets: list[np.ndarray]) -> None:
    """Set one flux range that holds every set's band, but for its extreme half per cent."""
    low = min(np.percentile(np.percentile(flux, 5, axis=0), 0.5) for flux in sets) * FLAT
    high = max(np.percentile(np.percentile(flux, 95, axis=0), 99.5) for flux in sets) * FLAT
    room = 0.08 * (high - low)
    axes[0].set_ylim(min(low - room, 0), high + room)


def _mark_lines(axes) -> None:
    """Mark the O lines in every panel, with their names above the first row."""
    for number, row in enumerate(axes):
        for axis, gap in zip(row, (75.0, 95.0), strict=True):
            axis.grid(False)
            mark(axis, O_LINES, gap, named=number == 0)


def mark(axis, lines, gap: float = 0.0, named: bool = True) -> None:
    """Draw each line's place, and its name upright above the panel, names `gap` Å apart or more."""
    places = np.array([line.wavelength for line in lines])
    for _ in range(50):
        close = np.clip(gap - np.diff(places), 0, None) / 2
        places[:-1] -= close
        places[1:] += close
    for line, place in zip(lines, places, strict=True):
        axis.axvline(line.wavelength, color=RULE, lw=0.8, zorder=0)
        if named:
            axis.text(
                place,
                1.0,
                f" {line.name}",
                transform=axis.get_xaxis_transform(),
                rotation=90,
                rotation_mode="anchor",
                ha="left",
                va="center",
                fontsize=7.5,
                color=MUTED,
            )
