"""The page's section on how like real O spectra the GANs' are, beside controls."""

from collections.abc import Mapping
from importlib.resources import files

from lcgan.report.results import LABEL
from lcgan.scores.bars import BARS, PAPER_BARS, met
from lcgan.scores.measures import MEASURES

#: Columns beside the GANs', in order; held-out real O stands before them.
CONTROL_LABEL = {
    "held_out": "real O,\nheld out",
    "white_noise": "white\nnoise",
    "training_copied": "Data set 1\ncopied",
    "memorised": "smoothed,\nnew noise",
    "real_f": "real F",
}
#: Scores shown against parts of the leakage-free spectra.
BY_PART = ("precision", "recall", "density", "coverage", "frechet", "c2st_auc", "c2st_by_spectrum")
_PART = {
    "all": "all leakage-free",
    "training_stars": "… of training stars",
    "unseen_stars": "… of unseen stars",
}


def render(gans: Mapping[str, Mapping], figures: Mapping[str, str]):
    """Return the section as HTML, a `markupsafe.Markup`.

    Parameters
    ----------
    gans : mapping
        reports/gan/<model>.json by GAN.
    figures : mapping of str to str
        SVG by name.
    """
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["number"] = number
    text = (files("lcgan.report") / "likeness.html").read_text(encoding="utf-8")
    first = next(iter(gans.values()))
    return Markup(
        environment.from_string(text).render(
            gans=gans,
            label={model: LABEL.get(model, model) for model in gans},
            columns=columns(gans),
            rows=rows(gans),
            bars=bars(gans),
            parts=parts(gans),
            part_scores=[MEASURES[name].words for name in BY_PART],
            words={name: measure.words for name, measure in MEASURES.items()},
            n_selection=first["chosen"]["n_selection"],
            n_trainings={model: gan["repeats"]["n"] for model, gan in gans.items()},
            figures={name: Markup(svg) for name, svg in figures.items()},
        )
    )


def columns(gans: Mapping[str, Mapping]) -> list[str]:
    """Return the names of the sets, in the order of the table's columns."""
    held_out, *others = CONTROL_LABEL.values()
    return [held_out, *(LABEL.get(model, model) for model in gans), *others]


def rows(gans: Mapping[str, Mapping]) -> list[dict]:
    """Return a row per score: its words, its value in every set, whether it may choose.

    Controls use no GAN and are the same in every report; those of the first are shown.
    """
    first = next(iter(gans.values()))
    held_out, *others = CONTROL_LABEL
    return [
        {
            "words": measure.words,
            "values": [
                first["scores"][held_out][name],
                *(gan["scores"]["generated"][name] for gan in gans.values()),
                *(first["scores"][control][name] for control in others),
            ],
            "usable": first["usable"][name],
        }
        for name, measure in MEASURES.items()
    ]


def parts(gans: Mapping[str, Mapping]) -> list[dict]:
    """Return each set against all leakage-free spectra and parts of them, Data set 1 first."""
    first = next(iter(gans.values()))["by_part"]
    sets = {"Data set 1 itself": first["training"]}
    sets |= {LABEL.get(model, model): gan["by_part"]["generated"] for model, gan in gans.items()}
    return [
        {
            "set": name,
            "against": _PART[part],
            "n": scores["n"],
            "values": [scores[score] for score in BY_PART],
        }
        for name, found in sets.items()
        for part, scores in found.items()
    ]


def bars(gans: Mapping[str, Mapping]) -> list[dict]:
    """Return what is asked, and what each GAN has at its chosen checkpoint, over its trainings.

    Returns
    -------
    list of dict
        `values`: by GAN the mean, the standard deviation (None of one training), whether met.
    """
    found = [gan["repeats"]["scores"] for gan in gans.values()]
    means = [{name: of["mean"] for name, of in scores.items()} for scores in found]
    return [
        {
            "words": bar.words,
            "asked": f"at {'least' if bar.at_least else 'most'} {bar.bound:g}",
            "of": "all" if bar in PAPER_BARS else "an arm free of the paper’s words",
            "values": [
                (mean[bar.score], scores[bar.score]["std"], met(bar, mean))
                for mean, scores in zip(means, found, strict=True)
            ],
        }
        for bar in BARS
    ]


def number(value: float | None) -> str:
    """Return a score as printed: three digits, none as a dash."""
    if value is None:
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace("-", "−")
    digits = next((n for n, least in enumerate((99.95, 9.995, 0.9995)) if abs(value) >= least), 3)
    return f"{value:.{digits}f}".replace("-", "−")
