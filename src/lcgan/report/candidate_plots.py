"""A candidate's spectrum as SVG: the whole of it, and the lines that tell an O star.

Written by hand and not by matplotlib: hundreds of panels in seconds, each of some 20 kB.
"""

from dataclasses import dataclass

import numpy as np

from lcgan.evidence.lines import LINES
from lcgan.report.lines import O_LINES

#: Running median that stands for the continuum, pixels: wide against a line (some 20).
_CONTINUUM = 151
#: Lines that speak against an O star, and what else is drawn.
AGAINST = ("Ca K", "G band")
_MARKED = tuple((it.name, it.wavelength) for it in O_LINES) + tuple(
    (it.name, it.wavelength) for it in LINES if it.name in AGAINST
)
#: Pixels of a mean in the whole spectrum and in the windows: a resolution element is 2.4.
_COARSE, _FINE = 4, 1


@dataclass(frozen=True)
class _Frame:
    """A drawing area: its place in the SVG and the axes' ranges (Å; flux)."""

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]

    def across(self, wavelength):
        """Return the abscissa of wavelengths."""
        return self.left + self.width * (wavelength - self.x[0]) / (self.x[1] - self.x[0])

    def down(self, flux):
        """Return the ordinate of fluxes, held inside the frame."""
        share = np.clip((flux - self.y[0]) / (self.y[1] - self.y[0]), -0.02, 1.02)
        return self.top + self.height * (1 - share)


def plots(wavelength: np.ndarray, flux: np.ndarray, z: float) -> dict[str, str]:
    """Return the plots of a spectrum.

    Parameters
    ----------
    wavelength, flux : ndarray, shape (N,)
        Vacuum Å; NaN without a measurement.
    z : float
        Redshift: lines are marked where they are seen.

    Returns
    -------
    dict of str to str
        "whole": 3700 to 9000 Å. "blue": 3900 to 4920 Å over its continuum. "he_ii_5411": the same
        about that line.
    """
    continuum = _continuum(flux)
    with np.errstate(invalid="ignore", divide="ignore"):
        rectified = np.where(continuum > 0, flux / continuum, np.nan)
    return {
        "whole": _plot(wavelength, flux, z, (3690.0, 9010.0), (960, 350), _COARSE, None),
        "blue": _plot(wavelength, rectified, z, (3900.0, 4920.0), (760, 300), _FINE, (0.4, 1.35)),
        "he_ii_5411": _plot(
            wavelength, rectified, z, (5365.0, 5460.0), (190, 300), _FINE, (0.4, 1.35)
        ),
    }


