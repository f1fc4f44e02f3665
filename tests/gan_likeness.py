"""What the stage `score_gan` says of likeness, in made-up numbers, for tests of the report."""

from lcgan.report.likeness_section import BY_PART
from lcgan.scores.line_widths import KEYS
from lcgan.scores.measures import CONTROLS, MEASURES
from lcgan.scores.noise_power import BANDS
from lcgan.scores.repeated import chosen_scores, over_trainings

ROWS = ("training", "held_out", "generated", "real_f", "white_noise")


def likeness(iteration: int, shift: float = 0.0) -> dict:
    """Return the keys of reports/gan/<model>.json; `shift` is added to the GAN's scores."""
    controls = {row: dict.fromkeys(MEASURES, 0.1 * place) for place, row in enumerate(CONTROLS)}
    controls["white_noise"]["width_correlation"] = None
    generated = {name: 0.5 + 0.01 * n + shift for n, name in enumerate(MEASURES)}
    part = dict.fromkeys(BY_PART, 0.25 + shift)
    parts = {"all": 173, "training_stars": 80, "unseen_stars": 93}
    chosen = {"iteration": iteration, "by": "frechet", "n_selection": 45}
    return {
        "chosen": chosen | {"values": [{"iteration": iteration, "value": 2.5}]},
        "scores": {"generated": generated, **controls},
        "by_part": {
            who: {name: {"n": n, **part} for name, n in parts.items()}
            for who in ("generated", "training")
        },
        "usable": {name: name != "authenticity" for name in MEASURES},
    }


def repeats(gan: dict) -> dict:
    """Return reports/gan/<model>_repeats.json: two trainings more, 0.02 on either side."""
    first, iteration = chosen_scores(gan), gan["chosen"]["iteration"]
    others = [{name: value + by for name, value in first.items()} for by in (0.02, -0.02)]
    scores = over_trainings([first, *others])
    return {"model": "", "iteration": iteration, "n": 3, "scores": scores}


def curves() -> dict:
    """Return reports/gan/<model>_curves.json; no line of F spectra's subtype was measured."""
    widths = {"quantiles": [-0.1, 0.2, 0.4, 0.6, 1.0], "ks": 0.1, "wasserstein": 0.2}
    found = {key: dict.fromkeys(ROWS, widths) for key in (*KEYS, "subtype")}
    found["subtype"] = found["subtype"] | {"real_f": widths | {"quantiles": None}}
    return {
        "widths": found,
        "slope": dict.fromkeys(ROWS, [-3.0, -2.5, -2.0, -1.5, -1.0]),
        "bands": list(BANDS),
        "power": dict.fromkeys(ROWS, [0.1, 0.05, 0.01, 0.01, 0.01, 0.01]),
        "noise_ratio": dict.fromkeys(ROWS, [1.0] * 185),
    }
