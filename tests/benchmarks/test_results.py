from pathlib import Path

import pytest

import benchmarks
from benchmarks import __main__ as command
from benchmarks import machine, results

ROOT = Path(__file__).resolve().parents[2]
MACHINE = {"machine.cpu": "A", "machine.cores": 2, "machine.date": "2026-01-31"}
ENTRIES = {
    "x.work": "w",
    "x.peer": "p",
    "x.bar": "ratio >= 3, peak_mib <= 10",
    "x.ratio": 3.0,
    "x.ratio_low": 2.5,
    "x.ratio_high": 1234.4,
    "x.seconds": 0.0123,
    "x.peer_seconds": 12.0,
    "x.peak_mib": 9.0,
}


def test_a_bar_is_met_only_if_all_its_conditions_hold():
    assert results.judged(ENTRIES)["x.met"] is True
    assert results.judged(ENTRIES | {"x.ratio": 2.99})["x.met"] is False
    assert results.judged(ENTRIES | {"x.peak_mib": 10.01})["x.met"] is False
    assert results.judged({"x.a.bar": "", "x.b": 1}) == {"x.a.bar": "", "x.b": 1, "x.a.met": True}


def test_a_bar_that_cannot_be_judged_is_refused():
    with pytest.raises(KeyError, match="x.speed"):
        results.judged(ENTRIES | {"x.bar": "speed >= 3"})
    with pytest.raises(ValueError, match="'ratio > 3' is not like"):
        results.judged(ENTRIES | {"x.bar": "ratio > 3"})


def test_the_table_has_a_row_per_comparison_and_says_where_a_bar_is_missed():
    lines = results.table(MACHINE | results.judged(ENTRIES)).splitlines()
    assert lines[0] == "On A, 2 cores, 2026-01-31:"
    row = "| `x` | w | p | 3 × [2.5, 1,234] | ≥ 3 ×, ≤ 10 MiB | 12.3 ms | 12 s |  |"
    assert lines[4:] == [row]
    missed = results.table(MACHINE | results.judged(ENTRIES | {"x.ratio": 2.0, "x.note": "n"}))
    assert "| ≥ 3 ×, ≤ 10 MiB: **not met** | 12.3 ms | 12 s | n |" in missed


def test_running_some_benchmarks_replaces_only_their_results():
    old = MACHINE | {"x.ratio": 1, "x.gone": 2, "xy.ratio": 3}
    new = results.updated(old, {"x.ratio": 9}, ["x"], MACHINE | {"machine.date": "2026-02-01"})
    assert new == MACHINE | {"machine.date": "2026-02-01", "xy.ratio": 3, "x.ratio": 9}


def test_results_of_another_machine_are_dropped():
    new = results.updated(
        MACHINE | {"y.ratio": 3}, {"x.ratio": 9}, ["x"], MACHINE | {"machine.cores": 64}
    )
    assert new == MACHINE | {"machine.cores": 64, "x.ratio": 9}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("benchmarks").mkdir()
    Path("README.md").write_text(f"above\n{results.BEGIN}\nold\n{results.END}\nbelow\n")
    monkeypatch.setattr(command, "BENCHMARKS", ("x", "y"))
    monkeypatch.setattr(machine, "described", lambda: MACHINE)
    return tmp_path


def test_a_run_writes_results_and_table_and_a_failure_keeps_the_old_ones(folder, monkeypatch):
    found = {"x": ENTRIES, "y": {key.replace("x.", "y."): v for key, v in ENTRIES.items()}}
    monkeypatch.setattr(command.harness, "run", lambda name: found[name])
    assert command.main(["x", "y"]) == 0
    kept = results.load()
    assert kept["y.met"] is True and kept["machine.cpu"] == "A"
    assert Path("README.md").read_text() == (
        f"above\n{results.BEGIN}\n{results.table(kept)}\n{results.END}\nbelow\n"
    )
    del found["x"]
    found["y"] = found["y"] | {"y.ratio": 2.0}
    assert command.main([]) == 1
    again = results.load()
    assert again["x.ratio"] == 3.0 and again["y.ratio"] == 2.0 and again["y.met"] is False
    assert not list(folder.rglob("*.part"))


def test_an_unknown_name_is_refused(folder, capsys):
    with pytest.raises(SystemExit):
        command.main(["z"])
    assert "no benchmark 'z'; there are x, y" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["none", f"{results.END}{results.BEGIN}"])
def test_a_readme_without_the_markers_is_not_touched(folder, text):
    Path("README.md").write_text(text)
    with pytest.raises(ValueError, match="README.md: needs"):
        results.save(MACHINE, ())
    assert Path("README.md").read_text() == text and not results.RESULTS.exists()


def test_every_benchmark_is_a_module_and_every_module_a_benchmark():
    harness = {"__init__", "__main__", "data", "growth", "harness", "machine", "memory", "results"}
    modules = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    assert set(benchmarks.BENCHMARKS) <= modules - harness
    for name in benchmarks.BENCHMARKS:
        assert "\ndef bench() -> " in (ROOT / f"benchmarks/{name}.py").read_text()


def test_the_readme_shows_the_results_that_are_kept():
    text = (ROOT / "README.md").read_text()
    kept = ROOT / results.RESULTS
    shown = text.partition(results.BEGIN)[2].partition(results.END)[0].strip("\n")
    assert shown == (results.table(results.read_json(kept)) if kept.exists() else "")


def test_kept_results_are_judged_as_they_are():
    kept = ROOT / results.RESULTS
    found = results.read_json(kept) if kept.exists() else {}
    assert results.judged(found) == found
    for name in {key.split(".")[0] for key in found} - {"machine"}:
        assert name in benchmarks.BENCHMARKS, f"{name} is measured no more; run make bench"
