"""`lcgan priors`: the numbers of params.yaml's block `observe`, measured on real spectra."""

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from lcgan.errors import UserError
from lcgan.files import replacing
from lcgan.params import Observe
from lcgan.spectra.contents import contents
from lcgan.spectra.fits_bytes import hdus
from lcgan.spectra.found import unpacked
from lcgan.spectra.halves import FIT, REPORT, half_of
from lcgan.spectra.lamost import read
from lcgan.spectra.rejected import Rejected
from lcgan.spectra.resample import resample
from lcgan.spectra.subclass import class_letter
from lcgan.stars import alike, measure_light, measure_noise
from lcgan.stars.library import load_library
from lcgan.stars.wavelength import SPEED_OF_LIGHT
from lcgan.survey.inputs import find_files

#: Classes whose stars the libraries have in numbers.
CLASSES = ("A", "F", "G", "K", "M")
#: S/N in g from which a spectrum is compared with stars, and from which it shows the pattern.
LEAST_SNR, BRIGHT = 8.0, 30.0
#: Fewest spectra that say something.
FEWEST = 30


def run(
    paths: Sequence[str],
    half: str,
    pattern: Path | None,
    priors: Observe,
    say: Callable[[str], None],
) -> str:
    """Return what was measured as YAML; write the red arm's pattern if a file is named.

    `say` takes a line for every file that cannot be used, and one that counts them.

    Raises
    ------
    UserError
        If the half is unknown or there are too few spectra.
    """
    import warnings

    import yaml

    if half not in (FIT, REPORT, "none"):
        raise UserError(f"--half: {half!r} is none of {FIT}, {REPORT}, none")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # medians of pixels that all lack data
        found = measure(paths, priors, say, half)
    table = found.pop("red_pattern")
    if pattern is not None:
        write_pattern(table, pattern)
    return yaml.safe_dump(found, sort_keys=False, default_flow_style=None, width=100)


def measure(
    paths: Sequence[str], priors: Observe, say: Callable[[str], None], half: str = FIT
) -> dict:
    """Measure every prior that real spectra can tell.

    Parameters
    ----------
    paths : sequence of str
        Folders, files, patterns or tars of LAMOST spectra.
    priors : Observe
        The present block: its resolution is where the search for the resolution begins.
    say : callable
        Takes a line for every file that cannot be used, and one that counts them.
    half : {"fit", "report", "none"}
        Which half of the stars is measured (`lcgan.spectra.halves`); "none" takes both.

    Returns
    -------
    dict
        By the names of params.yaml, and `red_pattern`, the table of stars/red_pattern.csv.

    Raises
    ------
    UserError
        If there are fewer than 30 spectra of A, F, G, K, M stars.
    """
    real = read_real(paths, half, say)
    used = np.isin(real["class_"], CLASSES) & (real["snr"] >= LEAST_SNR)
    if used.sum() < FEWEST:
        raise UserError(f"{', '.join(paths)}: {used.sum()} spectra of stars, {FEWEST} are needed")
    chosen = {name: values[used] for name, values in real.items()}
    stars = load_library(("stelib", "miles"))
    width = (priors.resolution.blue, priors.resolution.red)
    beside = alike.beside(chosen, stars, *width)
    bright = beside.take((beside.snr >= BRIGHT) & np.isin(beside.class_, ("F", "G", "K")))
    two = [
        alike.beside(chosen, [star for star in stars if star.library == name], *width).take(
            beside.snr >= BRIGHT
        )
        for name in ("miles", "stelib")
    ]
    counts = np.unique(real["class_"], return_counts=True)
    return {
        "n": {str(name): int(n) for name, n in zip(*counts, strict=True)},
        "snr": _levels(real),
        "radial_velocity": round(float(alike.spread(real["velocity"][used])), 1),
        "resolution": {
            "blue": measure_light.resolution(bright, width[0], measure_light.BLUE)[0],
            "red": measure_light.resolution(bright, width[1], measure_light.RED)[0],
        },
        "red_arm_shift": measure_light.red_arm_shift(bright),
        "calibration_error": measure_light.calibration(beside.take(beside.snr >= 15)),
        "throughput": measure_noise.throughput(beside),
        "noise": measure_noise.noise(beside),
        "sky": measure_noise.sky(beside),
        "dead": dead(real["mask"][used]),
        "red_pattern": measure_light.red_pattern(*two),
    }


