"""GAN-train: what generated spectra teach about real ones (the paper, Table 2; P8)."""

import numpy as np

from lcgan.scores.distances import Spectra
from lcgan.scores.interval import proportion
from lcgan.scores.svm import called_o, fit_o_against_f


def gan_train(
    generated_o: np.ndarray | Spectra,
    real_f: np.ndarray | Spectra,
    real_o: dict[str, np.ndarray | Spectra],
    nu: float = 0.5,
    gamma: str | float = "scale",
) -> dict[str, dict]:
    """Fit on generated O against real F (Data set 4), and count the real O called O.

    A measure of diversity after Shmelkov et al. (2018). O and F alone, as the paper says later:
    ν = 0.5 is infeasible on 1000 against 3000.

    Parameters
    ----------
    generated_o, real_f : ndarray or Spectra, shape (N, L)
        Data set 4's O and F.
    real_o : dict of ndarray or Spectra
        Real O spectra by name of set, shape (N, L) each; Data set 2 in the paper.
    nu, gamma : see `fit_o_against_f`

    Returns
    -------
    dict of proportion
        By the names of `real_o`.
    """
    svm = fit_o_against_f(generated_o, real_f, nu, gamma)
    return {name: proportion(called_o(svm, flux), len(flux)) for name, flux in real_o.items()}
