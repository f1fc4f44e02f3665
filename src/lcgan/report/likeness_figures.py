"""Figures of the section on likeness: line widths, and noise by frequency and wavelength."""

from collections.abc import Mapping

import numpy as np

from lcgan.evidence.lines import FURTHER_LINES, LINES
from lcgan.report.drawing import COLOUR, INK, MUTED, NONE, RULE, new_figure, style
from lcgan.report.results import LABEL
from lcgan.scores.spread import FACTOR
from lcgan.spectra.continuum import BLOCK
from lcgan.spectra.grid import wavelength_grid

#: Name → title, read out where the figure is not seen.
TITLES = {
    "line_widths": "Equivalent widths of real and generated O spectra, line by line",
    "noise_power": "Noise of real and generated O spectra by frequency and along the spectrum",
}
#: Rows beside the GANs': words, colour.
_REAL = {"training": ("real O, Data set 1", INK), "held_out": ("real O, held out", MUTED)}
_OTHERS = {"real_f": ("real F", NONE), "white_noise": ("white noise", NONE)}
_DASHES = ("-", (0, (6, 2)), (0, (4, 1, 1, 1)), (0, (2, 2)), (0, (1, 1)), (0, (8, 3)))
_NAME = {line.key: line.name for line in (*LINES, *FURTHER_LINES)}


def draw(curves: Mapping[str, Mapping]) -> dict:
    """Draw the section's figures.

    Parameters
    ----------
    curves : mapping
        reports/gan/<model>_curves.json by GAN.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        By the names of TITLES.
    """
    with style():
        return {"line_widths": line_widths(curves), "noise_power": noise_power(curves)}


def line_widths(curves: Mapping[str, Mapping]):
    """Draw each line's distribution in every set: median, quartiles, 5 to 95 %."""
    keys = list(next(iter(curves.values()))["widths"])
    rows = _rows(curves, "widths", without="white_noise")
    figure = new_figure(12, 0.6 + 3 * (0.75 + 0.24 * len(rows)))
    axes = figure.subplots(3, 4, sharey=True).ravel()
    for axis, key in zip(axes, keys, strict=True):
        for place, (_, colour, found) in enumerate(rows[::-1]):
            quantiles = found[key]["quantiles"]
            if quantiles is not None:
                low, quarter, middle, three, high = quantiles
                axis.plot([low, high], [place, place], color=colour, lw=1.0)
                axis.plot([quarter, three], [place, place], color=colour, lw=3.4)
                axis.plot([middle], [place], "o", color=colour, ms=6.5)
        subtype = key == "subtype"
        axis.set_title("log He I 4471 / He II 4542" if subtype else _NAME[key])
        axis.set_xlabel("dex" if subtype else "equivalent width, Å")
        axis.set_yticks(range(len(rows)), [row[0] for row in rows[::-1]])
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="y", visible=False)
    return figure


def noise_power(curves: Mapping[str, Mapping]):
    """Draw the typical noise power over frequency, and over the real's along the spectrum."""
    figure = new_figure(12, 4.3)
    left, right = figure.subplots(1, 2, width_ratios=[4, 5])
    bands = np.array(next(iter(curves.values()))["bands"])
    middle = np.sqrt(bands[:-1] * bands[1:])
    for number, (label, colour, power) in enumerate(_rows(curves, "power")):
        dashes, marker = _DASHES[number % len(_DASHES)], "osD^vP"[number % 6]
        left.plot(middle, power, marker, color=colour, ls=dashes, lw=1.3, ms=5, label=label)
    wavelength = wavelength_grid().reshape(-1, BLOCK).mean(axis=1)
    right.axhspan(1 / FACTOR, FACTOR, color=RULE, alpha=0.6, lw=0)
    for number, (_, colour, ratio) in enumerate(_rows(curves, "noise_ratio")):
        dashes = _DASHES[number % len(_DASHES)]
        right.plot(wavelength, np.maximum(ratio, 1e-3), color=colour, ls=dashes, lw=1.2)
    left.set(xscale="log", yscale="log", xlabel="frequency, cycles per pixel")
    left.set_xticks(bands, [f"{edge:g}" for edge in bands])
    left.minorticks_off()
    left.set_title("power by band; white noise has 1")
    right.set(yscale="log", xlabel="vacuum wavelength, Å", xlim=(3690, 8680))
    right.set_title("noise power from pixel to pixel over Data set 1’s")
    figure.legend(loc="outside lower center", ncols=4, fontsize=9)
    return figure


def _rows(curves: Mapping[str, Mapping], what: str, without: str = "") -> list[tuple]:
    """Return label, colour and numbers of every set: real ones, the GANs, what is known bad."""
    first = next(iter(curves.values()))
    picked = (
        (lambda found, row: {key: of[row] for key, of in found.items()})
        if (what == "widths")
        else (lambda found, row: found[row])
    )
    rows = [(*_REAL[row], picked(first[what], row)) for row in _REAL]
    for model, found in curves.items():
        colour = COLOUR.get(model, NONE)
        rows.append((LABEL.get(model, model), colour, picked(found[what], "generated")))
    return rows + [
        (*words, picked(first[what], row)) for row, words in _OTHERS.items() if row != without
    ]
