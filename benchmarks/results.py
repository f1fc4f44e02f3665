"""Flat results, whether each meets its bar, and the table of README.md."""

import operator
import re
from pathlib import Path

from benchmarks.harness import Entries
from lcgan.files import read_json, replacing, write_json

RESULTS = Path("benchmarks/results.json")
README = Path("README.md")
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
COMPARISONS = {">=": operator.ge, "<=": operator.le}
CONDITION = re.compile(r"([\w.]+) (>=|<=) ([-+.\deE]+)")
#: How a condition on an entry is written: before and after the number.
UNITS = {"ratio": ("", " ×"), "seconds": ("", " s"), "peak_mib": ("", " MiB")}


def conditions(bar: str) -> list[tuple[str, str, float]]:
    """Return a bar's (entry, comparison, number) triples.

    Raises
    ------
    ValueError
        If the text is no list of conditions.

    Examples
    --------
    >>> conditions("ratio >= 3, peak_mib <= 1024")
    [('ratio', '>=', 3.0), ('peak_mib', '<=', 1024.0)]
    """
    found = []
    for part in filter(None, (part.strip() for part in bar.split(","))):
        if not (match := CONDITION.fullmatch(part)):
            raise ValueError(f"bar {bar!r}: {part!r} is not like 'ratio >= 3'")
        found.append((match[1], match[2], float(match[3])))
    return found


def judged(entries: Entries) -> Entries:
    """Return the entries with ``met`` beside every ``bar``: true if all its conditions hold.

    Raises
    ------
    KeyError
        If a bar speaks of an entry that is not there.
    """
    found = dict(entries)
    for name, bar in entries.items():
        prefix, _, last = name.rpartition(".")
        if last == "bar":
            found[f"{prefix}.met"] = all(
                COMPARISONS[how](entries[f"{prefix}.{key}"], number)
                for key, how, number in conditions(str(bar))
            )
    return found


def updated(old: Entries, new: Entries, names: list[str], machine: Entries) -> Entries:
    """Return old results with those of the benchmarks `names` replaced.

    Results of another processor, or of other cores, are dropped: they do not belong in one table.
    """
    same = all(old.get(key) == machine[key] for key in ("machine.cpu", "machine.cores"))
    replaced = (*(f"{name}." for name in names), "machine.")
    kept = {key: value for key, value in old.items() if not key.startswith(replaced)}
    return machine | (kept if same else {}) | new


def load() -> Entries:
    """Return the results so far, {} where there are none."""
    return read_json(RESULTS) if RESULTS.exists() else {}


def save(results: Entries, order: tuple[str, ...]) -> None:
    """Write the results, sorted into the table's order, and the table of the README.

    Raises
    ------
    UserError
        If a file cannot be written.
    """
    rank = {name: place for place, name in enumerate(("machine", *order))}
    keys = sorted(results, key=lambda key: rank.get(key.split(".")[0], len(rank)))
    ordered = {key: results[key] for key in keys}
    text = with_table(README.read_text(), table(ordered))
    write_json(RESULTS, ordered)
    with replacing(README) as part:
        part.write_text(text)


def with_table(text: str, new: str) -> str:
    """Return the README's text with what stands between the two markers replaced.

    Raises
    ------
    ValueError
        If the markers are not there, once each and in order.
    """
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in after:
        raise ValueError(f"{README}: needs {BEGIN} and, below it, {END}, once each")
    return f"{before}{BEGIN}\n{new}\n{END}{after}"


def table(results: Entries) -> str:
    """Return the table in Markdown: a row for every entry named ``work``."""
    lines = [
        f"On {results['machine.cpu']}, {results['machine.cores']} cores, "
        f"{results['machine.date']}:",
        "",
        "| name | work | beside | times as fast | bar | ours | theirs | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in results:
        prefix, _, last = name.rpartition(".")
        if last == "work":
            lines.append(_row(prefix, results))
    return "\n".join(lines)


def _row(prefix: str, results: Entries) -> str:
    """Return one comparison as a line."""
    of = {
        key.removeprefix(f"{prefix}."): value
        for key, value in results.items()
        if key.startswith(f"{prefix}.")
    }
    bar = ", ".join(_condition(*parts) for parts in conditions(str(of.get("bar", ""))))
    if bar and not of["met"]:
        bar += ": **not met**"
    ratio = " ".join([f"{_number(of['ratio'])} ×", f"[{_number(of['ratio_low'])}, "])
    cells = [
        f"`{prefix}`",
        of["work"],
        of["peer"],
        f"{ratio}{_number(of['ratio_high'])}]",
        bar,
        _time(of["seconds"]),
        _time(of["peer_seconds"]),
        of.get("note", ""),
    ]
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _condition(key: str, how: str, number: float) -> str:
    before, after = UNITS.get(key, (f"{key.replace('_', ' ')} ", ""))
    return f"{before}{'≥' if how == '>=' else '≤'} {number:,g}{after}"


def _number(value: float) -> str:
    """Return three digits, or the whole number where it has more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _time(seconds: float) -> str:
    if seconds >= 1:
        return f"{_number(seconds)} s"
    return f"{_number(seconds * 1e3)} ms" if seconds >= 1e-3 else f"{_number(seconds * 1e6)} µs"
