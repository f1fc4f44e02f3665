"""Which stage of dvc.yaml writes a file, so that a message about a missing one can say so."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from lcgan.errors import UserError

PIPELINE = Path("dvc.yaml")


def not_there(path: Path | str) -> UserError:
    """Return the error that a file is missing: which one, and what makes it."""
    stage = stage_of(path)
    if stage is None:
        return UserError(f"{path}: not there, and no stage of {PIPELINE} writes it; check its name")
    return UserError(f"{path}: not there; run `dvc repro {stage}`, which writes it")


def stage_of(path: Path | str) -> str | None:
    """Return the stage that writes a file, or the folder it is in, as DVC is asked for it.

    None if no stage does, or there is no dvc.yaml in the current folder.
    """
    import yaml

    try:
        stages = yaml.safe_load(PIPELINE.read_text())["stages"]
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError):
        return None
    here = Path(path).resolve()
    for name, stage in stages.items():
        for variant, written in _written(stage):
            place = Path(written).resolve()
            if place == here or place in here.parents:
                return f"{name}@{variant}" if variant else name
    return None


def _written(stage: Mapping) -> Iterator[tuple[str, str]]:
    """Yield (variant or "", path) of all that a stage writes, whichever way it is repeated."""
    body = stage.get("do", stage)
    outs = [*body.get("outs", ()), *body.get("metrics", ()), *body.get("plots", ())]
    for out in outs:
        text = out if isinstance(out, str) else next(iter(out))
        for variant, placeholder in _variants(stage):
            yield variant, text.replace(placeholder, variant)


def _variants(stage: Mapping) -> list[tuple[str, str]]:
    """Return (variant, what stands for it); a matrix has one axis here."""
    if "foreach" in stage:
        placeholder = "${key}" if isinstance(stage["foreach"], Mapping) else "${item}"
        return [(variant, placeholder) for variant in stage["foreach"]]
    if "matrix" in stage:
        axis, variants = next(iter(stage["matrix"].items()))
        return [(variant, f"${{item.{axis}}}") for variant in variants]
    return [("", "${item}")]
