"""What a figure shows of sets of spectra: line widths' quantiles, noise by frequency and place."""

from collections.abc import Mapping

import numpy as np

from lcgan.scores.line_widths import KEYS, by_line, subtype
from lcgan.scores.noise_power import BANDS
from lcgan.scores.seen import Seen
from lcgan.spectra.continuum import BLOCK
from lcgan.spectra.pixel_noise import typical

#: Quantiles of a distribution, per cent.
QUANTILES = (5, 25, 50, 75, 95)


def curves(sets: Mapping[str, Seen], real: Seen) -> dict:
    """Describe sets of spectra, one of which is `real`, as numbers to draw.

    Parameters
    ----------
    sets : dict of Seen
        By the name of the row.
    real : Seen
        That the noise is divided by, and line widths compared with.

    Returns
    -------
    dict
        ``widths``: by line and ``subtype``, by row: quantiles (None where nothing was measured)
        with `ks` and `wasserstein`; ``slope``: by row, quantiles; ``bands``: edges of the
        frequency bands, cycles per pixel; ``power``: by row, typical power in each, in units of
        white noise's; ``noise_ratio``: by row, noise power over the real's, medians of 20 pixels.
    """
    numbers = {row: _numbers(seen) for row, seen in sets.items()}
    compared = {row: by_line(seen.widths, real.widths) for row, seen in sets.items()}
    noise = typical(real.variance)
    return {
        "widths": {
            key: {
                row: {"quantiles": _quantiles(numbers[row][key]), **compared[row][key]}
                for row in sets
            }
            for key in (*KEYS, "subtype")
        },
        "slope": {row: _quantiles(seen.slope) for row, seen in sets.items()},
        "bands": list(BANDS),
        "power": {row: _short(typical(seen.power)) for row, seen in sets.items()},
        "noise_ratio": {
            row: _short(_thin(typical(seen.variance) / noise)) for row, seen in sets.items()
        },
    }


def _numbers(seen: Seen) -> dict[str, np.ndarray]:
    """Return each line's widths and the subtype, by name."""
    lines = {key: seen.widths[:, number] for number, key in enumerate(KEYS)}
    return lines | {"subtype": subtype(seen.widths)}


def _quantiles(values: np.ndarray) -> list[float] | None:
    known = values[np.isfinite(values)]
    return _short(np.percentile(known, QUANTILES)) if len(known) else None


def _thin(values: np.ndarray) -> np.ndarray:
    return np.median(values.reshape(-1, BLOCK), axis=1)


def _short(values: np.ndarray) -> list[float]:
    """Return numbers with the five digits that a figure can show."""
    return [float(f"{value:.5g}") for value in values]
