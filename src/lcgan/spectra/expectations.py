"""Great Expectations on the per-spectrum table, its verdict, and the Data Docs."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from lcgan.files import replacing
from lcgan.params import Validate
from lcgan.spectra.grid import N_PIXELS, grid_hash, wavelength_grid
from lcgan.spectra.subclass import VOCABULARY

if TYPE_CHECKING:
    import great_expectations as gx

SITE = "lcgan"
EVERY_ROW = {"result_format": "COMPLETE", "unexpected_index_column_names": ["row"]}


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on one expectation.

    Attributes
    ----------
    text : str
        What was expected.
    column : str
        Of the per-spectrum table, or "class count".
    success : bool
    rows : list of int
        The spectra at fault; empty for a class count.
    classes : list of str
        The classes of which there are too few.
    """

    text: str
    column: str
    success: bool
    rows: list[int]
    classes: list[str]


def expected_of_spectra(limits: Validate) -> "list[gx.expectations.Expectation]":
    """Return what is expected of every line of the per-spectrum table."""
    import great_expectations.expectations as gxe

    def between(column: str, low: float, high: float, notes: str):
        return gxe.ExpectColumnValuesToBeBetween(
            column=column, min_value=low, max_value=high, notes=notes
        )

    def one_of(column: str, values: list, notes: str):
        return gxe.ExpectColumnValuesToBeInSet(column=column, value_set=values, notes=notes)

    grid = grid_hash(wavelength_grid())
    if limits.standardisation == "norm":
        low, high = limits.flux_range
        off = limits.norm_tolerance
        scaled = [
            between("norm", 1 - off, 1 + off, f"2-norm 1 ± {off:g} after standardisation (eq. 1)"),
            between("minimum", low, high, f"least standardised flux within {low:g} to {high:g}"),
            between("maximum", low, high, f"greatest standardised flux within {low:g} to {high:g}"),
        ]
    else:
        scaled = [
            one_of("minimum", [0.0], "least flux 0 after min-max standardisation"),
            one_of("maximum", [1.0], "greatest flux 1 after min-max standardisation"),
        ]
    most, (low_snr, high_snr) = limits.max_masked_fraction, limits.snr_g_range
    return [
        one_of("n_pixels", [N_PIXELS], f"{N_PIXELS:,} pixels"),
        one_of("grid", [grid], f"the grid's hash {grid}"),
        one_of("n_finite", [N_PIXELS], "all flux finite"),
        one_of("n_valid_ivar", [N_PIXELS], "all ivar finite and not negative"),
        *scaled,
        between("masked_fraction", 0, most, f"at most {most:.0%} of the pixels interpolated"),
        between("snr_g", low_snr, high_snr, f"S/N in g within {low_snr:g} to {high_snr:g}"),
        one_of("class", list(VOCABULARY), "class in the vocabulary"),
        gxe.ExpectColumnValuesToBeUnique(column="observation", notes="no observation twice"),
    ]


def examine(table: pd.DataFrame, limits: Validate, docs: Path) -> list[Finding]:
    """Hold every expectation against the spectra and write the Data Docs.

    Parameters
    ----------
    table : DataFrame
        One line per spectrum: `lcgan.spectra.checks.measure` joined with snr_g, class and
        observation of the catalogue.
    limits : Validate
        The block `validate` of params.yaml.
    docs : Path
        Folder that the Data Docs (HTML) take the place of.

    Returns
    -------
    list of Finding
        In the order of the expectations; the class counts are the last one.
    """
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations.expectations as gxe

    counts = class_counts(table, limits)
    enough = gxe.ExpectColumnPairValuesAToBeGreaterThanB(
        column_A="n_spectra",
        column_B="wanted",
        or_equal=True,
        notes="enough spectra of each class: "
        + ", ".join(f"{name} {n}" for name, n in limits.min_per_class.items()),
    )
    context = _context()
    of_spectra = _results(context, "spectra", expected_of_spectra(limits), table)
    (of_counts,) = _results(context, "class_counts", [enough], counts)
    with replacing(docs) as part:
        _write_docs(context, part)
    short = counts.loc[counts["n_spectra"] < counts["wanted"], "class"].tolist()
    findings = [
        Finding(result.expectation_config.notes, column, bool(result.success), rows, [])
        for result, column, rows in of_spectra
    ]
    notes, success = of_counts[0].expectation_config.notes, bool(of_counts[0].success)
    return [*findings, Finding(notes, "class count", success, [], short)]


def class_counts(table: pd.DataFrame, limits: Validate) -> pd.DataFrame:
    """Return class, n_spectra and wanted, a line per class of the vocabulary."""
    found = table["class"].value_counts()
    lines = [
        {"class": name, "n_spectra": int(found.get(name, 0)), "wanted": wanted}
        for name in VOCABULARY
        for wanted in [limits.min_per_class.get(name, 0)]
    ]
    return pd.DataFrame(lines)


def _context():
    """Return an ephemeral context: a file context trips over its own leftovers on a second run."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _results(context, name: str, expectations: list, table: pd.DataFrame) -> list[tuple]:
    """Run a suite; return for each expectation its result, its column and the rows at fault.

    All are run with a summary, which is quick even if all rows fail; only the broken ones are
    asked again for every row.
    """
    import great_expectations as gx
    from great_expectations.core.run_identifier import RunIdentifier

    asset = context.data_sources.add_pandas(name).add_dataframe_asset(name)
    data = asset.add_batch_definition_whole_dataframe("all")
    suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
    definition = context.validation_definitions.add(
        gx.ValidationDefinition(name=name, data=data, suite=suite)
    )
    handed = {"dataframe": table}
    results = {
        result.expectation_config.notes: result
        for result in definition.run(
            batch_parameters=handed, run_id=RunIdentifier("validate")
        ).results
    }
    found = []
    for expectation in expectations:
        result, rows = results[expectation.notes], []
        if not result.success and "row" in table:
            whole = data.get_batch(handed).validate(expectation, result_format=EVERY_ROW)
            rows = [fault["row"] for fault in whole.result["unexpected_index_list"]]
        found.append((result, getattr(expectation, "column", ""), rows))
    return found


def _write_docs(context, folder: Path) -> None:
    """Write the Data Docs of all that the context has run."""
    folder.mkdir()
    context.add_data_docs_site(
        SITE,
        {
            "class_name": "SiteBuilder",
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {
                "class_name": "TupleFilesystemStoreBackend",
                "base_directory": str(folder.absolute()),
            },
        },
    )
    context.build_data_docs(site_names=[SITE])
