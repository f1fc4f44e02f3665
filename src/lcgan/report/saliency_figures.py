"""Where the networks look: saliency over wavelength with the O lines, and channel attention."""

from collections.abc import Mapping

import numpy as np

from lcgan.report.drawing import COLOUR, INK, MUTED, NONE, new_figure
from lcgan.report.lines import O_LINES
from lcgan.report.results import LABEL, Saliency
from lcgan.spectra.grid import wavelength_grid

TITLES = {
    "saliency": "Integrated gradients of each network over wavelength on held-out O spectra",
    "attention": "Mean channel attention of each block on O and on F, G, K spectra",
}
#: Half the width of the window in which a line's saliency is summed, Å.
WINDOW = 10.0
#: Pixels averaged in the figure.
BIN = 5


def shares(one: Saliency) -> dict[str, float]:
    """Return how much of the saliency lies within `WINDOW` of each O line, and of all He II."""
    wavelength = wavelength_grid()
    found = {
        line.name: float(one.saliency[np.abs(wavelength - line.wavelength) <= WINDOW].sum())
        for line in O_LINES
    }
    return found | {"He II": sum(of for name, of in found.items() if name.startswith("He II"))}


def he_ii_pixels() -> float:
    """Return the share of all pixels that lies within `WINDOW` of a He II line."""
    wavelength = wavelength_grid()
    near = np.zeros(len(wavelength), bool)
    for line in O_LINES:
        if line.name.startswith("He II"):
            near |= np.abs(wavelength - line.wavelength) <= WINDOW
    return float(near.mean())


def sentence(name: str, one: Saliency) -> str:
    """Say whether a network looks at He II more than at any pixels, by the numbers."""
    share, even = shares(one)["He II"], he_ii_pixels()
    times = share / even
    said = (
        f"{LABEL[name]}: {100 * share:.1f}\u202f% of the saliency lies within {WINDOW:.0f} Å of "
        f"He II, {times:.1f} times what {100 * even:.1f}\u202f% of the pixels would have by chance"
    )
    if times >= 2:
        return f"{said}: it looks at He II."
    if times > 1.25:
        return f"{said}: it looks at He II a little more than elsewhere."
    return f"{said}: it does not look at He II more than elsewhere."


def draw(found: Mapping[str, Saliency]) -> dict:
    """Return both figures, of the networks there are."""
    return {"saliency": saliency(found), "attention": attention(found)} if found else {}


def saliency(found: Mapping[str, Saliency]):
    """Draw each network's saliency over wavelength, the O lines marked."""
    figure = new_figure(10.5, 0.9 + 1.5 * len(found))
    axes = figure.subplots(len(found), 1, sharex=True, squeeze=False)[:, 0]
    wavelength = wavelength_grid()
    n = len(wavelength) // BIN * BIN
    middle = wavelength[:n].reshape(-1, BIN).mean(axis=1)
    for axis, (name, one) in zip(axes, found.items(), strict=True):
        even = 1 / len(wavelength)
        colour = COLOUR.get(name, NONE)
        size, signed = (
            values[:n].reshape(-1, BIN).mean(axis=1) / even for values in (one.saliency, one.signed)
        )
        axis.fill_between(middle, 0, size, color=colour, alpha=0.3, lw=0)
        axis.plot(middle, signed, color=colour, lw=0.8)
        axis.axhline(1, color=MUTED, lw=0.6, ls=(0, (2, 3)))
        for line in O_LINES:
            he_ii = line.name.startswith("He II")
            axis.axvline(line.wavelength, color=INK if he_ii else MUTED, lw=0.8, alpha=0.6)
        axis.set_title(f"{LABEL[name]} (N = {one.n} O spectra)", fontsize=9.5)
        axis.set_ylabel("× even share", fontsize=8.5)
    top = axes[0].get_ylim()[1]
    for line in O_LINES:
        place = {"rotation": 90, "va": "top", "ha": "right", "fontsize": 7}
        axes[0].text(line.wavelength, top, line.name, color=MUTED, **place)
    axes[-1].set_xlim(wavelength[0], wavelength[-1])
    axes[-1].set_xlabel("vacuum wavelength, Å")
    return figure


def attention(found: Mapping[str, Saliency]):
    """Draw the mean attention of each block's channels, sorted, on O and on F, G, K spectra."""
    n_blocks = max(len(one.attention) for one in found.values())
    figure = new_figure(10.5, 0.9 + 1.4 * len(found))
    axes = figure.subplots(len(found), n_blocks, sharey=True, squeeze=False)
    for row, (name, one) in zip(axes, found.items(), strict=True):
        for axis, (block, (o, others)) in zip(row, enumerate(one.attention, 1), strict=False):
            there = np.isfinite(o)
            order = np.argsort(o[there])
            axis.plot(o[there][order], color=COLOUR.get(name, NONE), lw=1.4)
            axis.plot(others[there][order], color=MUTED, lw=0.8)
            axis.set_ylim(0, 1)
            axis.tick_params(labelsize=7)
            if row is axes[0]:
                axis.set_title(f"block {block}", fontsize=8.5)
        row[0].set_ylabel(LABEL[name], fontsize=8)
    for axis in axes[-1]:
        axis.set_xlabel("channel", fontsize=8)
    return figure
