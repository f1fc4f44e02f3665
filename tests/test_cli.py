import subprocess
import sys
import types
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

import lcgan.tracking.runs
from lcgan.cli import app
from lcgan.errors import UserError
from lcgan.tracking.runs import NoTracking

ROOT = Path(__file__).resolve().parent.parent
HEAVY = ["tensorflow", "keras", "mlflow", "great_expectations", "matplotlib", "sklearn", "astropy"]


def _invoke(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def stage(monkeypatch):
    """Replace the stage `report` and its tracking; return a setter of what it does."""
    opened = []

    @contextmanager
    def no_run(name, params, variant=None):
        opened.append((name, params, variant))
        yield NoTracking()

    def install(work, name="report", **more):
        module = types.ModuleType(f"lcgan.stages.{name}")
        module.run = work
        vars(module).update(more)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        return opened

    monkeypatch.setattr(lcgan.tracking.runs, "stage_run", no_run)
    return install


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from typer.testing import CliRunner; from lcgan.cli import app;"
        "done = CliRunner().invoke(app, ['--help']); assert 'train_gan' in done.output;"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_installed_command_answers():
    command = Path(sys.executable).with_name("lcgan")
    done = subprocess.run([command, "--help"], capture_output=True, text=True, check=True)
    assert "Usage: lcgan" in done.stdout


def test_without_words_it_shows_its_help():
    done = _invoke()
    assert "Usage:" in done.output and "train_gan" in done.output


def test_every_option_has_help():
    import typer

    for name, command in typer.main.get_command(app).commands.items():
        assert command.help, name
        for param in command.params:
            assert getattr(param, "help", None), f"{name} {param.name}"


def test_a_stage_is_run_with_the_parameters_and_its_last_line_printed(stage):
    seen = []

    def run(params, tracker):
        seen.append(params)
        return "reports/report.html"

    opened = stage(run)
    done = _invoke(
        "report", "--params", ROOT / "params.yaml", "--set", "seed=7; report.n_samples=2"
    )
    assert done.exit_code == 0, done.output
    assert done.output == "report: reports/report.html\n"
    assert (seen[0].seed, seen[0].report.n_samples) == (7, 2)
    assert [(name, variant) for name, _, variant in opened] == [("report", None)]


def test_a_variant_goes_to_the_stage_and_an_unknown_one_is_refused(stage):
    opened = stage(lambda params, tracker, model: model, "score_gan", VARIANTS=("lcgan", "sgan"))
    params = ("--params", ROOT / "params.yaml")
    done = _invoke("score_gan", "--model", "sgan", *params)
    assert done.output == "score_gan@sgan: sgan\n"
    assert opened[0][2] == "sgan"
    done = _invoke("score_gan", "--model", "dcgan", *params)
    assert done.exit_code == 1
    assert done.stderr == "lcgan: score_gan: 'dcgan' is not known; use one of lcgan, sgan\n"
    assert len(opened) == 1


@pytest.mark.parametrize(
    "error, status, line",
    [
        (UserError("a.fits: no flux"), 1, "lcgan: a.fits: no flux\n"),
        (KeyboardInterrupt(), 130, "lcgan: interrupted; nothing is half written\n"),
    ],
)
def test_a_users_mistake_is_one_line(stage, error, status, line):
    def run(params, tracker):
        raise error

    stage(run)
    done = _invoke("report", "--params", ROOT / "params.yaml")
    assert (done.exit_code, done.stdout, done.stderr) == (status, "", line)


def test_a_fault_of_the_program_keeps_its_traceback(stage):
    stage(lambda params, tracker: 1 / 0)
    done = _invoke("report", "--params", ROOT / "params.yaml")
    assert isinstance(done.exception, ZeroDivisionError)


def test_a_wrong_parameter_opens_no_run(stage):
    opened = stage(lambda params, tracker: "")
    done = _invoke("report", "--params", ROOT / "params.yaml", "--set", "report.n_samples=0")
    assert done.exit_code == 1
    assert "report.n_samples: Input should be greater than 0" in done.stderr
    assert done.stderr.count("\n") == 1
    assert opened == []


def test_the_scale_is_chosen_and_a_wrong_one_refused(tmp_path):
    path = tmp_path / "params.yaml"
    path.write_text((ROOT / "params.yaml").read_text())
    assert _invoke("scale", "paper", "--params", path).output == "scale: paper\n"
    assert _invoke("scale", "--params", path).output == "scale: paper\n"
    done = _invoke("scale", "huge", "--params", path)
    assert done.exit_code == 1
    assert done.stderr == "lcgan: scale: 'huge' is not one of default, paper, tiny\n"
