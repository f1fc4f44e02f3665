"""Training curves of the GANs and of the recognition network."""

import numpy as np
import pandas as pd

from lcgan.params import ARM_OF
from lcgan.report.drawing import COLOUR, INK, LCGAN, NONE, SGAN, new_figure
from lcgan.report.results import GANS, LABEL, NETWORK_FORMS, Results

#: Blocks that a loss curve is cut into before it is drawn; the page stays small at any length.
MAX_BLOCKS = 400


def blocks(iteration: np.ndarray, loss: np.ndarray, most: int = MAX_BLOCKS) -> np.ndarray:
    """Cut a curve into equal blocks and return each block's middle, 5 %, median and 95 %.

    Parameters
    ----------
    iteration, loss : ndarray, shape (N,)
    most : int
        Blocks at most.

    Returns
    -------
    ndarray, shape (min(N, most), 4)
    """
    parts = np.array_split(np.arange(len(loss)), min(len(loss), most))
    rows = [[np.mean(iteration[part]), *np.percentile(loss[part], [5, 50, 95])] for part in parts]
    return np.array(rows)


def gan_losses(results: Results):
    """Draw the GANs' losses: the median and the 5 to 95 % band of each block of steps."""
    figure = new_figure(10.5, 3.5)
    axes = figure.subplots(1, len(GANS), squeeze=False)[0]
    for axis, model in zip(axes, GANS, strict=True):
        losses = results.losses[model]
        steps = losses["iteration"].to_numpy()
        colours = {"generator_loss": COLOUR[model], "discriminator_loss": NONE}
        for column, colour in colours.items():
            middle, low, median, high = blocks(steps, losses[column].to_numpy()).T
            axis.fill_between(middle, low, high, color=colour, alpha=0.2, lw=0)
            label = column.removesuffix("_loss")
            axis.plot(middle, median, color=colour, lw=1.4, label=label)
        for checkpoint in results.gans[model]["checkpoints"]:
            axis.axvline(checkpoint["iteration"], color=INK, lw=0.6, ls=(0, (1, 3)))
        axis.set_title(LABEL[model])
        axis.set_xlabel("iteration, generator steps (dotted: checkpoints)")
        axis.set_xlim(0, None)
        axis.set_ylim(bottom=0)
        axis.legend(fontsize=8.5)
    axes[0].set_ylabel("loss")
    return figure


def recognition_curves(results: Results):
    """Draw training and early-stopping loss per epoch, each repeat at the chosen checkpoint."""
    figure = new_figure(12.5, 3.1)
    axes = figure.subplots(1, len(NETWORK_FORMS), sharey=True)
    for axis, name in zip(axes, NETWORK_FORMS, strict=True):
        curves = _chosen(results, name)
        for _, one in curves.groupby("repeat", sort=True):
            axis.plot(one["epoch"], one["train_loss"], color=NONE, lw=1, alpha=0.8)
            colour = SGAN if name == "sgan" else LCGAN
            axis.plot(one["epoch"], one["early_stop_loss"], color=colour, lw=1.4)
        iteration = results.form(name)["best_iteration"]
        title = LABEL[name] if iteration is None else f"{LABEL[name]}, {iteration:,}"
        axis.set_title(title, fontsize=9.5)
        axis.set_xlabel("epoch")
    axes[0].set_yscale("log")
    axes[0].set_ylabel("cross-entropy")
    _legend(figure)
    return figure


def _chosen(results: Results, name: str) -> pd.DataFrame:
    """Return a form's curves at its chosen checkpoint."""
    curves = results.curves[ARM_OF[name]]
    curves = curves[curves["form"] == name]
    iteration = results.form(name)["best_iteration"]
    return curves if iteration is None else curves[curves["iteration"] == iteration]


def _legend(figure) -> None:
    """Name the two kinds of curve once, below the panels."""
    from matplotlib.lines import Line2D

    marks = [Line2D([], [], color=NONE, lw=1), Line2D([], [], color=LCGAN, lw=1.4)]
    marks.append(Line2D([], [], color=SGAN, lw=1.4))
    names = ["training loss, each repeat", "early-stopping loss", "early-stopping loss, SGAN"]
    figure.legend(marks, names, loc="outside lower center", ncols=3, fontsize=9)
