"""The page: one HTML file that holds its figures, its style and every number it shows."""

from importlib.resources import files

import pandas as pd

from lcgan.params import ARM_OF, BASELINES
from lcgan.report import answer, findings, paper
from lcgan.report.results import (
    CLASSES,
    FORMS,
    GANS,
    LABEL,
    NONE_FORMS,
    PROTOCOLS,
    Results,
    rate,
)
from lcgan.report.tables import CONTROLS, FIDELITY

#: Words for the fidelity measures of Table 2.
FIDELITY_LABEL = {
    "median_rms": "median spectrum: RMS of generated/real\u00a0−\u00a01",
    "std_ratio_median": "scatter per pixel, generated/real",
    "std_ratio_above_half": "pixels with half the real scatter or more",
}


def render(
    results: Results,
    figures: dict[str, str],
    sizes: list[dict],
    seed: int,
    n_samples: int,
    transfer: str = "",
    likeness: str = "",
    looks: str = "",
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    results : Results
    figures : dict of str to str
        SVG by name, as `lcgan.report.figures.as_svg` returns it.
    sizes : list of dict
        As `lcgan.report.tables.sizes` returns it.
    seed : int
    n_samples : int
        Spectra of each set drawn one by one.
    transfer : Markup
        The section on the registered model, of `lcgan.report.transfer_section`.
    likeness : Markup
        That on the GANs' spectra, of `lcgan.report.likeness_section`.
    looks : Markup
        The section on where the networks look, of `lcgan.report.saliency_section`.
    """
    import jinja2
    from markupsafe import Markup

    room = files("lcgan.report")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters |= {"percent": answer.percent, "rate": rate, "thousands": thousands}
    template = environment.from_string((room / "page.html").read_text(encoding="utf-8"))
    return template.render(
        style=Markup((room / "page.css").read_text(encoding="utf-8")),
        figures={name: Markup(svg) for name, svg in figures.items()},
        results=results,
        sizes=sizes,
        seed=seed,
        n_samples=n_samples,
        transfer=transfer,
        likeness=likeness,
        looks=looks,
        headline=answer.headline(results),
        answer=answer.answer(results),
        verdict=findings.verdict(results),
        comparisons=findings.comparisons(results),
        provenance=provenance(results),
        tiles=tiles(results),
        table1=table_1(results.table1),
        made_by=made_by(results.runs),
        limits=limits(results),
        total_seconds=sum(record["wall_seconds"] for record in results.runs.values()),
        paper=paper,
        label=LABEL,
        forms=FORMS,
        gans=GANS,
        baselines=BASELINES,
        operating=operating(results),
        arm_of=ARM_OF,
        classes=CLASSES,
        protocols=PROTOCOLS,
        controls=control_rows(results),
        fidelity={name: FIDELITY_LABEL[name] for name in FIDELITY},
    )


def thousands(number: float | None) -> str:
    """Return a count as printed: 10000 → 10,000; none → –."""
    return "–" if number is None or number != number else f"{int(number):,}"


def provenance(results: Results) -> dict[str, str]:
    """Return what data this is: a line that stands above everything else, and its explanation."""
    if results.source == "stelib":
        return {
            "line": "STELIB stars re-observed as LAMOST would have seen them — not the paper’s "
            "data, never to be compared as if it were.",
            "more": "Real spectra of real stars (STELIB, Le Borgne et al. 2003), each put through "
            "reddening, velocity, LAMOST’s resolution, calibration error, sky and noise many "
            "times over. The paper used spectra that LAMOST itself took.",
        }
    return {
        "line": f"Spectra from data/raw/{results.source}, a folder of the user’s own — not the "
        f"paper’s selection, never to be compared as if it were.",
        "more": "What is in that folder, and how it was chosen, decides every figure below.",
    }


def tiles(results: Results) -> list[dict]:
    """Return the numbers above the first figure: leakage-free recall and false alarms."""
    shown = [name for name in FORMS if name not in NONE_FORMS] + list(NONE_FORMS)
    return [
        {
            "form": name,
            "recall": results.recall(name, "leakage_free"),
            "fpr": results.scores(name, "leakage_free")["fpr_fgk"],
        }
        for name in shown
    ]


def operating(results: Results) -> list[dict]:
    """Return recall at given false-positive rates, one row per form and protocol.

    Returns
    -------
    list of dict
        `form`, `protocol`, `n`, `n_negatives`, `smallest_fpr`, `partial_auc` with its `_least` and
        `_greatest` over the fits; `points`: by rate `recall`, `recall_low`, `recall_high`,
        `recall_least`, `recall_greatest`, `bounded`, and `above`, the share of each kind of
        contaminant above the threshold.
    """
    rows = []
    for (form, protocol), of in results.operating.groupby(["form", "protocol"], sort=False):
        records = [
            {key: None if value != value else value for key, value in record.items()}
            for record in of.to_dict("records")
        ]
        shared = ("n", "n_negatives", "smallest_fpr")
        areas = [f"partial_auc{end}" for end in ("", "_least", "_greatest")]
        row = {key: records[0][key] for key in (*shared, *areas)}
        kinds = [key for key in of if key.startswith("above_")]
        for record in records:
            record["above"] = {kind.removeprefix("above_"): record[kind] for kind in kinds}
        points = {record["fpr"]: record for record in records}
        rows.append({"form": form, "protocol": protocol, "points": points, **row})
    return rows


def table_1(frame: pd.DataFrame) -> dict[str, list]:
    """Return Table 1 in two parts: the paper's data sets, and what is kept to choose and test.

    Returns
    -------
    dict
        `paper` and `kept`: rows with a `name` and `cells`, by class the records of the file;
        `kept_classes`: the classes that `kept` has, O, F, G, K first.
    """
    rows: dict[str, dict] = {}
    for record in frame.to_dict("records"):
        record = {key: None if pd.isna(value) else value for key, value in record.items()}
        row = rows.setdefault(record["data_set"], {"name": record["data_set"], "cells": {}})
        row["cells"][record["class"]] = record
    kept = [row for name, row in rows.items() if name not in paper.TABLE_1]
    found = dict.fromkeys(name for row in kept for name in row["cells"])
    return {
        "paper": [row for name, row in rows.items() if name in paper.TABLE_1],
        "kept": kept,
        "kept_classes": [*CLASSES, *(name for name in found if name not in CLASSES)],
    }


def control_rows(results: Results) -> list[dict]:
    """Return Table 2's controls: once where both GANs' are the same, as they do not use the GAN."""
    rows = []
    for name, columns in CONTROLS.items():
        shares = {
            model: {score: results.gans[model]["controls"][key] for score, key in columns.items()}
            for model in GANS
        }
        same = all(shares[model] == shares[GANS[0]] for model in GANS)
        for model in GANS[:1] if same else GANS:
            rows.append({"name": name, "model": None if same else model, "shares": shares[model]})
    return rows


def made_by(runs: dict[str, dict]) -> dict[str, str]:
    """Return scale, commit and day of the run; empty where the run records do not tell."""
    last = list(runs.values())[-1]
    commit = str(last.get("git_commit") or "")[:10]
    if commit and last.get("git_dirty"):
        commit += " with uncommitted changes"
    return {
        "scale": str(last["scale"]),
        "commit": commit,
        "started": str(next(iter(runs.values())).get("started") or ""),
    }


def limits(results: Results) -> list[str]:
    """Return what these figures cannot say."""
    known = results.table1[results.table1["data_set"] == "data_set_2"]
    n_stars = int(known["n_stars"].sum())
    kept_out = len(results.stars_kept_out.get("O", []))
    lines = [
        f"The O spectra of Data set 2 come from {n_stars} stars. Intervals count spectra as if "
        f"they were independent; observations of one star are not, so every interval is too "
        f"narrow for O stars at large.",
        f"The unseen-stars figures rest on {kept_out} O "
        f"star{'' if kept_out == 1 else 's'}. They are the hardest test here and the least "
        f"certain.",
        "“Accuracy on the validation set”, the paper’s measure, is O recall, because Data set 2 "
        "holds O stars only: a network that calls everything O would score 100 %. Read it beside "
        "the false-positive rate.",
        "The paper’s 93.67 % is the best checkpoint on the set it is reported on. Here the "
        "checkpoint, and the fit in the middle of its repeats, are chosen by macro-F1 on a "
        "selection set of real spectra (the early-stopping part of Data set 1’s O and of Data set "
        "5’s F, G, K), never on the leakage-free, held-out or unseen spectra; Data set 2, as the "
        "paper has it, holds that set’s O spectra. They are the GANs’ own training spectra, which "
        "favours a GAN that memorises; the whole curve is in Figure 7.",
        "A difference is called one where the 95 % interval of the paired bootstrap leaves zero "
        "out: spectra and repeats are drawn anew, and, for the second interval, whole stars and "
        "repeats. Repeats are paired by their initial weights. So few stars bound other stars "
        "badly: their interval is a hint. Many differences are told at once, and one in twenty "
        "would be called one by chance.",
        "Template matching and equivalent widths see the spectra’s errors and redshifts, as an "
        "astronomer would; the networks see the flux alone. Templates are the training stars "
        "themselves, and most test spectra are of the same stars: only the unseen stars tell "
        "what they are worth elsewhere.",
        "At a false-positive rate below the smallest that the negatives can bound, recall is "
        "printed, but whether the rate holds is not known.",
        "LCGAN starts at the mean and the spread per pixel of Data set 1, so its median spectrum "
        "and its spread do not show by themselves that it has learnt something. Its weights move "
        "by the paper’s rates times train_gan.lcgan.gain.",
        "SGAN sees far fewer spectra here than its authors gave it: its iterations times its "
        "batch, against 8,000 epochs of 150.",
        "GAN-test on its own cannot fail on rubbish; it is printed with its controls and with "
        "measures that noise fails.",
    ]
    if results.source == "stelib":
        lines.insert(
            0,
            "No real LAMOST O star is in this run. A network trained on re-observed spectra "
            "learns the habits of the re-observation too.",
        )
    return lines
