"""What holds the project together: one name all the way, and every stage naming its code."""

import ast
import re
import subprocess
from pathlib import Path

import pytest
import typer
import yaml
from packaging.requirements import Requirement

from lcgan.cli import app
from lcgan.params import Params

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src"
STAGES = {
    name: stage.get("do", stage)
    for name, stage in yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"].items()
}
PROJECT = yaml.safe_load((ROOT / "MLproject").read_text())
#: Commands of the user's own, beside the stages'; those with a block in params.yaml.
USERS = {"classify", "fetch", "gan_study", "priors", "reproduce", "scale", "score", "study"}
WITH_BLOCK = {"fetch", "study"}

#: Code that any stage may use without naming it: it decides where things lie, how they are checked
#: and how runs are kept, never a number in a result.
BOOKKEEPING = (
    "lcgan/__init__.py",
    "lcgan/errors.py",
    "lcgan/side_by_side.py",
    "lcgan/workers.py",
    "lcgan/files.py",
    "lcgan/written_by.py",
    "lcgan/params/",
    "lcgan/stages/__init__.py",
    "lcgan/stages/paths.py",
    "lcgan/tracking/__init__.py",
    "lcgan/tracking/runs.py",
    "lcgan/tracking/store.py",
)


def _commands() -> dict[str, object]:
    return dict(typer.main.get_command(app).commands)


def _modules(name: str) -> set[Path]:
    """Return the files of a dotted module and of the packages above it."""
    parts = name.split(".")
    found = set()
    for length in range(1, len(parts) + 1):
        path = SOURCE.joinpath(*parts[:length])
        if (path / "__init__.py").is_file():
            found.add(path / "__init__.py")
        elif path.with_suffix(".py").is_file():
            found.add(path.with_suffix(".py"))
    return found


