"""The registry: a version that loads anywhere, and a champion that only a better one replaces."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lcgan.evidence.columns import COLUMNS as EVIDENCE
from lcgan.spectra.grid import wavelength_grid
from lcgan.tracking import registry, store
from lcgan.tracking.carried import copy_to, modules_behind
from small_model import offer


def tags(recall: str, fpr: str) -> dict[str, str]:
    return {registry.RECALL: recall, registry.FPR: fpr}


@pytest.mark.parametrize(
    ("new", "standing", "earned", "why"),
    [
        (tags("151/173", "9/1500"), tags("150/173", "9/1500"), True, "higher recall at no higher"),
        (tags("151/173", "8/1500"), tags("150/173", "9/1500"), True, "higher recall at no higher"),
        (tags("150/173", "0/1500"), tags("150/173", "9/1500"), False, "recall is not higher"),
        (tags("149/173", "0/1500"), tags("150/173", "9/1500"), False, "recall is not higher"),
        (tags("173/173", "10/1500"), tags("150/173", "9/1500"), False, "more F, G, K are called O"),
        (tags("9/10", "1/3"), tags("3/4", "500/1500"), True, "higher recall at no higher"),
        ({registry.FPR: "0/9"}, tags("1/2", "0/9"), False, "the new version has no tag recall"),
        (tags("1/1", "0/9"), {registry.RECALL: "0/1"}, False, "the champion has no tag fpr_fgk"),
    ],
)
def test_who_beats_whom(new, standing, earned, why):
    assert registry.compare(new, standing)[0] is earned
    assert why in registry.compare(new, standing)[1]


def unasked(model):
    raise AssertionError("the champion is tried anew without need")


def test_the_champion_moves_only_when_it_is_beaten(own_store, small_network):
    client = store.client()
    run_id = client.create_run(store.experiment_id(client, "pipeline")).info.run_id

    def register(count=unasked, **figures):
        made = registry.log_version(client, "o-star", offer(small_network, **figures), run_id)
        moves = registry.promote(client, "o-star", made.version, count)
        standing = {
            alias: str(registry.alias_version(client, "o-star", alias).version)
            for alias in (registry.CANDIDATE, registry.CHAMPION)
        }
        assert standing == {"candidate": str(made.version), "champion": moves.champion}
        return moves

    assert register() == registry.Promotion("1", None, "the first model of this name")
    equal = register()
    assert (equal.champion, equal.before) == ("1", "1")
    better = register(recall=(151, 173))
    assert (better.champion, better.before) == ("3", "1")
    alarming = register(recall=(173, 173), fpr=(10, 1500))
    assert alarming.champion == "3"
    nothing_counted = register(recall=(0, 0))
    assert nothing_counted.champion == "3"

    def worse_here(model):
        answer = model.predict(example())
        assert answer["reason"].tolist() == [""]
        return {"k": 90, "n": 173}, {"k": 9, "n": 1500}

    other_spectra = register(worse_here, recall=(100, 173), spectra="b")
    assert other_spectra.champion == "6", "100/173 beats the champion's 90/173 on these spectra"
    assert "57.80 % against the champion's 52.02 %" in other_spectra.why

    def broken(model):
        raise OSError("its network is gone")

    kept = register(broken, recall=(173, 173), spectra="c")
    assert kept.champion == "6"
    assert "cannot be tried on the present spectra (its network is gone)" in kept.why


def example() -> pd.DataFrame:
    grid = wavelength_grid()
    return pd.DataFrame({"flux": [(grid / 5000) ** -2], "wavelength": [grid]})


@pytest.fixture
def version(own_store, small_network):
    """A registered version, and the store's client."""
    client = store.client()
    run_id = client.create_run(store.experiment_id(client, "recognition")).info.run_id
    return client, registry.log_version(client, "o-star", offer(small_network), run_id), run_id


def folder_of(client, made) -> Path:
    (place,) = Path("mlruns").rglob(f"{made.source.rpartition('/')[2]}/artifacts")
    return place.resolve()


def test_what_is_registered(version):
    import mlflow

    client, made, run_id = version
    found = client.get_model_version("o-star", made.version)
    assert found.tags == {
        "form": "lcgan",
        "test_sets": "a",
        "recall_leakage_free": "150/173",
        "fpr_fgk": "9/1500",
    }
    assert found.description == "A summary"
    assert found.run_id == run_id
    folder = folder_of(client, made)
    assert folder.parents[2].name == "recognition", "it lies in its run's experiment"
    assert (folder / "data/model/MODEL_CARD.md").read_text() == "# A card\n"
    names = [line.split("==")[0] for line in (folder / "requirements.txt").read_text().split()]
    assert names == ["mlflow", "numpy", "openvino", "pandas"]
    held = {path.name for path in (folder / "data/model").iterdir()}
    assert {"network.keras", "network.xml", "network.bin", "network_int8.xml"} < held
    info = mlflow.models.get_model_info(f"models:/o-star/{made.version}")
    assert info.signature.inputs.input_names() == ["flux", "wavelength", "ivar", "z"]
    assert info.signature.inputs.required_input_names() == ["flux", "wavelength"]
    outputs = [f"{kind}_{name}" for kind in ("p", "calibrated") for name in "OFGK"]
    outputs += ["class", "reason"]
    assert info.signature.outputs.input_names() == outputs
    model = mlflow.pyfunc.load_model(f"models:/o-star/{made.version}")
    answer = model.predict(model.input_example)
    assert list(answer.columns) == outputs and answer["reason"].tolist() == [""]
    asked = model.predict(model.input_example.assign(z=1e-4), params={"evidence": True})
    assert list(asked.columns) == [*outputs, *EVIDENCE]
    assert {"likeness.npz", "held_out.json"} < held


