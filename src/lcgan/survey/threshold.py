"""From the purity that the user states to a threshold, and what it can be trusted for, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from lcgan.errors import UserError
from lcgan.evidence import purity as of

#: Hot subdwarfs, white dwarfs and Wolf-Rayet stars: some have an O star's lines, and on the sky
#: they are about as rare, not one in twenty as among the held-out spectra. They are told apart.
RARE = "other"

#: The least share that can be asked about.
LEAST = 1e-12


@dataclass(frozen=True)
class Threshold:
    """What makes a candidate.

    Attributes
    ----------
    p_o : float or None
        Least p(O); None where being called O does.
    said : tuple of str
        Lines that say what it implies.
    """

    p_o: float | None
    said: tuple[str, ...] = ()


def decide(
    held_out: Mapping[str, list[float]],
    threshold: float | None = None,
    purity: float | None = None,
    prevalence: float = of.PREVALENCE,
) -> Threshold:
    """Return the threshold that the user states, or that the stated purity asks for.

    Parameters
    ----------
    held_out : dict of str to list of float
        By true class, p(O) of spectra that no training saw.
    threshold : float, optional
        Least p(O).
    purity : float, optional
        Wanted share of O among the candidates.
    prevalence : float
        Share of O among all spectra.

    Raises
    ------
    UserError
        If a number is no share, both are given, or the model brings no held-out spectra.
    """
    if threshold is not None and purity is not None:
        raise UserError("--threshold and --purity: give one of them; purity chooses a threshold")
    for name, value in (("--purity", purity), ("--prevalence", prevalence)):
        if value is not None and not 0 < value < 1:
            raise UserError(f"{name} {value:g}: a share between 0 and 1 is needed")
        if value is not None and value < LEAST:
            raise UserError(f"{name} {value:g}: less than {LEAST:g}, which no survey can tell")
    if threshold is not None and not 0 <= threshold <= 1:
        raise UserError(f"--threshold {threshold:g}: a probability from 0 to 1 is needed")
    if threshold is None and purity is None:
        return Threshold(None)
    positive = held_out.get("O", [])
    common = {name: values for name, values in held_out.items() if name not in ("O", RARE)}
    negative = [p for values in common.values() for p in values]
    if not positive or not negative:
        if purity is not None:
            raise UserError(
                "--purity: the model brings no held-out spectra to choose a threshold on; register "
                "it anew (`dvc repro -fs register`) or give --threshold"
            )
        return Threshold(threshold, ("the model brings no held-out spectra: nothing is implied",))
    if purity is None:
        found = of.operating(positive, negative, threshold)
    else:
        found = of.choose(positive, negative, purity, prevalence)
    counts = ", ".join(f"{len(values):,} {name}" for name, values in common.items())
    rare = of.operating(positive, held_out.get(RARE, []), found.threshold)
    return Threshold(found.threshold, _said(found, rare, counts, purity, prevalence))


def _said(
    found: of.Operating, rare: of.Operating, counts: str, wanted: float | None, prevalence: float
) -> tuple[str, ...]:
    """Return what a threshold does on the held-out spectra, and what that bounds."""
    lines = [
        f"p_O >= {found.threshold:.6g} on held-out spectra: {found.hits:,} of "
        f"{found.n_positive:,} O kept ({found.recall:.1%}), {found.false:,} of "
        f"{found.n_negative:,} others ({counts}) let through"
        + (
            f", and {rare.false:,} of {rare.n_negative:,} hot subdwarfs, white dwarfs and "
            "Wolf-Rayet stars, which are not counted: they are rare, and some have these lines"
            if rare.n_negative
            else ""
        )
    ]
    if not found.hits:
        return (*lines, "no held-out O spectrum reaches it: nothing more is known of it")
    surely = found.purity(prevalence, found.most_false)
    lines.append(
        f"these others bound the false-positive rate to {found.most_false:.2g} at most (95 %), so "
        f"at a prevalence of {prevalence:.2g} the candidates' purity is known to be "
        f"{surely:.2g} or more"
        + (f"; counted, it is {found.purity(prevalence):.2g}" if found.false else "")
    )
    if wanted is not None and surely < wanted:
        needed = of.negatives_needed(wanted, prevalence, found.recall)
        lines.append(
            f"a purity of {wanted:g} cannot be shown with {found.n_negative:,} negatives: it takes "
            f"{needed:,} without a single false positive. Rely on the lines and on your eyes"
        )
    return tuple(lines)
