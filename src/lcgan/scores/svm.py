"""The support vector machine behind GAN-train and GAN-test (the paper, Experiment Settings)."""

from dataclasses import dataclass

import numpy as np
from sklearn import config_context
from sklearn.svm import NuSVC

from lcgan.scores.distances import Spectra, as_spectra, squared_distances


@dataclass(frozen=True)
class OAgainstF:
    """A fitted NuSVC with a Gaussian kernel that tells O (1) from F (0).

    Its kernel is computed here, by matrix products: on 3,700 pixels that is several times as fast
    as libsvm's own, with the same predictions; and sets of spectra that meet in several machines
    are measured once (see `lcgan.scores.distances`).
    """

    svm: NuSVC
    o: Spectra
    f: Spectra
    gamma: float

    def predict(self, flux: np.ndarray | Spectra) -> np.ndarray:
        """Return 1 for O and 0 for F, shape (N,), of standardised spectra, shape (N, L)."""
        flux = as_spectra(flux)
        of_f, of_o = np.split(self.svm.support_, self.svm.n_support_[:1])  # in order of class
        support = self.f[of_f - len(self.o)], self.o[of_o]
        squared = np.concatenate([squared_distances(taught, flux) for taught in support])
        kernel = _gaussian(squared, self.gamma)
        decision = self.svm.dual_coef_ @ kernel + self.svm.intercept_
        return self.svm.classes_[(decision[0] > 0).astype(int)]


def fit_o_against_f(
    flux_o: np.ndarray | Spectra,
    flux_f: np.ndarray | Spectra,
    nu: float = 0.5,
    gamma: str | float = "scale",
) -> OAgainstF:
    """Fit `sklearn.svm.NuSVC` with a Gaussian kernel to tell O (1) from F (0).

    Parameters
    ----------
    flux_o, flux_f : ndarray or Spectra, shape (N_O, L) and (N_F, L)
        Standardised spectra.
    nu : float
        Bound on the share of margin errors; at most 2 min(N_O, N_F) / (N_O + N_F).
    gamma : "scale", "auto" or float
        Kernel exp(-gamma ‖x - y‖²); "scale" is 1 / (L var(x)). On unit-norm spectra "auto", 1 / L,
        makes the kernel almost constant.
    """
    o, f = as_spectra(flux_o), as_spectra(flux_f)
    if gamma in ("scale", "auto"):
        gamma = 1 / (o.n_pixels * (_variance(o, f) if gamma == "scale" else 1.0))
    squared = np.block([[squared_distances(x, y) for y in (o, f)] for x in (o, f)])
    is_o = np.repeat([1, 0], [len(o), len(f)])
    with config_context(assume_finite=True):  # distances of finite spectra are
        svm = NuSVC(nu=nu, kernel="precomputed").fit(_gaussian(squared, gamma), is_o)
    return OAgainstF(svm, o, f, gamma)


def called_o(svm: OAgainstF, flux: np.ndarray | Spectra) -> int:
    """Return how many spectra, shape (N, L), the machine calls O."""
    return int(svm.predict(flux).sum())


def _variance(o: Spectra, f: Spectra) -> float:
    """Return the variance over all spectra and pixels of both."""
    n = (len(o) + len(f)) * o.n_pixels
    total, squares = np.add(o.sums, f.sums)
    return squares / n - (total / n) ** 2


def _gaussian(squared: np.ndarray, gamma: float) -> np.ndarray:
    """Turn squared distances into exp(-gamma ‖x - y‖²), in place."""
    squared *= -gamma
    return np.exp(squared, out=squared)