def test_through_mlflow_any_array_is_let_in_and_one_bad_row_does_not_stop_the_others(version):
    import mlflow

    client, made, _ = version
    model = mlflow.pyfunc.load_model(str(folder_of(client, made)))
    good = example()
    whole = np.arange(3600, 9000)
    rows = [
        good.iloc[0].to_dict(),
        {"flux": np.ones(len(whole), dtype=np.float32), "wavelength": whole},
        {"flux": None, "wavelength": None},
        {"flux": [], "wavelength": []},
    ]
    answer = model.predict(pd.DataFrame(rows))
    assert answer["reason"].tolist() == ["", "", "no flux", "no flux"]
    assert answer["p_O"].isna().tolist() == [False, False, True, True]
    alone = model.predict({key: list(value) for key, value in rows[0].items()})
    assert alone["p_O"][0] == pytest.approx(answer["p_O"][0], abs=1e-6)


def test_the_scoring_server_takes_lists_as_json(version):
    import mlflow
    from mlflow.pyfunc import scoring_server

    client, made, _ = version
    model = mlflow.pyfunc.load_model(str(folder_of(client, made)))
    row = {key: list(value) for key, value in example().iloc[0].items()}
    whole = {"flux": [1, 2, None] * 1800, "wavelength": list(range(3600, 9000))}
    body = {
        "dataframe_split": {
            "columns": ["flux", "wavelength"],
            "data": [list(row.values()), list(whole.values())],
        }
    }
    result = scoring_server.invocations(
        json.dumps(body), "application/json", model, model.metadata.get_input_schema()
    )
    assert result.status == 200, result.response
    served = json.loads(result.response)["predictions"]
    expected = model.predict(example())
    assert served[0]["class"] == expected["class"][0]
    assert served[0]["p_O"] == pytest.approx(expected["p_O"][0], abs=1e-6)
    assert served[1]["reason"] == ""


def test_it_loads_where_only_its_requirements_are_installed(version, tmp_path):
    client, made, _ = version
    import mlflow

    wavelength = np.arange(3600, 9000, 1.3)
    flux = (wavelength / 5000) ** -3
    np.savez(tmp_path / "spectrum.npz", wavelength=wavelength, flux=flux.astype(np.float32))
    folder = folder_of(client, made)
    script = Path(__file__).with_name("loads_alone.py")
    done = subprocess.run(
        [sys.executable, "-I", str(script), str(folder), str(tmp_path / "spectrum.npz")],
        env={"PATH": os.environ["PATH"], "MLFLOW_DISABLE_TELEMETRY": "true"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (alone,) = json.loads(done.stdout.strip().splitlines()[-1])
    table = pd.DataFrame({"flux": [flux.astype(np.float32)], "wavelength": [wavelength]})
    here = mlflow.pyfunc.load_model(str(folder)).predict(table)
    assert alone["class"] == here["class"][0]
    for name in ("p_O", "p_F", "p_G", "p_K"):
        assert alone[name] == pytest.approx(here[name][0], abs=1e-6)


def test_the_code_carried_is_what_the_served_model_imports(tmp_path):
    names = modules_behind("lcgan.tracking.served")
    assert {"lcgan.spectra.resample", "lcgan.recognition.inference"} < set(names)
    assert {"lcgan.evidence.outliers", "lcgan.evidence.equivalent_width"} < set(names)
    assert not {
        "lcgan.tracking.registry",
        "lcgan.spectra.lamost",
        "lcgan.recognition.racnet",
    } & set(names)
    package = copy_to(tmp_path, "lcgan.tracking.served")
    files = {path.relative_to(tmp_path).as_posix() for path in package.rglob("*.py")}
    plain = {name.replace(".", "/") for name in names}
    assert files == {f"{name}.py" for name in plain if f"{name}.py" in files} | {
        f"{name}/__init__.py" for name in plain if f"{name}.py" not in files
    }


def test_what_a_model_does_not_carry_is_found_where_lcgan_is_installed(tmp_path):
    package = copy_to(tmp_path, "lcgan.tracking.served")
    installed = Path(registry.__file__).parents[2]
    code = (
        "import lcgan.spectra.grid as carried, lcgan.spectra.lamost as installed\n"
        "print(carried.__file__, installed.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env={"PYTHONPATH": os.pathsep.join([str(tmp_path), str(installed), *sys.path])},
        capture_output=True,
        text=True,
        check=True,
    )
    first, second = done.stdout.split()
    assert first == str(package / "spectra/grid.py")
    assert second == str(installed / "lcgan/spectra/lamost.py")


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(ModuleNotFoundError, match="lcgan.tracking.nothing"):
        modules_behind("lcgan.tracking.nothing")