def read_real(paths: Sequence[str], half: str, say: Callable[[str], None]) -> dict[str, np.ndarray]:
    """Read spectra onto the packed grid, as `lcgan.stars.alike.beside` wants them.

    Raises
    ------
    UserError
        If not one can be used, saying why the first cannot.
    """
    rows, rejected, n_other = [], [], 0
    for file in unpacked(find_files(paths)):
        name = str(getattr(file, "name", file))
        try:
            spectrum = read(file)
            header = next(hdus(contents(file)))
            onto = resample(spectrum.wavelength, spectrum.flux, spectrum.ivar, spectrum.bad)
        except (Rejected, ValueError) as error:
            rejected.append(f"{file}: {error}")
            continue
        if half != "none" and half_of(header.text("DESIG"), name) != half:
            n_other += 1
            continue
        rows.append(
            {
                **{"flux": onto.flux, "ivar": onto.ivar, "mask": onto.mask},
                "class_": class_letter(spectrum.class_, spectrum.subclass),
                "plate": header.text("PLANID"),
                "snr": spectrum.snr[1],
                "velocity": SPEED_OF_LIGHT * float(np.nan_to_num(spectrum.z)),
            }
        )
    if not rows:
        raise UserError(_nothing(paths, rejected, n_other))
    for line in rejected:
        say(line)
    say(
        f"priors: {len(rows):,} spectra used, {len(rejected):,} files rejected, {n_other:,} "
        "spectra of the other half left out"
    )
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _nothing(paths: Sequence[str], rejected: Sequence[str], n_other: int) -> str:
    """Return why there is not one spectrum to measure."""
    if not n_other:
        return f"{rejected[0]}; none of the {len(rejected):,} files can be used"
    line = f"{', '.join(paths)}: {n_other:,} spectra are of the other half, see --half"
    return f"{line}; {len(rejected):,} files cannot be used ({rejected[0]})" if rejected else line


def dead(mask: np.ndarray) -> dict:
    """Return how often the blue end, a run between 5000 and 5900 Å and the A band are masked."""
    grid = measure_light.wavelength_grid()
    start = np.where(mask.all(axis=1), mask.shape[1], (~mask).argmax(axis=1))
    middle = mask[:, (grid > 5000) & (grid < 5900)].sum(axis=1)
    band = mask[:, (grid > 7580) & (grid < 7680)].mean(axis=1)
    return {
        "blue": round(float(np.mean(start >= 20)), 3),
        "blue_pixels": int(start.max()),
        "zero_run": round(float(np.mean(middle >= 50)), 3),
        "a_band": round(float(np.mean(band > 0.9)), 3),
    }


def _levels(real: Mapping[str, np.ndarray]) -> dict:
    """Return median S/N by class, and the scatter of its logarithm."""
    found = {}
    for name in CLASSES:
        snr = real["snr"][(real["class_"] == name) & (real["snr"] > 0)]
        if snr.size >= 5:
            found[name] = [
                round(float(np.median(snr)), 1),
                round(float(alike.spread(np.log(snr))), 2),
            ]
    return found


def write_pattern(table: np.ndarray, path: Path) -> None:
    """Write the red arm's pattern as stars/red_pattern.csv has it."""
    text = io.StringIO()
    np.savetxt(text, table, delimiter=",", fmt=["%.2f"] + ["%.4f"] * (table.shape[1] - 1))
    names = [f"component_{i}" for i in range(1, table.shape[1] - 1)]
    with replacing(path) as part:
        part.write_text(",".join(["wavelength", "mean", *names]) + "\n" + text.getvalue())
