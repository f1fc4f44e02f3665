"""All figures of the report: drawn once, as PNG files and as SVG for the page."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from lcgan.files import replacing
from lcgan.report import (
    benefit_figures,
    drawing,
    figure7,
    score_figures,
    spectra_figures,
    training_figures,
)
from lcgan.report.results import Results, Spectra

#: Name → title, read out on the page where the figure is not seen.
TITLES = benefit_figures.TITLES | {
    "recall": "O recall and false-positive rate of each form of training, with Wilson intervals",
    "real_beside_generated": "Real O spectra beside generated ones: median, band and samples",
    "line_profiles": "Median real and generated O spectra over the classification lines",
    "gan_scores": "GAN-train and GAN-test at every checkpoint beside their controls",
    "figure7": "O recall on Data set 2 over GAN checkpoints",
    "confusion": "Confusion matrices of each form of training",
    "gan_losses": "Losses of both GANs over training",
    "recognition_curves": "Training and early-stopping loss of the recognition network",
}


def draw(results: Results, spectra: Spectra, points: pd.DataFrame, n_samples: int) -> dict:
    """Draw every figure.

    Parameters
    ----------
    results : Results
    spectra : Spectra
    points : DataFrame
        Figure 7's, as `lcgan.report.tables.figure7` returns it.
    n_samples : int
        Spectra of each set drawn one by one.

    Returns
    -------
    dict of str to matplotlib.figure.Figure
        By the names of TITLES.
    """
    with drawing.style():
        return benefit_figures.draw(results) | {
            "recall": score_figures.recall_and_alarms(results),
            "real_beside_generated": spectra_figures.real_beside_generated(spectra, n_samples),
            "line_profiles": spectra_figures.line_profiles(spectra),
            "gan_scores": score_figures.gan_scores(results),
            "figure7": figure7.figure_7(points),
            "confusion": score_figures.confusion_matrices(results),
            "gan_losses": training_figures.gan_losses(results),
            "recognition_curves": training_figures.recognition_curves(results),
        }


def write(figures: dict, folder: Path) -> None:
    """Write the figures as PNG into `folder`: all of them, or the folder stays as it was."""
    with replacing(folder) as part:
        part.mkdir()
        for name, figure in figures.items():
            drawing.write_png(figure, part / f"{name}.png")


def as_svg(figures: dict, titles: Mapping[str, str] = TITLES) -> dict[str, str]:
    """Return the figures as SVG text for the page, by name."""
    return {name: drawing.as_svg(figure, name, titles[name]) for name, figure in figures.items()}