def _imports(file: Path) -> set[Path]:
    """Return the project's files that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return set().union(*(_modules(name) for name in names if name.split(".")[0] == "lcgan"))


def _reached(file: Path) -> set[Path]:
    """Return the project's files that a file imports, and what those import, and so on.

    Bookkeeping is left out together with what only it imports.
    """
    found, waiting = set(), [file]
    while waiting:
        file = waiting.pop()
        found.add(file)
        waiting += [
            other
            for other in _imports(file) - found
            if not other.relative_to(SOURCE).as_posix().startswith(BOOKKEEPING)
        ]
    return found


def test_a_stage_is_a_command_a_block_of_params_an_entry_point_and_a_module():
    stages = set(STAGES)
    assert len(stages) == 12
    blocks = {field.alias or name for name, field in Params.model_fields.items()}
    assert blocks - {"seed", "scale"} == stages | WITH_BLOCK
    written = set(yaml.safe_load((ROOT / "params.yaml").read_text()))
    assert written - {"seed", "scale", "scales"} == stages | WITH_BLOCK
    assert set(_commands()) - USERS == stages
    assert set(_commands()) >= USERS
    assert set(PROJECT["entry_points"]) == stages | {"main"}
    modules = {path.stem for path in (SOURCE / "lcgan/stages").glob("*.py")}
    assert modules - {"__init__", "paths"} == stages


@pytest.mark.parametrize("name", sorted(USERS))
def test_a_users_command_has_a_module_of_its_name_and_is_no_stage(name):
    assert (SOURCE / f"lcgan/{name}.py").is_file()
    assert name not in STAGES


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_runs_the_command_of_its_name_and_depends_on_its_module_and_block(name):
    stage = STAGES[name]
    assert stage["cmd"].split()[:2] == ["lcgan", name]
    assert f"src/lcgan/stages/{name}.py" in stage["deps"]
    assert any(key == name or key.startswith(f"{name}.") for key in stage["params"])


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_all_the_code_that_it_reaches(name):
    named = tuple(dep.removeprefix("src/") for dep in STAGES[name]["deps"] if dep[:4] == "src/")
    module = SOURCE / f"lcgan/stages/{name}.py"
    reached = {path.relative_to(SOURCE).as_posix() for path in _reached(module)}
    unnamed = {
        path
        for path in reached
        if not any(path == dep or path.startswith(f"{dep}/") for dep in named)
    }
    assert not unnamed, f"add to the deps of {name} in dvc.yaml: {sorted(unnamed)}"


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_depends_on_every_block_of_params_that_it_reads(name):
    text = (SOURCE / f"lcgan/stages/{name}.py").read_text()
    blocks = {field.alias or key for key, field in Params.model_fields.items()}
    read = {word.rstrip("_") for word in re.findall(r"\bparams\.([a-z_]+)", text)} & blocks
    keys = [str(key) for key in STAGES[name]["params"]]
    assert read <= {key.split(".")[0] for key in keys}
    scaled = yaml.safe_load((ROOT / "params.yaml").read_text())["scales"]["paper"]
    if "scales" not in keys:
        named = {key.split(".")[2] for key in keys if key.startswith("scales.")}
        by_key = {key for key in keys if key.split(".")[0] in read & set(scaled)}
        missing = {key for key in by_key if _overlaid(scaled, key)} - {
            key for key in by_key if key.split(".")[0] in named
        }
        assert not missing, f"{name} reads {missing}, which the scales change"


def _overlaid(scaled, key):
    """Say whether a scale lays anything over a dotted key, `${...}` standing for any name."""
    for part in key.split("."):
        if part.startswith("$"):
            return True
        if part not in scaled:
            return False
        scaled = scaled[part]
    return True


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_names_no_code_that_is_not_there(name):
    code = [dep for dep in STAGES[name]["deps"] if dep.startswith("src/")]
    assert [dep for dep in code if not (ROOT / dep).exists()] == []


def test_every_other_dependency_is_some_stages_output():
    def names(entries):
        return [next(iter(entry)) if isinstance(entry, dict) else entry for entry in entries]

    made = []
    for stage in STAGES.values():
        made += names(stage.get("outs", [])) + names(stage.get("metrics", []))
    made = [re.sub(r"\$\{[^}]*\}", "*", path) for path in made]
    for stage in STAGES.values():
        for dep in stage["deps"]:
            path = re.sub(r"\$\{[^}]*\}", "*", dep)
            if path.startswith("src/") or path == "*" or path == "data/raw/*":
                continue
            assert any(
                Path(path).match(out) or Path(out).match(path) or out.startswith(f"{path}/")
                for out in made
            ), f"no stage makes {dep}"


def test_dvc_can_restore_every_stage():
    for name, stage in STAGES.items():
        uncached = [out for out in stage["outs"] if isinstance(out, dict)]
        assert uncached == [], f"{name}: DVC restores no stage with an uncached output; but metrics"


def test_every_stage_records_which_run_made_it():
    for name, stage in STAGES.items():
        assert any(str(out).startswith(f"reports/runs/{name}") for out in stage["outs"]), name


@pytest.mark.parametrize("name", sorted(set(PROJECT["entry_points"]) - {"main"}))
def test_an_entry_point_runs_its_stage_with_keys_that_params_has(name):
    entry = PROJECT["entry_points"][name]
    filled = {key: value["default"] for key, value in entry["parameters"].items()}
    words = entry["command"].format(**{key: value or "''" for key, value in filled.items()}).split()
    assert words[:3] == ["scripts/within-env", "lcgan", name]
    options = {option for param in _commands()[name].params for option in param.opts}
    assert {word for word in words if word.startswith("--")} <= options
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    keys = [word.split("=")[0] for word in words if "=" in word]
    assert len(keys) >= len(entry["parameters"]) - 2  # all but `set` and the variant
    for key in keys:
        branch = params
        for part in key.split("."):
            branch = branch[part]


def test_every_parameter_of_an_entry_point_is_used_by_its_command():
    for name, entry in PROJECT["entry_points"].items():
        used = set(re.findall(r"\{(\w+)\}", entry["command"]))
        assert used == set(entry["parameters"]), name


def test_make_alone_lists_every_target():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)[1].split()
    assert {"reproduce", "test", "ui", "lint", "clean", "lock", "help"} <= set(targets)
    for target in targets:
        assert re.search(rf"^  make {target} +\S", listed, re.MULTILINE), target


def test_make_says_what_it_needs_where_no_python_fits(tmp_path):
    done = subprocess.run(
        ["make", "-f", ROOT / "Makefile", "install", "PYTHON=/bin/false"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "no Python 3.11, 3.12 or 3.13" in done.stderr
    assert not (tmp_path / ".venv").exists()


def test_make_clean_keeps_what_a_user_put_in(tmp_path):
    for name in ("Makefile", ".gitignore"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    kept = [
        "params.yaml",
        "data/raw/lamost/a.fits",
        "data/raw/lamost.dvc",
        "mlflow.db",
        "reports/n.md",
        "reports/study/trials/x.json",
    ]
    kept += [
        ".venv/bin/python",
        ".dvc/cache/x",
        "mlruns/gan/x",
        "dvc.lock",
        "src/m.py",
        "tests/t.py",
    ]
    gone = ["data/raw/stelib/a.fits.gz", "reports/report.html", ".lcgan/resume/x"]
    gone += ["src/__pycache__/m.pyc", "models/gan/lcgan/x", "data/augmented/x", "reports/a/x"]
    for name in kept + gone:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    ignored = {
        "data/raw": "/stelib\n/lamost\n",
        "reports": "/report.html\n",
        "models/gan": "/lcgan\n",
        "reports/study/trials": "*\n",
        "data/augmented": "*\n",
        "reports/a": "*\n",
    }
    for folder, lines in ignored.items():
        (tmp_path / folder / ".gitignore").write_text(lines)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["make", "clean"], cwd=tmp_path, check=True, capture_output=True)
    assert [name for name in kept if not (tmp_path / name).exists()] == []
    assert [name for name in gone if (tmp_path / name).exists()] == []


def test_the_lock_names_no_host_and_hashes_every_package():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock and "--index" not in lock and "--find-links" not in lock
    entries = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert len(entries) > 100
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_holds_what_the_project_asks_for_and_what_builds_it():
    import tomllib

    lock = (ROOT / "requirements.lock").read_text()
    locked = dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", lock, flags=re.MULTILINE))
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = asked["project"]["optional-dependencies"]
    wanted = asked["project"]["dependencies"] + extras["test"] + extras["lint"] + extras["ray"]
    for text in wanted + asked["build-system"]["requires"]:
        requirement = Requirement(text)
        assert requirement.specifier.contains(locked[requirement.name.lower()]), text


def test_the_citation_names_this_version_and_the_paper():
    import lcgan

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == lcgan.__version__
    assert citation["references"][0]["doi"] == "10.3389/fspas.2021.634328"


def _rooms() -> list[str]:
    """Return the rooms from `spectra` to `survey`, in the order of README's tree."""
    tree = re.search(r"^src/lcgan/\n(.*?)^data/$", (ROOT / "README.md").read_text(), re.M | re.S)
    names = re.findall(r"^  (\w+)(?:/|\.py) ", tree[1], re.M)
    return names[names.index("spectra") : names.index("survey") + 1]


def _imported(path: Path) -> set[str]:
    """Return the dotted names that a module imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{each.name}" for each in node.names}
        elif isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
    return found


def test_a_room_imports_only_from_rooms_above_it():
    rooms = _rooms()
    assert {"gan", "recognition", "report"} < set(rooms) and len(rooms) > 10
    above_all = {"commands", "cli", "classify", "fetch", "gan_study", "reproduce", "score", "study"}
    wrong = []
    for number, room in enumerate(rooms):
        files = [*(SOURCE / "lcgan" / room).rglob("*.py"), SOURCE / "lcgan" / f"{room}.py"]
        for path in filter(Path.is_file, files):
            for name in _imported(path):
                of, *rest = [*name.split(".")[1:], ""] if name.startswith("lcgan.") else [""]
                if of in {*rooms[number + 1 :], *above_all} or (
                    of == "stages" and rest[0] != "paths"
                ):
                    wrong.append(f"{path.relative_to(SOURCE)} imports {name}")
    assert wrong == []
