"""The support vector machine behind GAN-train and GAN-test (the paper, Experiment Settings)."""

import numpy as np
from sklearn.svm import NuSVC


def fit_o_against_f(
    flux_o: np.ndarray, flux_f: np.ndarray, nu: float = 0.5, gamma: str | float = "scale"
) -> NuSVC:
    """Fit a NuSVC with a Gaussian kernel to tell O (1) from F (0).

    Parameters
    ----------
    flux_o, flux_f : ndarray, shape (N_O, L) and (N_F, L)
        Standardised spectra.
    nu : float
        Bound on the share of margin errors; at most 2 min(N_O, N_F) / (N_O + N_F).
    gamma : "scale", "auto" or float
        Kernel exp(-gamma ‖x - y‖²); "scale" is 1 / (L var(x)). On unit-norm spectra "auto", 1 / L,
        makes the kernel almost constant.
    """
    flux = np.concatenate([flux_o, flux_f])
    is_o = np.repeat([1, 0], [len(flux_o), len(flux_f)])
    return NuSVC(nu=nu, kernel="rbf", gamma=gamma).fit(flux, is_o)


def called_o(svm: NuSVC, flux: np.ndarray) -> int:
    """Return how many spectra, shape (N, L), the machine calls O."""
    return int(svm.predict(flux).sum())
