"""A small but complete project folder, as the stages before the report would leave it."""

import csv
import json
import shutil
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import h5py
import numpy as np
import pandas as pd
import pytest

from gan_likeness import curves, likeness, repeats
from lcgan.params import load
from lcgan.report.lines import O_LINES
from lcgan.scores.answers import Answers
from lcgan.scores.held_out import calibration, reobserved
from lcgan.scores.interval import proportion
from lcgan.scores.observation import compare
from lcgan.scores.transfer import most_o_like, transfer
from lcgan.scores.two_sample import Sample
from lcgan.seeds import rng_of
from lcgan.spectra.catalogue import COLUMNS
from lcgan.spectra.grid import N_PIXELS, wavelength_grid
from lcgan.stages import report
from lcgan.stages.report import STAGES, read_results
from lcgan.tracking.runs import NoTracking

ROOT = Path(__file__).parents[2]
FORMS = {
    "none": ("none_as_is", "none_weighted", "none_duplicated"),
    "lcgan": ("lcgan",),
    "sgan": ("sgan",),
    "lcgan_plus": ("lcgan_plus",),
    "baselines": ("equivalent_widths", "templates"),
}
#: Rows of the packed store: O spectra 0 to 322, of which 150 are Data set 1; then the others.
LEAKAGE_FREE = range(150, 323)
UNSEEN = range(231, 323)
NEGATIVES = {"held_out": range(323, 1823), "unseen_stars": range(1823, 2723)}
KINDS = {"B": range(2723, 2743), "other": range(2743, 2763)}
#: Leakage-free O recalled of 173 by each form's repeats; the middle one is the median fit.
RECALLED = {
    "none_as_is": (98, 101, 104),
    "none_weighted": (112, 118, 121),
    "none_duplicated": (139, 145, 150),
    "lcgan": (112, 121, 125),
    "sgan": (60, 70, 85),
    "lcgan_plus": (118, 124, 131),
    "equivalent_widths": (130,),
    "templates": (160,),
}
CHECKPOINTS = {"lcgan": (2000, 4000), "sgan": (3000, 6000), "lcgan_plus": (800, 1600)}
SCORED = {"lcgan": (1000, 2000, 3000, 4000), "sgan": (1500, 3000, 4500, 6000)}
SCORED |= {"lcgan_plus": (400, 800, 1200, 1600)}


def o_spectra(rng: np.random.Generator, n: int, depth: float, noise: float) -> np.ndarray:
    """Return n blue spectra with the O lines in absorption, shape (n, 3700), unit 2-norm."""
    wavelength = wavelength_grid()
    slope = rng.normal(-2.2, 0.5, (n, 1))
    flux = (wavelength / 5500.0) ** slope
    for line in O_LINES:
        flux *= 1 - depth * np.exp(-0.5 * ((wavelength - line.wavelength) / 4.0) ** 2)
    flux += noise * rng.standard_normal(flux.shape)
    return (flux / np.linalg.norm(flux, axis=1, keepdims=True)).astype("f4")


def scores(recalled: int, n_o: int, alarms: int, n_each: int, stars: dict) -> dict:
    """Return one protocol's scores: `alarms` F, G, K spectra called O, all of them F."""
    counts = [[recalled, n_o - recalled, 0, 0], [alarms, n_each - alarms, 0, 0]]
    counts += [[0, 0, n_each, 0], [0, 0, 0, n_each]]
    return {
        "recall": proportion(recalled, n_o),
        "fpr_fgk": proportion(alarms, 3 * n_each),
        "fpr_by_class": {
            "F": proportion(alarms, n_each),
            "G": proportion(0, n_each),
            "K": proportion(0, n_each),
        },
        "confusion": counts,
        "macro_f1": 0.8,
        "per_star": stars,
    }


