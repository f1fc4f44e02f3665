"""How fast the project is beside what a user would pick instead, measured side by side.

``python -m benchmarks [NAME...]`` from the project's folder runs all or some of `BENCHMARKS`,
writes ``benchmarks/results.json`` and the table of README.md's section "Speed"; ``make bench`` and
``make bench ARGS="score ingest"`` do it in .venv, with the peers of the extra `bench`.

A benchmark is a module here whose name stands in `BENCHMARKS`, with one function ``bench()``. It
runs in a process of its own, started in the project's folder, and returns flat entries, a dict of
name to number, text or bool. The harness puts ``<module>.`` before every name. One comparison has:

``work``, ``peer``
    Texts for the table: what is done, and what by the peer.
``seconds``, ``peer_seconds``
    Median time of a call, ours and the peer's.
``ratio``, ``ratio_low``, ``ratio_high``
    Median over rounds of peer time / our time, and its least and greatest round.
``rounds``
    How many.
``bar``
    Conditions on the entries of this comparison, text, joined by ", ": ``"ratio >= 3"``,
    ``"seconds <= 10, peak_mib <= 1024"``. The harness adds ``met`` (bool). "" is no bar.
``note``
    Optional text for the table's last column.
anything else
    Sizes, more figures: ``n_files``, ``peak_mib``, ``max_difference`` ...

`benchmarks.harness.compare` returns seconds to rounds. Several comparisons of one module carry a
prefix each (``"einsum.work"``, ``"einsum.ratio"`` ...; see `benchmarks.harness.named`); every
name that ends in ``work`` becomes a row of the table. A complete one::

    from benchmarks import data
    from benchmarks.harness import compare

    def bench() -> dict:
        store = data.store(2000)
        return {
            "work": "read 2,000 spectra",
            "peer": "h5py, row by row",
            "bar": "ratio >= 2",
            "n_spectra": 2000,
            **compare(lambda: ours(store), lambda: theirs(store), np.testing.assert_array_equal),
        }

Rules: both sides get the same input, the same threads and are warmed up; their results are compared
by the third argument before anything is timed, and a difference raises. A peer is what a sensible
user would write. Import what is heavy, and peers, inside functions. `benchmarks.data` makes and
keeps inputs (below .lcgan/benchmarks, seeded); `benchmarks.memory.grown` measures peak memory.
"""

#: Every benchmark, in the order of the table.
BENCHMARKS: tuple[str, ...] = (
    "locally_connected",
    "gan_step",
    "racnet_train",
    "score",
    "score_int8",
    "ingest",
    "validate",
    "nusvc",
)