def _plot(wavelength, flux, z, x_range, size, n_mean, y_range) -> str:
    """Return one SVG."""
    width, height = size
    inside = (wavelength >= x_range[0]) & (wavelength <= x_range[1])
    wavelength, flux = _means(wavelength[inside], flux[inside], n_mean)
    y_range = y_range or _range(flux)
    frame = _Frame(34.0, 66.0, width - 42.0, height - 90.0, x_range, y_range)
    lines = [(name, at * (1 + z)) for name, at in _MARKED]
    lines = sorted((it for it in lines if x_range[0] < it[1] < x_range[1]), key=lambda it: it[1])
    parts = [f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="spectrum">']
    parts += [*_axes(frame), *_marks(frame, lines)]
    parts.append(f'<path class="flux" d="{_path(frame, wavelength, flux)}"/>')
    if n_mean > 1:
        smooth = _means(wavelength, flux, 4)
        parts.append(f'<path class="smooth" d="{_path(frame, *smooth)}"/>')
    return "".join([*parts, "</svg>"])


def _path(frame: _Frame, wavelength: np.ndarray, flux: np.ndarray) -> str:
    """Return a path through the points, broken where there is none."""
    x, y = frame.across(wavelength), frame.down(flux)
    words, drawing = [], False
    for one, other in zip(x.tolist(), y.tolist(), strict=True):
        if other != other:
            drawing = False
            continue
        words.append(f"{'' if drawing else 'M'}{one:.1f} {other:.1f}")
        drawing = True
    return " ".join(words)


def _axes(frame: _Frame) -> list[str]:
    """Return the frame's floor, its ticks and their numbers."""
    floor, right = frame.top + frame.height, frame.left + frame.width
    parts = [f'<path class="axis" d="M{frame.left:.1f} {floor:.1f}H{right:.1f}"/>']
    for at in _ticks(*frame.x, max(int(frame.width // 90), 2)):
        x = frame.across(at)
        parts.append(f'<path class="axis" d="M{x:.1f} {floor:.1f}v4"/>')
        parts.append(f'<text class="tick" x="{x:.1f}" y="{floor + 16:.1f}">{at:.0f}</text>')
    for at in _ticks(*frame.y, 3):
        y = frame.down(at)
        parts.append(f'<path class="grid" d="M{frame.left:.1f} {y:.1f}H{right:.1f}"/>')
        parts.append(
            f'<text class="level" x="{frame.left - 5:.1f}" y="{y + 3.5:.1f}">{at:g}</text>'
        )
    return parts


def _marks(frame: _Frame, lines: list[tuple[str, float]]) -> list[str]:
    """Return the lines' places and their names above, moved apart where they are close."""
    if not lines:
        return []
    places = np.array([frame.across(at) for _, at in lines])
    for _ in range(80):
        close = np.clip(11.0 - np.diff(places), 0, None) / 2
        places[:-1] -= close
        places[1:] += close
    parts = []
    for (name, at), place in zip(lines, places.tolist(), strict=True):
        kind = "against" if name in AGAINST else "heii" if name.startswith("He II") else "line"
        x, top, floor = frame.across(at), frame.top, frame.top + frame.height
        track = f"M{place:.1f} {top - 7:.1f}L{x:.1f} {top:.1f}V{floor:.1f}"
        parts.append(
            f'<path class="mark {kind}" d="{track}"/>'
            f'<text class="name {kind}" transform="translate({place + 3:.1f} {top - 9:.1f}) '
            f'rotate(-55)">{name}</text>'
        )
    return parts


def _means(wavelength: np.ndarray, flux: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return means over n pixels; NaN where half of them or more have no measurement."""
    n_whole = len(flux) // n * n
    of = flux[:n_whole].reshape(-1, n)
    there = np.isfinite(of)
    total = np.where(there, of, 0).sum(axis=1)
    count = there.sum(axis=1)
    mean = np.where(count > n / 2, total / np.maximum(count, 1), np.nan)
    return wavelength[:n_whole].reshape(-1, n).mean(axis=1), mean


def _continuum(flux: np.ndarray) -> np.ndarray:
    """Return the running median of a spectrum, gaps filled straight across."""
    from scipy.ndimage import median_filter

    there = np.isfinite(flux)
    if not there.any():
        return np.full(len(flux), np.nan)
    filled = np.interp(np.arange(len(flux)), np.flatnonzero(there), flux[there])
    return median_filter(filled, _CONTINUUM, mode="nearest")


def _range(flux: np.ndarray) -> tuple[float, float]:
    """Return a flux range that holds all but the most extreme of the points, and 0."""
    there = flux[np.isfinite(flux)]
    if not len(there):
        return 0.0, 1.0
    low, high = np.percentile(there, [0.5, 99.5])
    room = 0.08 * max(high - min(low, 0.0), 1e-30)
    return min(float(low), 0.0) - (room if low < 0 else 0.0), float(high) + room


def _ticks(low: float, high: float, n: int) -> list[float]:
    """Return about n round numbers inside a range."""
    if not high > low:
        return []
    raw = (high - low) / n
    power = 10.0 ** np.floor(np.log10(raw))
    step = min((factor * power for factor in (1, 2, 5, 10)), key=lambda it: abs(it - raw))
    first = np.ceil(low / step) * step
    count = int((high - first) / step + 1e-9) + 1
    return [float(f"{first + i * step:.10g}") for i in range(count)]