def fit(form: str, iteration: int | None, repeat: int, recalled: int) -> dict:
    """Return one fit that recalls `recalled` of the leakage-free 173 and all 150 trained on."""
    alarms = {"none_duplicated": 45, "lcgan": 30, "sgan": 6}.get(form, 12)
    unseen = {"HD 46223": proportion(recalled // 4, 46), "HD 188209": proportion(10, 46)}
    return {
        "iteration": iteration,
        "repeat": repeat,
        "epochs": 8,
        "seconds": 30.0,
        "selection_macro_f1": 0.9,
        "selection_recall": proportion(100, 120),
        "protocols": {
            "paper": scores(150 + recalled, 323, alarms, 500, {}),
            "leakage_free": scores(recalled, 173, alarms, 500, {}),
            "unseen_stars": scores(10 + recalled // 4, 92, 9, 300, unseen),
        },
        "contaminants": {
            "B": proportion(90, 200),
            "A": proportion(25, 200),
            "M": proportion(0, 200),
            "other": proportion(40, 70),
        },
    }


def write_arm(folder: Path, arm: str, recalled: dict) -> None:
    """Write reports/recognition/<arm>.json and its curves; the last checkpoint is chosen."""
    forms, curves, answers = {}, [], []
    for form in FORMS[arm]:
        checkpoints = CHECKPOINTS.get(arm, (None,))
        fits = []
        for step, iteration in enumerate(checkpoints):
            lag = 20 * (len(checkpoints) - 1 - step)
            for repeat, number in enumerate(recalled[form]):
                fits.append(fit(form, iteration, repeat, max(number - lag, 0)))
                answers.append(answered(form, iteration, repeat, max(number - lag, 0)))
                for epoch in range(1, 9):
                    loss = 1.2 * 0.7**epoch + 0.02 * repeat
                    losses = [loss, loss * 1.1 + 0.003 * epoch**2, 0.9, 0.85]
                    curves.append([form, iteration, repeat, epoch, *losses])
        n_o = 150 if form in ("none_as_is", "none_weighted") else 280
        forms[form] = {
            "n_train": {"O": n_o, "F": 280, "G": 280, "K": 280},
            "n_early_stop": {"O": 45, "F": 120, "G": 120, "K": 120},
            "fits": fits,
            "median_fit": max(0, len(fits) - 2),
            "best_iteration": checkpoints[-1],
            "by_checkpoint": [],
        }
    _json(folder / f"reports/recognition/{arm}.json", {"arm": arm, "forms": forms})
    rows = np.arange(KINDS["other"].stop)
    Answers.of(rows, answers).write(folder / f"reports/recognition/{arm}_answers.npz")
    header = "form iteration repeat epoch train_loss early_stop_loss train_accuracy"
    _csv(
        folder / f"reports/recognition/{arm}_curves.csv",
        [*header.split(), "early_stop_accuracy"],
        curves,
    )


def answered(form: str, iteration: int | None, repeat: int, recalled: int) -> SimpleNamespace:
    """Return what one fit said: `recalled` of the leakage-free O called O, drawn by its name."""
    rng = rng_of(1, form, str(iteration), repeat)
    called = np.ones(KINDS["other"].stop, np.int8)
    called[: LEAKAGE_FREE.start] = 0
    called[LEAKAGE_FREE.start + rng.permutation(len(LEAKAGE_FREE))[:recalled]] = 0
    alarms = {"none_duplicated": 45, "lcgan": 30, "sgan": 6}.get(form, 12)
    for rows in NEGATIVES.values():
        called[rows.start + rng.permutation(len(rows))[:alarms]] = 0
    p_o = np.where(called == 0, 0.5, 0.0) + 0.5 * rng.random(len(called))
    job = SimpleNamespace(form=SimpleNamespace(name=form, iteration=iteration), repeat=repeat)
    return SimpleNamespace(job=job, p_o=p_o, called=called)


def write_catalogue(folder: Path, source: str) -> None:
    """Write a line for every row: seven O stars; and what `observe` tells, of its own spectra."""
    n = KINDS["other"].stop
    table = pd.DataFrame({name: [0] * n for name in COLUMNS})
    table["row"] = np.arange(n)
    table["file"] = [f"data/raw/{source}/{row}.fits" for row in range(n)]
    table["star"] = [
        f"O{row % 5}" if row < UNSEEN.start else f"star {(row - UNSEEN.start) // 46}"
        for row in range(n)
    ]
    table["subclass"] = ["O" if row < 323 else "sdB" if row % 2 else "WN" for row in range(n)]
    table["snr_g"] = 10.0 + table["row"] % 50
    table.to_csv(folder / "data/interim/catalogue.csv", index=False)
    if source == "stelib":
        truth = pd.DataFrame({"file": [f"{row}.fits" for row in range(n)]})
        truth["ebv"] = 0.01 * (table["row"] % 90)
        truth["spectral_type"] = np.where(table["row"] % 3, "O9.5V", "O7")
        (folder / "data/raw/stelib").mkdir(parents=True)
        truth.to_csv(folder / "data/raw/stelib/catalogue.csv", index=False)


def write_gan(folder: Path, model: str, noise_called_o: int) -> None:
    """Write a GAN's generated spectra, losses and scores; of 500 noise, `noise_called_o` O."""
    rng = np.random.default_rng(len(model))
    scored = SCORED[model]
    depth, noise = (0.2, 0.03) if model == "lcgan" else (0.12, 0.1)
    (folder / "data/generated").mkdir(parents=True, exist_ok=True)
    with h5py.File(folder / f"data/generated/{model}.h5", "w") as file:
        file["flux"] = np.stack([o_spectra(rng, 40, depth, noise) for _ in scored])
        file["iterations"] = np.array(scored, "i8")
    steps = np.arange(1, scored[-1] + 1)
    losses = zip(
        steps,
        0.7 + 2 / np.sqrt(steps) + 0.1 * rng.standard_normal(len(steps)),
        0.69 - 0.3 / np.sqrt(steps) + 0.05 * rng.standard_normal(len(steps)),
        strict=True,
    )
    header = ["iteration", "generator_loss", "discriminator_loss"]
    _csv(folder / f"reports/gan/{model}_losses.csv", header, losses)
    checkpoints = [
        {
            "iteration": iteration,
            "gan_train": proportion(200 + 20 * step, 323),
            "gan_train_leakage_free": proportion(90 + 10 * step, 173),
            "gan_test": proportion(900 + 20 * step, 1000),
            "median_rms": 0.05 + 0.01 * step,
            "std_ratio_median": 0.6,
            "std_ratio_above_half": 0.7,
        }
        for step, iteration in enumerate(scored)
    ]
    values = {
        key: np.array([_value(checkpoint[key]) for checkpoint in checkpoints])
        for key in checkpoints[0]
        if key != "iteration"
    }
    content = {
        "model": model,
        "n_generated": 1000,
        "checkpoints": checkpoints,
        "mean": {key: float(value.mean()) for key, value in values.items()},
        "std": {key: float(value.std(ddof=1)) for key, value in values.items()},
        "controls": {
            "gan_test_white_noise": proportion(noise_called_o, 500),
            "gan_test_unseen_real": proportion(80, 92),
            "gan_test_real_f": proportion(9, 500),
            "gan_train_white_noise": proportion(1, 323),
            "gan_train_duplicated": proportion(300, 323),
            "gan_train_duplicated_leakage_free": proportion(150, 173),
        },
    }
    content |= likeness(scored[-1], shift=0.0 if model == "lcgan" else 0.1)
    _json(folder / f"reports/gan/{model}.json", content)
    _json(folder / f"reports/gan/{model}_repeats.json", repeats(content))
    _json(folder / f"reports/gan/{model}_curves.json", curves())


def write_datasets(folder: Path, source: str, stars: dict) -> None:
    """Write the packed spectra (150 O), the row lists, Table 1 and the validation result."""
    rng, n = np.random.default_rng(0), LEAKAGE_FREE.start
    (folder / "data/interim").mkdir(parents=True)
    with h5py.File(folder / "data/interim/spectra.h5", "w") as file:
        file["flux"] = 1e3 * o_spectra(rng, n, 0.22, 0.04)
        file["ivar"] = np.ones((n, N_PIXELS), "f4")
        file["mask"] = np.zeros((n, N_PIXELS), "u1")
    write_catalogue(folder, source)
    unseen = [] if not stars else list(UNSEEN)
    sets = {"data_set_1": {"O": list(range(n))}, "data_set_2": {"O": list(range(323))}}
    sets |= {"leakage_free": {"O": list(LEAKAGE_FREE)}, "unseen_stars": {"O": unseen}}
    sets["early_stop"] = {"O": list(range(100, n)), "F": [], "G": [], "K": []}
    for name, rows in NEGATIVES.items():
        each = len(rows) // 3
        for number, kind in enumerate("FGK"):
            first = rows.start + number * each
            sets.setdefault(name, {})[kind] = list(range(first, first + each))
    sets["contaminants"] = {kind: list(rows) for kind, rows in KINDS.items()}
    content = {"source": source, "sets": sets, "stars_kept_out": stars}
    _json(folder / "data/processed/datasets.json", content)
    rows = [["data_set_1", "O", 150, 150, "real", 5, "data_set_2"]]
    rows += [["data_set_2", "O", 323, 323, "real", 7, "catalogue"]]
    rows += [["data_set_3", "O", 1000, 1000, "duplicated", 7, "data_set_2"]]
    rows += [["data_set_3", "F", 1000, 1000, "real", 40, "catalogue"]]
    for number, n, n_paper in ((4, 1000, 1000), (5, 400, 10000)):
        rows.append([f"data_set_{number}", "O", n, n_paper, "generated", "", "a GAN"])
        for class_ in "FGK":
            rows.append([f"data_set_{number}", class_, n, n_paper, "real", 33, "catalogue"])
    rows += [["held_out", class_, 500, "", "real", 30, "catalogue"] for class_ in "FGK"]
    rows += [["unseen_stars", "O", 92, "", "real", 2, "catalogue"]]
    rows += [["contaminants", "B", 200, "", "real", 29, "catalogue"]]
    header = ["data_set", "class", "n", "n_paper", "kind", "n_stars", "from"]
    _csv(folder / "reports/table1.csv", header, rows)
    validation = {"success": True, "n_spectra": 6993, "n_expectations": 14, "n_failed": 0}
    _json(folder / "reports/validation.json", validation)


def build(
    folder: Path,
    recalled: dict | None = None,
    noise_called_o: int = 500,
    source: str = "stelib",
    stars_kept_out: dict | None = None,
) -> Path:
    """Build the whole folder and return it."""
    stars = {"O": ["HD 46223", "HD 188209"]} if stars_kept_out is None else stars_kept_out
    write_datasets(folder, source, stars)
    for model in SCORED:
        write_gan(folder, model, noise_called_o)
    for arm in FORMS:
        write_arm(folder, arm, RECALLED | (recalled or {}))
    for number, stage in enumerate(STAGES):
        record = {"stage": stage, "run_id": f"{number:032x}", "scale": "default"}
        record |= {"wall_seconds": 10.0 * (number + 1), "peak_memory_mib": 500 + 100 * number}
        _json(folder / f"reports/runs/{stage.replace('@', '-')}.json", record)
    make_transfer(folder)
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


@cache
def compared() -> tuple[dict, dict]:
    """What real beside re-observed spectra give: two samples of the same twenty-odd stars."""
    rng, samples = np.random.default_rng(3), []
    for name in ("real", "other"):
        flux = o_spectra(rng, 48, 0.2, 0.02)
        star = np.array([f"{name}{i // 2}" for i in range(48)])
        samples.append(Sample(flux, star, np.repeat(list("FGK"), 16), np.full(48, 20.0)))
    return compare(*samples, seed=1)


def transfer_report(folder: str = "/some/where/lamost") -> dict:
    """What the stage `transfer` writes, of a few spectra; without a folder as well."""
    rows = [("unseen", name, f"HD {name}", 20.0, p) for name in "OOB" for p in (0.9, 0.2)]
    rows += [("held_out", name, "HD 9", 20.0, p) for name in "OF" for p in (0.7, 0.4, 0.95)]
    held = pd.DataFrame(rows, columns=["set", "true", "star", "snr", "p_O"])
    held["p_F"], held["called"] = 1 - held["p_O"], np.where(held["p_O"] > 0.5, "O", "F")
    held[["calibrated_O", "calibrated_F"]] = held[["p_O", "p_F"]]
    report = {"model": "models:/o-star/3", "form": "lcgan", "classes": ["O", "F"]}
    report |= {"temperature": 1.52, "folder": folder, "real": None, "note": "no folder is named"}
    report["observation"] = None
    report["reobserved"] = reobserved(held, 10.0)
    report["calibration"] = calibration(held, ("O", "F"), 1)
    if folder:
        real = [("F", "F5", "F", 30.0, False)] * 8 + [("A", "A1V", "O", 12.0, False)]
        real += [("GALAXY", "Non", "O", 4.0, True)]
        table = pd.DataFrame(real, columns=["true", "subclass", "called", "snr", "outlier"])
        table["p_O"] = [0.1] * 8 + [0.8, 0.99]
        found = transfer(table, ("O", "F"), 10.0)
        found |= {"left_out": 5, "repeated": 1, "rejected": [{"path": "x", "reason": "y"}]}
        told = table.loc[most_o_like(table, 2)].assign(snr=[4.0, None])
        found["most_o_like"] = told.astype(object).where(told.notna(), None).to_dict("records")
        report |= {"real": found, "note": "", "observation": compared()[0]}
    return report


def make_transfer(folder: Path, named: str = "/some/where/lamost") -> None:
    """Write what the stage `transfer` writes."""
    _json(folder / "reports/transfer.json", transfer_report(named))
    flux = o_spectra(np.random.default_rng(9), 2 if named else 0, 0.2, 0.02)
    curves = compared()[1] if named else {}
    with (folder / "reports/transfer_spectra.npz").open("wb") as file:
        np.savez(file, flux=flux, **curves)


@pytest.fixture(scope="session")
def reported(tmp_path_factory):
    """Return a project folder where the stage has run once; for reading only."""
    folder = build(tmp_path_factory.mktemp("reported"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        report.run(load("params.yaml"), NoTracking())
    return folder


@pytest.fixture(scope="session")
def results(reported):
    """Return what the project of `reported` found; for reading only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(reported)
        return read_results(1)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Stand in a complete project folder."""
    monkeypatch.chdir(build(tmp_path))
    return tmp_path


@pytest.fixture
def write_transfer():
    """Return what writes the stage `transfer`'s files into a folder."""
    return make_transfer


@pytest.fixture
def params(project):
    """Return the project's parameters."""
    return load("params.yaml")


@pytest.fixture
def results_of(tmp_path, monkeypatch):
    """Return a function that builds a project with other numbers and reads its results."""

    def read(**changes):
        number = len(list(tmp_path.iterdir()))
        folder = tmp_path / f"other-{number}"
        folder.mkdir()
        monkeypatch.chdir(build(folder, **changes))
        return read_results(1)

    return read


def _value(score: dict | float) -> float:
    return score["rate"] if isinstance(score, dict) else score


def _json(path: Path, content: dict) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _csv(path: Path, header: list, rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as handle:
        csv.writer(handle).writerows([header, *rows])
