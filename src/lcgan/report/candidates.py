"""The page of candidates: one panel each, to be looked at before a telescope is pointed."""

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from lcgan.evidence.lines import LINES
from lcgan.files import replacing
from lcgan.report import candidate_plots

#: Panels on a page at most: some 6 MB, and more than anyone looks at in a sitting.
MOST = 200
#: What each word of `lcgan.evidence.criterion` is called on the page.
VERDICTS = {
    "supports": ("for", "lines support O"),
    "metal lines": ("against", "metal lines too strong for O"),
    "no He II": ("against", "no He II"),
    "undecided": ("open", "lines undecided"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A spectrum and what is known of it.

    Attributes
    ----------
    row : dict
        Its line of the table.
    header : dict of str to str
        What the file's header says, by the words on the page.
    wavelength, flux : ndarray, shape (N,), float32
        Vacuum Å; the file's unit, NaN without a measurement.
    """

    row: dict
    header: dict[str, str]
    wavelength: np.ndarray
    flux: np.ndarray


class Gallery:
    """Keeps the best candidates' spectra, at most `MOST` of them, whatever comes."""

    def __init__(self, most: int = MOST):
        self._most, self._best, self.n_candidates = most, [], 0
        self._order = itertools.count()

    def add(self, row: dict, read) -> None:
        """Take a candidate: its line of the table and its `lcgan.spectra.lamost.Spectrum`."""
        self.n_candidates += 1
        flux = np.where(read.bad, np.nan, read.flux).astype(np.float32)
        it = Candidate(row, _header(read), read.wavelength.astype(np.float32), flux)
        push = heapq.heappush if len(self._best) < self._most else heapq.heappushpop
        push(self._best, (row["p_O"], -next(self._order), it))  # of equals the first is kept

    def candidates(self) -> list[Candidate]:
        """Return what is kept, best first."""
        return [it for _, _, it in sorted(self._best, key=lambda one: one[:2], reverse=True)]

    def write(
        self, page: Path, model: str, columns: Sequence[str], said: Sequence[str], n_files: int
    ) -> None:
        """Write the page, whole or not at all.

        Parameters
        ----------
        page : Path
        model : str
            The model's address.
        columns : sequence of str
            The probability columns of the table.
        said : sequence of str
            What the threshold implies.
        n_files : int
            Files looked at.
        """
        html = render(self.candidates(), self.n_candidates, model, columns, said, n_files)
        with replacing(page) as part:
            part.write_text(html, encoding="utf-8")


def render(
    kept: Sequence[Candidate],
    n_candidates: int,
    model: str,
    columns: Sequence[str],
    said: Sequence[str],
    n_files: int,
) -> str:
    """Return the page as HTML that needs nothing else; arguments as in `Gallery`."""
    import jinja2
    from markupsafe import Markup

    room = files("lcgan.report")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    classes = [name.removeprefix("p_") for name in columns if name.startswith("p_")]
    template = environment.from_string((room / "candidates.html").read_text(encoding="utf-8"))
    panels = (_panel(number, it, classes) for number, it in enumerate(kept, 1))
    return template.render(
        style=Markup((room / "candidates.css").read_text(encoding="utf-8")),
        panels=panels,
        index=[_summary(number, it) for number, it in enumerate(kept, 1)],
        n_candidates=n_candidates,
        n_files=n_files,
        model=model,
        said=said,
    )


def _header(read) -> dict[str, str]:
    """Return the header's facts as the page prints them."""
    sn = [
        f"{band} {value:.0f}"
        for band, value in zip("ugriz", read.snr, strict=True)
        if value == value
    ]
    said = " ".join(word for word in (read.class_, read.subclass) if word)
    return {
        "header’s class": said or "–",
        "star": read.star,
        "S/N": ", ".join(sn) or "–",
        "z": f"{read.z:+.5f} ({read.z * 299_792.458:+.0f} km/s)" if read.z == read.z else "–",
        "observation": read.fibre,
    }


def _summary(number: int, it: Candidate) -> dict:
    """Return what the index and a panel's head say."""
    row = it.row
    tone, words = VERDICTS.get(row.get("o_evidence"), ("open", "lines not measured"))
    name = f"obsid {row['obsid']}" if row.get("obsid") is not None else Path(row["path"]).name
    return {
        "number": number,
        "name": name,
        "path": row["path"],
        "p": row["p_O"],
        "calibrated": row.get("calibrated_O"),
        "snr": row["snr"],
        "place": sexagesimal(row["ra"], row["dec"]),
        "degrees": f"{row['ra']:.5f} {row['dec']:+.5f}" if row["ra"] == row["ra"] else "",
        "tone": tone,
        "verdict": words,
        "strange": row.get("outlier_score"),
    }


def _panel(number: int, it: Candidate, classes: Sequence[str]) -> dict:
    """Return all that a panel shows."""
    from markupsafe import Markup

    row = it.row
    z = row["z"] if row.get("z") == row.get("z") and row.get("z") is not None else 0.0
    plots = candidate_plots.plots(it.wavelength, it.flux, z)
    bars = [
        {"name": name, "p": row[f"p_{name}"], "calibrated": row.get(f"calibrated_{name}")}
        for name in classes
    ]
    return _summary(number, it) | {
        "plots": {name: Markup(svg) for name, svg in plots.items()},
        "bars": bars,
        "widths": [_width(line, row) for line in LINES],
        "header": it.header,
    }


def _width(line, row: dict) -> dict:
    """Return a line's equivalent width as printed, and whether it is there by three errors."""
    value, error = row.get(f"ew_{line.key}"), row.get(f"ew_err_{line.key}")
    if value is None or value != value:
        return {"name": line.name, "value": "–", "error": "", "there": False}
    return {
        "name": line.name,
        "value": f"{value:.2f}".replace("-", "−"),
        "error": f"± {error:.2f}",
        "there": abs(value) > 3 * error,
    }


def sexagesimal(ra: float, dec: float) -> str:
    """Return a position as an observer types it; "" where it is not known.

    Parameters
    ----------
    ra, dec : float
        Right ascension and declination, degrees.

    Examples
    --------
    >>> sexagesimal(83.8221, -5.3911)
    '05:35:17.30 -05:23:28.0'
    """
    if ra != ra or dec != dec:
        return ""
    hundredths = round(ra / 15 * 3600 * 100) % (24 * 3600 * 100)
    tenths = round(abs(dec) * 3600 * 10)
    h, m, s = hundredths // 360_000, hundredths // 6000 % 60, hundredths % 6000 / 100
    d, arcm, arcs = tenths // 36_000, tenths // 600 % 60, tenths % 600 / 10
    sign = "-" if dec < 0 else "+"
    return f"{h:02}:{m:02}:{s:05.2f} {sign}{d:02}:{arcm:02}:{arcs:04.1f}"
