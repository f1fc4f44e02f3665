"""The page's section on the registered model: unseen stars, real spectra, honest probabilities."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import PurePath

from lcgan.report import findings

#: On which side of its bound a share is to lie.
_AT_MOST, _AT_LEAST = "at most", "at least"


def render(report: Mapping, figures: Mapping[str, str]):
    """Return the section as HTML, a `markupsafe.Markup`.

    Parameters
    ----------
    report : mapping
        reports/transfer.json.
    figures : mapping of str to str
        SVG by name.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["percent"] = findings.percent
    text = (files("lcgan.report") / "transfer.html").read_text(encoding="utf-8")
    return Markup(
        environment.from_string(text).render(
            report=report,
            folder=PurePath(report["folder"]).name,
            figures={name: Markup(svg) for name, svg in figures.items()},
            bars=bars(report),
            temperature=f"{report['temperature']:.2f}",
        )
    )


def bars(report: Mapping) -> list[dict]:
    """Return what is asked of the model, and what it does: share, bound, whether it is met.

    A bar that is met as counted, but not by the whole of the 95 % interval, is not shown to be.

    The bars are those that this project set itself before it measured.
    """
    bright = report["reobserved"]["bright"]
    asked = [
        ("re-observed, unseen: O recalled", bright.get("O"), _AT_LEAST, 0.95),
        ("re-observed, unseen: B called O", bright.get("B"), _AT_MOST, 0.10),
    ]
    if (real := report["real"]) is not None:
        of = real["bright"]
        asked += [
            ("real: F, G, K, M called O", of["called_o"]["fgkm"], _AT_MOST, 0.003),
            ("real: A called O", of["called_o"]["a"], _AT_MOST, 0.01),
            ("real: F, G, K right", of["accuracy"]["fgk"]["strict"], _AT_LEAST, 0.90),
            ("the same, F9/G0 and G9/K0 alike", of["accuracy"]["fgk"]["tolerant"], _AT_LEAST, 0.9),
        ]
    return [
        {
            "what": what,
            "share": share,
            "asked": f"{side} {100 * bound:g} %",
            "met": _on_side(share["rate"], side, bound),
            "shown": _on_side(share["high" if side == _AT_MOST else "low"], side, bound),
        }
        for what, share, side, bound in asked
        if share is not None and share["n"]
    ]


def _on_side(value: float, side: str, bound: float) -> bool:
    return value <= bound if side == _AT_MOST else value >= bound
