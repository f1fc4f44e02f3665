"""Two halves of a folder of real spectra: one to look at, one to report on.

Priors and thresholds may be fitted on the half "fit"; figures that are printed come from the half
"report", which nothing else looks at. A star is in one half whatever its file is called.
"""

import hashlib
from pathlib import Path

FIT, REPORT = "fit", "report"


def half_of(desig: str, name: str | Path) -> str:
    """Return the half that a spectrum is in.

    Parameters
    ----------
    desig : str
        The header's DESIG, the star's name; "" where there is none.
    name : str or Path
        The file, which stands for the star without DESIG: its name up to the first dot, so that
        `x.fits` and `x.fits.gz` are in one half.

    Returns
    -------
    str
        "fit" or "report".

    Examples
    --------
    >>> half_of("", "night/27904160.fits.gz") == half_of("27904160", "another.fits")
    True
    """
    key = desig.strip() or Path(name).name.split(".")[0]
    first = hashlib.md5(key.encode(), usedforsecurity=False).hexdigest()[0]
    return FIT if int(first, 16) % 2 == 0 else REPORT
