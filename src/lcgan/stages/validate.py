"""`lcgan validate`: great-expectations on every packed spectrum; what is broken stops the run."""

from collections.abc import Sequence

import pandas as pd

from lcgan.errors import UserError
from lcgan.files import replacing, write_json
from lcgan.params import Params
from lcgan.spectra.catalogue import read_catalogue
from lcgan.spectra.checks import measure
from lcgan.spectra.expectations import Finding, class_counts, examine
from lcgan.stages.paths import CATALOGUE, DATA_DOCS, REPORTS, SPECTRA, VALIDATION

FAULTS = REPORTS / "validation_faults.csv"
#: Files named per broken expectation in the error's one line; the rest are counted.
N_NAMED = 3


def run(params: Params, tracker) -> str:
    """Check the store and its catalogue; returns the closing line.

    Raises
    ------
    UserError
        If an input is missing or an expectation is broken; the result, the faults and the Data
        Docs are written first.
    """
    limits = params.validate_
    tracker.inputs(SPECTRA, CATALOGUE)
    catalogue = read_catalogue(CATALOGUE)
    table = measure(SPECTRA, limits.standardisation)
    if not catalogue["row"].equals(table["row"]):
        raise UserError(
            f"{CATALOGUE}: its {len(catalogue):,} rows are not those of {SPECTRA} "
            f"({len(table):,}); run `dvc repro ingest` again"
        )
    table = table.join(catalogue[["snr_g", "class", "observation"]])
    findings = examine(table, limits, DATA_DOCS)
    broken = [finding for finding in findings if not finding.success]
    _write_faults(broken, catalogue, table)
    counts = class_counts(table, limits).set_index("class")["n_spectra"]
    metrics = {
        "success": not broken,
        "n_spectra": len(table),
        "n_expectations": len(findings),
        "n_failed": len(broken),
        "n_spectra_at_fault": len({row for finding in broken for row in finding.rows}),
        **{f"n_{name}": int(n) for name, n in counts.items()},
    }
    write_json(VALIDATION, metrics)
    tracker.metrics({name: float(value) for name, value in metrics.items()})
    tracker.artifact(VALIDATION)
    tracker.artifact(FAULTS)
    if broken:
        texts = "; ".join(_told(finding, catalogue, counts) for finding in broken)
        raise UserError(
            f"{SPECTRA}: {len(broken)} of {len(findings)} expectations broken: {texts}. All are in "
            f"{FAULTS}; mend or remove the files, or change the limit in params.yaml (validate)"
        )
    return f"{len(table):,} spectra meet {len(findings)} expectations: {DATA_DOCS}/index.html"


def _told(finding: Finding, catalogue: pd.DataFrame, counts: pd.Series) -> str:
    """Say what is broken and by which spectra."""
    if finding.classes:
        named = ", ".join(f"{name} has {counts[name]}" for name in finding.classes)
        return f"{finding.text} ({named})"
    files = [catalogue["file"][row] for row in finding.rows[:N_NAMED]]
    more = len(finding.rows) - len(files)
    return f"{finding.text} ({', '.join(files)}{f' and {more:,} more' if more else ''})"


def _write_faults(broken: Sequence[Finding], catalogue: pd.DataFrame, table: pd.DataFrame) -> None:
    """Write a line per broken expectation and spectrum; only the first line if none is broken."""
    parts = [pd.DataFrame(columns=["row", "file", "observation", "expectation", "column", "value"])]
    for finding in broken:
        if finding.classes:
            part = pd.DataFrame({"value": finding.classes})
        else:
            part = catalogue.loc[finding.rows, ["row", "file", "observation"]]
            part = part.assign(value=table.loc[finding.rows, finding.column].astype(str))
        parts.append(part.assign(expectation=finding.text, column=finding.column))
    faults = pd.concat([part.astype(object) for part in parts])
    with replacing(FAULTS) as part:
        faults.to_csv(part, index=False, lineterminator="\n")
