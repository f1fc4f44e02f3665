"""A baseline without a network: equivalent widths of classification lines, logistic regression."""

from collections.abc import Sequence

import numpy as np

from lcgan.evidence.equivalent_width import measure
from lcgan.evidence.lines import LINES

#: Equivalent widths beyond this are cut off, Å: no star has them, a bad continuum does.
MOST = 30.0


class WidthRegression:
    """Equivalent widths and logistic regression, classes weighted by their rarity.

    A width that cannot be measured counts as the training median. Nothing is drawn.

    Parameters
    ----------
    strength : float
        C of the regression: the inverse of the penalty on standardised widths.
    """

    def __init__(self, strength: float = 1.0):
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self._pipeline = make_pipeline(
            SimpleImputer(strategy="median", keep_empty_features=True),
            StandardScaler(),
            LogisticRegression(C=strength, class_weight="balanced", max_iter=1000),
        )

    def fit(self, widths: np.ndarray, classes: np.ndarray) -> "WidthRegression":
        """Fit to equivalent widths (Å, shape (n, L)) and the number of each spectrum's class."""
        self._pipeline.fit(widths, classes)
        return self

    def probabilities(self, widths: np.ndarray) -> np.ndarray:
        """Return class probabilities, shape (n, n_classes)."""
        return self._pipeline.predict_proba(widths)

    def kept(self, names: Sequence[str]) -> dict:
        """Return the fit in words: per line the training median, the scale and each weight."""
        imputer, scaler, regression = (step for _, step in self._pipeline.steps)
        return {
            "lines": [line.name for line in LINES],
            "median": imputer.statistics_.tolist(),
            "mean": scaler.mean_.tolist(),
            "scale": scaler.scale_.tolist(),
            "classes": list(names),
            "weights": regression.coef_.tolist(),
            "intercepts": regression.intercept_.tolist(),
        }


def widths(flux: np.ndarray, ivar: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Return the equivalent widths of `LINES`, Å, shape (n, L); NaN where there is none.

    Parameters
    ----------
    flux, ivar : ndarray, shape (n, 3700)
    z : ndarray, shape (n,)
        The header's redshift.
    """
    return np.clip(measure(flux, ivar, z).value, -MOST, MOST)
