"""Spectra: real O stars beside what the GANs generated from them."""

import numpy as np

from lcgan.report.drawing import COLOUR, MUTED, RULE, new_figure
from lcgan.report.lines import O_LINES
from lcgan.report.results import GANS, LABEL, Spectra
from lcgan.spectra.grid import N_PIXELS, wavelength_grid

#: Flux is drawn in units of a flat spectrum's: a spectrum of unit 2-norm has pixels near 1/√3700.
FLAT = np.sqrt(N_PIXELS)
#: The blue-violet where O stars are classified, and three lines redward of it, vacuum Å.
_WINDOWS = ((4050.0, 4920.0), (5370.0, 5456.0), (5840.0, 5920.0), (6500.0, 6630.0))


def real_beside_generated(spectra: Spectra, n_samples: int):
    """Draw median, 5 to 95 % band and samples: real O spectra above, each GAN's below.

    Parameters
    ----------
    spectra : Spectra
    n_samples : int
        Spectra drawn one by one, the first of each set (real: as drawn by seed).
    """
    sets = _sets(spectra)
    figure = new_figure(12, 2.75 * len(sets) + 0.7)
    axes = figure.subplots(
        len(sets), 2, sharex=True, sharey="col", squeeze=False, gridspec_kw={"width_ratios": [6, 5]}
    )
    for (name, title, flux), (left, right) in zip(sets, axes, strict=True):
        _median_and_band(left, flux, COLOUR[name])
        left.set_title(title)
        _samples(right, flux[:n_samples], COLOUR[name])
        shown = min(n_samples, len(flux))
        right.set_title(f"{shown} of them, one by one", color=MUTED, fontweight="normal")
    _limits(axes[:, 0], [flux for _, _, flux in sets])
    _mark_lines(axes)
    for axis in axes[-1]:
        axis.set_xlabel("vacuum wavelength, Å")
        axis.set_xlim(3690, 8690)
    figure.supylabel("flux of unit 2-norm, × √3700", fontsize=10)
    return figure


def line_profiles(spectra: Spectra):
    """Draw the median spectra over the lines by which O stars are classified, one over another."""
    widths = [high - low + 60 for low, high in _WINDOWS]
    figure = new_figure(12, 4.4)
    axes = figure.subplots(1, len(_WINDOWS), sharey=True, gridspec_kw={"width_ratios": widths})
    sets = _sets(spectra)
    wavelength = wavelength_grid()
    medians = [np.median(flux, axis=0) * FLAT for _, _, flux in sets]
    for axis, (low, high) in zip(axes, _WINDOWS, strict=True):
        inside = (wavelength >= low) & (wavelength <= high)
        for step, ((name, _, _), median) in enumerate(zip(sets, medians, strict=True)):
            level = np.median(median[inside])
            shape = median[inside] / level if level > 0 else median[inside]
            offset = 0.22 * (len(sets) - 1 - step)
            axis.plot(wavelength[inside], shape + offset, color=COLOUR[name], lw=1.3)
        axis.set_xlim(low, high)
        axis.grid(False)
        for line in O_LINES:
            if low < line.wavelength < high:
                _mark(axis, line, above=1.0)
    axes[0].set_ylim(0.6, 1.25 + 0.22 * (len(sets) - 1))
    axes[0].set_ylabel("median flux over its level in the window,\neach set 0.22 above the next")
    figure.supxlabel("vacuum wavelength, Å", fontsize=10)
    for step, (name, title, _) in enumerate(sets):
        axes[0].text(
            4060,
            1.16 + 0.22 * (len(sets) - 1 - step),
            title.split(",")[0],
            color=COLOUR[name],
            va="center",
            fontweight="bold",
            fontsize=9,
        )
    return figure


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
    for step, one in enumerate(flux[::-1]):
        smooth = one.reshape(-1, 2).mean(axis=1) * FLAT
        axis.plot(wavelength, smooth + 1.2 * step, color=colour, lw=0.5, alpha=0.9)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.set_ylim(-0.3, 1.2 * max(len(flux) - 1, 0) + 3.4)


def _limits(axes, sets: list[np.ndarray]) -> None:
    """Set one flux range that holds every set's band, but for its extreme half per cent."""
    low = min(np.percentile(np.percentile(flux, 5, axis=0), 0.5) for flux in sets) * FLAT
    high = max(np.percentile(np.percentile(flux, 95, axis=0), 99.5) for flux in sets) * FLAT
    room = 0.08 * (high - low)
    axes[0].set_ylim(min(low - room, 0), high + room)


def _mark_lines(axes) -> None:
    """Mark the O lines in every panel, with their names above the first."""
    for axis in axes.flat:
        for line in O_LINES:
            axis.axvline(line.wavelength, color=RULE, lw=0.8, zorder=0)
        axis.grid(False)
    for line in O_LINES:
        _mark(axes[0, 0], line, above=1.0)
    axes[0, 0].set_title(axes[0, 0].get_title(loc="left"), pad=58)
    axes[0, 1].set_title(axes[0, 1].get_title(loc="left"), pad=58, color=MUTED, fontweight="normal")
    for line in O_LINES:
        _mark(axes[0, 1], line, above=1.0)


def _mark(axis, line, above: float) -> None:
    """Draw a line's place, and its name upright above the panel."""
    axis.axvline(line.wavelength, color=RULE, lw=0.8, zorder=0)
    axis.text(
        line.wavelength,
        above,
        f" {line.name}",
        transform=axis.get_xaxis_transform(),
        rotation=90,
        rotation_mode="anchor",
        ha="left",
        va="center",
        fontsize=7.5,
        color=MUTED,
    )
