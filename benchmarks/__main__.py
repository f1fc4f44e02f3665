"""Run the benchmarks: ``python -m benchmarks [NAME...]``."""

import argparse
import os
import sys
import traceback

from benchmarks import BENCHMARKS, harness, machine, results


def main(words: list[str] | None = None) -> int:
    """Run the named benchmarks, all without names; return 1 if one could not be run.

    One that fails is told and keeps its old results; the others go on. A bar that is not met is no
    failure: the table says so.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = list(dict.fromkeys(parser.parse_args(words).names)) or list(BENCHMARKS)
    if unknown := [name for name in names if name not in BENCHMARKS]:
        parser.error(f"no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    failed = [name for name in names if not _ran(name)]
    print(f"benchmarks: {results.RESULTS}, table in {results.README}")
    if failed:
        print(f"benchmarks: failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _ran(name: str) -> bool:
    """Run one benchmark, keep and print its results; say whether that went well."""
    print(f"{name}: running", flush=True)
    try:
        entries = harness.run(name)
        entries = results.judged(entries | {f"{name}.date": machine.today()})
    except Exception:
        traceback.print_exc()
        return False
    found = results.updated(results.load(), entries, [name], machine.described())
    results.save(found, BENCHMARKS)
    for key, value in entries.items():
        print(f"  {key}: {value:.4g}" if isinstance(value, float) else f"  {key}: {value}")
    return True


if __name__ == "__main__":
    sys.exit(main())
