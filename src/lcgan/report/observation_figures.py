"""The figure of real beside re-observed spectra, pixel by pixel."""

from collections.abc import Mapping

import numpy as np

from lcgan.report.drawing import INK, SGAN, new_figure, style
from lcgan.report.spectra_figures import FLAT
from lcgan.spectra.grid import wavelength_grid

#: Name → title, read out where the figure is not seen.
TITLES = {"observation": "Quantiles of real and of re-observed spectra, pixel by pixel"}
_DRAWN = {"real": ("real", INK), "other": ("re-observed", SGAN)}
_WIDTHS = (0.5, 0.7, 1.1, 0.7, 0.5)
#: Pixels whose mean is drawn.
_EVERY = 4


def draw(curves: Mapping[str, np.ndarray]) -> dict:
    """Draw the quantiles of `lcgan.scores.observation.compare`.

    Parameters
    ----------
    curves : mapping of str to ndarray, shape (5, 3700)
        Empty where no folder of real spectra was named.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        Empty if there are no curves.
    """
    classes = [name.split("_")[1] for name in curves if name.startswith("raw_")]
    panels = [f"raw_{class_}" for class_ in dict.fromkeys(classes)]
    panels += ["divided"] if "divided_real" in curves else []
    if not panels:
        return {}
    with style():
        figure = new_figure(12, 2.6 * len(panels))
        axes = figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0]
        wavelength = _means(wavelength_grid())
        for axis, panel in zip(axes, panels, strict=True):
            for which, (label, colour) in _DRAWN.items():
                if (drawn := curves.get(f"{panel}_{which}")) is None:
                    continue
                scale = FLAT if panel.startswith("raw") else 1.0
                for row, width in zip(drawn, _WIDTHS, strict=True):
                    named = label if width == max(_WIDTHS) else None
                    axis.plot(wavelength, _means(row) * scale, color=colour, lw=width, label=named)
            words = "over the continuum, F, G, K" if panel == "divided" else panel.split("_")[1]
            axis.set_title(words if panel == "divided" else f"{words}, unit 2-norm")
            axis.set_ylim(*((0.55, 1.3) if panel == "divided" else (-0.2, 2.0)))
        axes[0].legend(loc="upper right", ncols=2)
        axes[-1].set_xlim(3690, 8680)
        axes[-1].set_xlabel("vacuum wavelength, Å", loc="left")
    return {"observation": figure}


def _means(values: np.ndarray) -> np.ndarray:
    """Return means of four pixels."""
    return values.reshape(-1, _EVERY).mean(axis=1)
