"""The scores of GANs beside the pipeline's: a table, and a figure of LCGAN but for one thing."""

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from lcgan.files import replacing, write_csv
from lcgan.report import drawing
from lcgan.scores.bars import BARS
from lcgan.trials.keep import DONE

#: Words for the variants, in the order of the figure.
VARIANT_LABEL = {
    "": "LCGAN",
    "convolution": "convolution",
    "equal_rates": "equal rates",
    "no_smoothing": "no smoothing",
    "no_dropout": "no dropout",
}
#: Scores in the figure, and their words.
DRAWN = {
    "gan_train_leakage_free": "GAN-train, leakage-free",
    "gan_test": "GAN-test",
    "median_rms": "median spectrum, r.m.s. off",
    "std_within": "scatter within 1.3",
    "noise_power_within": "noise within 1.3",
    "coverage": "coverage",
    "density": "density",
    "c2st_auc": "told apart, AUC",
}
_BOUND = {bar.score: bar.bound for bar in BARS}


def table(records: Iterable[Mapping]) -> pd.DataFrame:
    """Return a line per training and checkpoint.

    Returns
    -------
    DataFrame
        `model`, `variant` (empty: nothing left out), `n_o` (O spectra to learn from, where not all
        of Data set 1), `training`, `iteration`, `seconds` of the whole training, and every score.
    """
    rows = []
    for one in (one for one in records if one["status"] == DONE):
        for iteration, scores in one["scores"].items():
            row = {"model": one["form"], "variant": one["network"], "n_o": one["n_o"]}
            row |= {"training": one["seed"], "iteration": int(iteration)}
            rows.append(row | {"seconds": one["wall_seconds"]} | scores)
    return pd.DataFrame(rows).astype({"n_o": "Int64"}) if rows else pd.DataFrame()


def write(folder: Path, lines: pd.DataFrame) -> list[Path]:
    """Write gans.csv, gan_ablation.csv and .png, of what there is; return the paths."""
    paths = []
    if not len(lines):
        return paths
    write_csv(folder / "gans.csv", lines)
    paths.append(folder / "gans.csv")
    whole = lines[lines["n_o"].isna()]
    if len(whole):
        write_csv(folder / "gan_ablation.csv", ablation(whole))
        with drawing.style(), replacing(folder / "gan_ablation.png") as part:
            drawing.write_png(figure(whole), part)
        paths += [folder / "gan_ablation.csv", folder / "gan_ablation.png"]
    return paths


def ablation(lines: pd.DataFrame) -> pd.DataFrame:
    """Return mean and standard deviation over trainings, by variant, iteration and score."""
    by = lines.groupby(["iteration", "variant"], sort=False)
    found = by[list(DRAWN)].agg(["mean", "std"])
    found.columns = [f"{name}_{what}" for name, what in found.columns]
    return found.assign(trainings=by.size()).reset_index()


def figure(lines: pd.DataFrame):
    """Draw every training's scores, a row per variant, the checkpoints apart by colour."""
    names = [name for name in VARIANT_LABEL if name in set(lines["variant"])][::-1]
    drawn = drawing.new_figure(12.0, 2.2 + 0.6 * len(names))
    axes = drawn.subplots(2, 4, sharey=True).ravel()
    iterations = sorted(lines["iteration"].unique())
    for axis, (score, words) in zip(axes, DRAWN.items(), strict=True):
        for step, iteration in enumerate(iterations):
            own = lines[lines["iteration"] == iteration]
            y = own["variant"].map(names.index) + 0.3 * (0.5 - step / max(len(iterations) - 1, 1))
            label = f"iteration {iteration:,}" if axis is axes[0] else None
            axis.plot(own[score], y, "o", ms=4, alpha=0.75, color=f"C{step}", label=label)
        if score in _BOUND:
            axis.axvline(_BOUND[score], color="0.6", lw=1, ls="--")
        axis.set_title(words, fontsize=9)
        axis.locator_params(axis="x", nbins=5)
        axis.set_yticks(range(len(names)), [VARIANT_LABEL[name] for name in names])
        axis.set_ylim(-0.6, len(names) - 0.4)
    drawn.legend(loc="outside lower center", ncols=len(iterations), fontsize=8.5)
    return drawn
