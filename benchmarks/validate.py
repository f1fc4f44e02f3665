"""``validate``: 40,000 packed spectra, beside one expectation per pixel column."""

import contextlib
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks import data
from benchmarks.harness import Entries, compare, in_own_process
from lcgan.spectra.grid import N_PIXELS

N_SPECTRA = 40_000
#: Distinct re-observations among them; the others are these at another flux level.
N_DISTINCT = 2000
#: Pixel columns that the peer checks, evenly spread.
N_COLUMNS = 200
ROUNDS = 3
#: A spectrum and a pixel that are broken once, to see that both sides find them; and its flux, in
#: units of the spectrum's 2-norm.
BROKEN_ROW, BROKEN_FLUX = 12_345, 50.0
PARAMS = Path(__file__).resolve().parents[1] / "params.yaml"


def bench() -> Entries:
    """Validate 40,000 x 3,700; both sides find no fault, and the same one once it is put in."""
    source = data.store(N_DISTINCT)
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        in_own_process(_make_store, source)
        peak = in_own_process(_peak_mib)
        columns = np.linspace(0, N_PIXELS - 1, N_COLUMNS).astype(int)
        table = _columns(columns)
        found = compare(
            _faults,
            lambda: _peer_faults(table),
            _check_no_faults,
            ROUNDS,
            peer_share=N_COLUMNS / N_PIXELS,
        )
        _check_the_fault(columns)
    return {
        "work": f"Great Expectations on {N_SPECTRA:,} spectra of {N_PIXELS:,} pixels",
        "peer": f"one expectation per pixel column, {N_COLUMNS} columns scaled to {N_PIXELS:,}",
        "bar": "seconds <= 10, peak_mib <= 1024",
        "note": f"memory grows by {peak:,.0f} MiB at most",
        "n_spectra": N_SPECTRA,
        "n_pixels": N_PIXELS,
        "peak_mib": peak,
        **found,
    }


def _make_store(source: Path) -> None:
    """Write the store and its catalogue: copies of the source at other flux levels."""
    from lcgan.spectra import store
    from lcgan.spectra.catalogue import read_catalogue
    from lcgan.stages.paths import CATALOGUE, SPECTRA

    catalogue = read_catalogue(source.with_name("catalogue.csv"))
    copies = []
    with store.writing(SPECTRA) as writer:
        for number in range(N_SPECTRA // N_DISTINCT):
            level = np.float32(1 + number)
            for _, flux, ivar, mask in store.blocks(source, ("flux", "ivar", "mask")):
                writer.append(flux * level, ivar / level**2, mask)
            copy = catalogue.assign(row=catalogue["row"] + number * N_DISTINCT)
            copies.append(copy.assign(observation=copy["observation"] + f"-{number}"))
    pd.concat(copies).to_csv(CATALOGUE, index=False)


def _faults() -> set[int]:
    """Run the stage; return the rows at fault."""
    from lcgan.errors import UserError
    from lcgan.params import load
    from lcgan.stages import validate
    from lcgan.tracking.runs import NoTracking

    with contextlib.suppress(UserError):  # raised at a fault, once all is written
        validate.run(load(PARAMS, []), NoTracking())
    return set(pd.read_csv(validate.FAULTS)["row"])


def _peak_mib() -> float:
    """Run the stage in a process that has run nothing else; return by how much memory grew."""
    from benchmarks.memory import grown

    with grown() as memory:
        _faults()
    return memory.mib


def _columns(columns: np.ndarray) -> pd.DataFrame:
    """Return some pixels of every standardised spectrum, a column each."""
    from lcgan.spectra import store
    from lcgan.spectra.standardise import standardise
    from lcgan.stages.paths import SPECTRA

    flux = [standardise(flux)[:, columns] for _, flux in store.blocks(SPECTRA)]
    return pd.DataFrame(np.concatenate(flux), columns=[f"pixel_{i}" for i in columns])


def _peer_faults(table: pd.DataFrame) -> set[int]:
    """Expect every pixel column to lie within the limits; return the rows that do not."""
    import great_expectations as gx
    import great_expectations.expectations as gxe
    from great_expectations.data_context.types.base import ProgressBarsConfig

    from lcgan.params import load

    low, high = load(PARAMS, []).validate_.flux_range
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    batch = (
        context.data_sources.add_pandas("spectra")
        .add_dataframe_asset("spectra")
        .add_batch_definition_whole_dataframe("all")
        .get_batch({"dataframe": table})
    )
    between = [
        gxe.ExpectColumnValuesToBeBetween(column=name, min_value=low, max_value=high)
        for name in table.columns
    ]
    suite = gx.ExpectationSuite(name="pixels", expectations=between)
    results = batch.validate(suite, result_format="COMPLETE").results
    assert len(results) == len(table.columns)
    return {row for result in results for row in result.result["unexpected_index_list"]}


def _check_no_faults(ours: set[int], theirs: set[int]) -> None:
    assert ours == theirs == set(), (ours, theirs)


def _check_the_fault(columns: np.ndarray) -> None:
    """Break one pixel; see that both sides find its spectrum and no other."""
    import h5py

    from lcgan.stages.paths import SPECTRA

    with h5py.File(SPECTRA, "r+") as file:
        flux = file["flux"][BROKEN_ROW]
        file["flux"][BROKEN_ROW, columns[N_COLUMNS // 2]] = BROKEN_FLUX * np.linalg.norm(flux)
    found = _faults(), _peer_faults(_columns(columns))
    assert found == ({BROKEN_ROW}, {BROKEN_ROW}), found
