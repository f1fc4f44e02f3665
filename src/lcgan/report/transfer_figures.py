"""Figures of the transfer section: how honest the probabilities are, the most O-like others."""

from collections.abc import Mapping

import numpy as np

from lcgan.report.drawing import INK, LCGAN, MUTED, NONE, new_figure, style
from lcgan.report.lines import O_LINES
from lcgan.report.spectra_figures import FLAT, mark
from lcgan.scores.interval import wilson
from lcgan.spectra.grid import wavelength_grid

#: Name → title, read out where the figure is not seen.
TITLES = {
    "reliability": "How often the network is right over how sure it is",
    "most_o_like": "The real spectra of other classes that are most like O",
}
_KINDS = {"p": ("the network’s own", NONE), "calibrated": ("calibrated", LCGAN)}
_PANELS = {"called": "of the class that it calls", "o": "of O"}
#: Vertical distance of spectra drawn one above another, in a flat spectrum's flux.
_APART = 1.5


def draw(report: Mapping, flux: np.ndarray) -> dict:
    """Draw the section's figures.

    Parameters
    ----------
    report : mapping
        reports/transfer.json.
    flux : ndarray, shape (n, 3700)
        The most O-like spectra, unit 2-norm; n is 0 where no folder was named.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        By the names of TITLES; no `most_o_like` where there is none.
    """
    with style():
        drawn = {"reliability": reliability(report["calibration"])}
        if report["real"] is not None and len(flux):
            drawn["most_o_like"] = most_o_like(report["real"]["most_o_like"], flux)
    return drawn


def reliability(calibration: Mapping):
    """Draw the share that is right over the probability given, before and after calibration."""
    figure = new_figure(12, 4.6)
    axes = figure.subplots(1, 2, sharey=True)
    for axis, (panel, words) in zip(axes, _PANELS.items(), strict=True):
        axis.plot([0, 1], [0, 1], color=MUTED, lw=0.9, ls=(0, (4, 3)))
        for shift, (kind, (label, colour)) in zip((-0.008, 0.008), _KINDS.items(), strict=True):
            bins = calibration[kind][panel]["bins"]
            x = np.array([one["confidence"] for one in bins]) + shift
            y = np.array([one["k"] / one["n"] for one in bins])
            edges = np.array([wilson(one["k"], one["n"]) for one in bins]).reshape(-1, 2)
            axis.vlines(x, edges[:, 0], edges[:, 1], color=colour, lw=1.4)
            axis.plot(
                x, y, "o", ms=5, color=colour, label=f"{label}: {_error(calibration, kind, panel)}"
            )
        axis.set_title(f"probability {words}")
        axis.set_xlabel("probability given")
        axis.set_xlim(-0.03, 1.03)
        axis.set_ylim(-0.03, 1.03)
        axis.legend(loc="upper left")
    axes[0].set_ylabel("share that is right")
    return figure


def most_o_like(told: list[Mapping], flux: np.ndarray):
    """Draw spectra that are known to be no O, the most O-like above, with the O lines marked."""
    figure = new_figure(12, 1.3 + 0.82 * len(told))
    axis = figure.subplots()
    wavelength = wavelength_grid().reshape(-1, 4).mean(axis=1)
    for number, (line, one) in enumerate(zip(told, flux, strict=True)):
        level = _APART * (len(told) - 1 - number)
        smooth = one.reshape(-1, 4).mean(axis=1) * FLAT
        axis.plot(wavelength, np.clip(smooth, -0.3, 3.2) + level, color=INK, lw=0.6)
        sn = "–" if line["snr"] is None else f"{line['snr']:.0f}"
        words = f"{line['subclass'] or line['true']}, called {line['called']}"
        words += f"\np(O) {line['p_O']:.3f}, S/N {sn}" + (", outlier" if line["outlier"] else "")
        axis.text(8740, level + 0.55, words, fontsize=8.5, va="center", color=INK)
    axis.grid(False)
    mark(axis, O_LINES, 75.0)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.set_xlim(3690, 9750)
    axis.set_xticks(range(4000, 9000, 500))
    axis.set_ylim(-0.4, _APART * (len(told) - 1) + 3.4)
    axis.set_xlabel("vacuum wavelength, Å", loc="left")
    return figure


def _error(calibration: Mapping, kind: str, panel: str) -> str:
    found = calibration[kind][panel]["ece"]
    if found["value"] is None:
        return "nothing to count"
    value, low, high = (100 * found[key] for key in ("value", "low", "high"))
    return f"error {value:.1f} % [{low:.1f}, {high:.1f}]"
