"""The evidence as a table has it: one column a number, one value a spectrum."""

import numpy as np

from lcgan.evidence.criterion import o_evidence
from lcgan.evidence.equivalent_width import measure
from lcgan.evidence.lines import LINES
from lcgan.evidence.outliers import Likeness

#: Equivalent widths and their errors, Å.
WIDTHS = tuple(f"ew_{line.key}" for line in LINES)
WIDTH_ERRORS = tuple(f"ew_err_{line.key}" for line in LINES)
#: All columns: number or text.
COLUMNS = {
    "outlier": bool,
    "outlier_score": float,
    "o_evidence": str,
    **{name: float for pair in zip(WIDTHS, WIDTH_ERRORS, strict=True) for name in pair},
}


def evidence(
    likeness: Likeness | None,
    flux: np.ndarray,
    ivar: np.ndarray,
    called: list[str],
    z: np.ndarray,
) -> dict[str, list]:
    """Return the columns of spectra on the packed grid.

    Parameters
    ----------
    likeness : Likeness or None
        Of the model that called them; without one nothing is said of outliers.
    flux, ivar : ndarray, shape (n, 3700)
        Any unit; ivar 0 marks pixels without data. Where it is 0 throughout nothing is said.
    called : list of str, length n
    z : ndarray, shape (n,)
        Redshift; NaN counts as 0.

    Returns
    -------
    dict of list
        By the names of `COLUMNS`, n values each.
    """
    score, known = np.full(len(flux), np.nan), (ivar > 0).any(axis=1)
    if likeness is not None and known.any():
        of = [name for name, there in zip(called, known, strict=True) if there]
        score[known] = likeness.score(flux[known], ivar[known], of)
    measured = measure(flux, ivar, z)
    found = {
        "outlier": [None if one != one else bool(one > 1) for one in score.tolist()],
        "outlier_score": score.tolist(),
        "o_evidence": o_evidence(measured),
    }
    for number in range(len(LINES)):
        found[WIDTHS[number]] = measured.value[:, number].tolist()
        found[WIDTH_ERRORS[number]] = measured.error[:, number].tolist()
    return found
