"""A stage that does not train pays no training library's import, nor any before it is needed."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ["tensorflow", "keras", "torch", "openvino", "ray", "mlflow", "great_expectations"]
HEAVY += ["matplotlib", "sdss_mangadap", "mangadap"]

CODE = f"""
import importlib, json, sys
found = {{}}
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
    found[name] = [heavy for heavy in {HEAVY} if heavy in sys.modules]
print(json.dumps(found))
"""


def test_no_stage_imports_anything_heavy_before_it_runs():
    stages = sorted(path.stem for path in (ROOT / "src/lcgan/stages").glob("[a-z]*.py"))
    assert "train_gan" in stages and len(stages) >= 9
    names = ["lcgan.cli", "lcgan.params", "lcgan.tracking.runs"]
    names += [f"lcgan.stages.{stage}" for stage in stages]
    words = [sys.executable, "-c", CODE, json.dumps(names)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {name: [] for name in names}


RUN = f"""
import importlib, sys
from pathlib import Path
from lcgan.params import load
from lcgan.tracking.runs import stage_run

enough = [f"validate.min_per_class.{{name}}=1" for name in "OFGK"]
params = load(Path({str(ROOT / "params.yaml")!r}), ["scale=default", *enough])
for stage in ("ingest", "validate"):
    with stage_run(stage, params, None) as tracker:
        print(importlib.import_module(f"lcgan.stages.{{stage}}").run(params, tracker))
print([name for name in ("tensorflow", "keras", "torch") if name in sys.modules])
"""


def test_ingest_and_validate_run_without_tensorflow(own_store, lamost_file):
    for fibre, subclass in enumerate(("O9", "F5", "G2", "K1")):
        file = own_store / f"data/raw/stelib/{fibre}.fits.gz"
        lamost_file(file, OBSID=fibre, FIBERID=fibre, SUBCLASS=subclass)
    words = [sys.executable, "-c", RUN]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *_, validated, heavy = done.stdout.splitlines()
    assert validated.startswith("4 spectra meet 12 expectations") and heavy == "[]"
