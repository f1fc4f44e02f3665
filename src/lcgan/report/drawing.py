"""How every figure looks, as a PNG file and as an SVG that takes the page's colours."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

INK = "#1f2328"
MUTED = "#656d76"
RULE = "#d8dee4"
SHEET = "#ffffff"
#: Okabe & Ito (2008): blue, vermilion and reddish purple are told apart by the colour-blind.
LCGAN = "#0072b2"
SGAN = "#d55e00"
LCGAN_PLUS = "#009e73"
BASELINE = "#b8860b"
PAPER = "#aa4499"
NONE = "#57606a"
COLOUR = {
    "real": INK,
    "lcgan": LCGAN,
    "sgan": SGAN,
    "none_as_is": NONE,
    "none_weighted": NONE,
    "none_duplicated": NONE,
    "lcgan_plus": LCGAN_PLUS,
    "equivalent_widths": BASELINE,
    "templates": BASELINE,
}
#: Colour drawn → the page's variable, which is another colour in dark mode.
_THEMED = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    SHEET: "--sheet",
    LCGAN: "--lcgan",
    SGAN: "--sgan",
    PAPER: "--paper",
    NONE: "--none",
    LCGAN_PLUS: "--lcgan-plus",
    BASELINE: "--baseline",
}
_STYLE = {
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 10,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "figure.constrained_layout.h_pad": 0.08,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.facecolor": SHEET,
    "font.family": "DejaVu Sans",
    "font.size": 9.5,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.solid_capstyle": "round",
    "path.simplify_threshold": 0.2,
    "svg.fonttype": "none",
    "text.color": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
}


@contextmanager
def style() -> Iterator[None]:
    """Draw in the project's style, and leave matplotlib's settings as they were."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE)
        yield


def new_figure(width: float, height: float):
    """Return an empty figure, width and height in inches; nothing global keeps it."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def write_png(figure, path: Path) -> None:
    """Write a figure as PNG, 160 dots per inch, the same bytes each time."""
    with style():
        figure.savefig(path, format="png", dpi=160, metadata={"Software": None})


def as_svg(figure, name: str, title: str) -> str:
    """Return a figure as SVG to stand inside a page, in the page's colours and fonts.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    name : str
        Keeps the identifiers of several figures on one page apart.
    title : str
        Read out where the figure is not seen.
    """
    import matplotlib

    buffer = io.StringIO()
    with style():
        matplotlib.rcParams["svg.hashsalt"] = name
        empty = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=empty)
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style[^>]*>.*?</style>", "", svg, flags=re.S)
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r' xmlns(:\w+)?="[^"]*"', "", svg).replace("xlink:href", "href")
    svg = re.sub(r'(?<= d=")[^"]+', _shorter, svg)
    for colour, variable in _THEMED.items():
        svg = svg.replace(colour, f"var({variable})")
    return svg.replace("<svg", f'<svg role="img" aria-label="{title}"', 1)


def _shorter(match: re.Match) -> str:
    """Return a path with two digits after the point: a hundredth of a point is not seen."""
    return re.sub(r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", match[0])
