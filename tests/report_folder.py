"""A small but complete project folder, as the stages before the report would leave it."""

import shutil
from functools import cache
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

from gan_likeness import curves, likeness, repeats
from lcgan.report.lines import O_LINES
from lcgan.scores.held_out import calibration, reobserved
from lcgan.scores.interval import proportion
from lcgan.scores.observation import compare
from lcgan.scores.transfer import most_o_like, transfer
from lcgan.scores.two_sample import Sample
from lcgan.spectra.catalogue import COLUMNS
from lcgan.spectra.grid import N_PIXELS, wavelength_grid
from lcgan.stages.report import STAGES
from lcgan.tracking.runs import record_of
from recognition_reports import (
    FORMS,
    KINDS,
    LEAKAGE_FREE,
    NEGATIVES,
    RECALLED,
    SCORED,
    UNSEEN,
    write_arm,
    write_csv,
    write_json,
)

ROOT = Path(__file__).parents[1]


def o_spectra(rng: np.random.Generator, n: int, depth: float, noise: float) -> np.ndarray:
    """Return n blue spectra with the O lines in absorption, shape (n, 3700), unit 2-norm."""
    wavelength = wavelength_grid()
    slope = rng.normal(-2.2, 0.5, (n, 1))
    flux = (wavelength / 5500.0) ** slope
    for line in O_LINES:
        flux *= 1 - depth * np.exp(-0.5 * ((wavelength - line.wavelength) / 4.0) ** 2)
    flux += noise * rng.standard_normal(flux.shape)
    return (flux / np.linalg.norm(flux, axis=1, keepdims=True)).astype("f4")


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
    write_csv(folder / f"reports/gan/{model}_losses.csv", header, losses)
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
    write_json(folder / f"reports/gan/{model}.json", content)
    write_json(folder / f"reports/gan/{model}_repeats.json", repeats(content))
    write_json(folder / f"reports/gan/{model}_curves.json", curves())


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
    write_json(folder / "data/processed/datasets.json", content)
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
    write_csv(folder / "reports/table1.csv", header, rows)
    validation = {"success": True, "n_spectra": 6993, "n_expectations": 14, "n_failed": 0}
    write_json(folder / "reports/validation.json", validation)


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
        write_json(folder / record_of(stage), record)
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
    write_json(folder / "reports/transfer.json", transfer_report(named))
    flux = o_spectra(np.random.default_rng(9), 2 if named else 0, 0.2, 0.02)
    curves = compared()[1] if named else {}
    with (folder / "reports/transfer_spectra.npz").open("wb") as file:
        np.savez(file, flux=flux, **curves)


def _value(score: dict | float) -> float:
    return score["rate"] if isinstance(score, dict) else score
