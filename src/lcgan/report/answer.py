"""The page's first paragraph: whether LCGAN's augmentation helps here, by how much, against what.

Every sentence is chosen by the paired intervals of `lcgan.scores.benefit`, where every form may
call as many other stars O; nothing is fixed.
"""

from lcgan.report.results import BASELINES, LABEL, NONE_FORMS, Results

#: The protocol that the answer is about.
PROTOCOL = "leakage_free"
OURS = "lcgan"
WITHOUT = {
    "none_as_is": "no augmentation, as is",
    "none_weighted": "no augmentation with class weights",
    "none_duplicated": "the training spectra merely duplicated",
    "sgan": "SGAN",
    "lcgan_plus": "LCGAN+",
    "wgan_gp": "WGAN-GP",
    "equivalent_widths": "equivalent widths and logistic regression",
    "templates": "template matching",
}
#: What `how` of a difference means, as the page says it.
NOISE = {
    "higher": "beyond the noise of spectra, stars and repeats",
    "lower": "beyond the noise of spectra, stars and repeats",
    "higher_here": "beyond the noise of spectra and repeats, inside that of so few stars",
    "lower_here": "beyond the noise of spectra and repeats, inside that of so few stars",
    "noise": "inside the noise",
    "unknown": "nothing to count",
}


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share as printed, with a narrow space before the sign."""
    if value is None or value != value:
        return "–"
    return f"{100 * value:.{digits}f}\u202f%"


def points(difference: float | None) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    if difference is None or difference != difference:
        return "–"
    sign = "+" if difference >= 0 else "−"
    return f"{sign}{abs(100 * difference):.1f}"


def side(how: str) -> str:
    """Return "above", "below", "overlap" or "unknown" of a `how`, whatever the stars say."""
    words = {"higher": "above", "lower": "below", "noise": "overlap", "unknown": "unknown"}
    return words[how.removesuffix("_here")]


def headline(results: Results) -> str:
    """Return the page's title sentence: whether LCGAN's augmentation helps here."""
    said = {name: results.difference(name, PROTOCOL)["how_at_fpr"] for name in NONE_FORMS}
    if "unknown" in said.values():
        return "This run cannot say whether LCGAN’s spectra help: there was nothing to count"
    above, below = (
        [name for name, how in said.items() if side(how) == one] for one in ("above", "below")
    )
    few = _few(*said.values())
    if len(above) == len(NONE_FORMS):
        return f"LCGAN’s spectra raise O recall here, against every form of doing without{few}"
    if len(below) == len(NONE_FORMS):
        return f"LCGAN’s spectra lower O recall here, against every form of doing without{few}"
    if below:
        than = f", more than {listed(above)}" if above else ""
        return f"LCGAN’s spectra recall fewer O spectra here than {listed(below)}{than}{few}"
    if above:
        equal = [name for name in NONE_FORMS if name not in above]
        return f"LCGAN’s spectra do no measurable good here over {listed(equal)}"
    return "LCGAN’s spectra make no measurable difference to O recall here"


def _few(*said: str) -> str:
    """Return the reservation that other stars may say otherwise, where one of `said` has it."""
    return ", for these few stars at least" if any(it.endswith("_here") for it in said) else ""


def answer(results: Results) -> str:
    """Return the first paragraph."""
    first = results.difference(NONE_FORMS[0], PROTOCOL)
    if first["how_at_fpr"] == "unknown":
        return (
            "Data set 2 holds no O spectrum outside Data set 1, or there is no other to hold "
            "against it: this run has nothing to say."
        )
    n, stars, repeats = (int(first[key]) for key in ("n", "n_stars", "repeats"))
    others = [name for name in results.compared(PROTOCOL) if name != OURS]
    sentences = [
        f"{_verdict(results)} Of {n} O spectra, of {stars} star{'s' if stars != 1 else ''}, that "
        f"are in no training themselves, networks trained with LCGAN’s spectra recall "
        f"{percent(first['recall_ours_at_fpr'])} where each may call "
        f"{percent(first['fpr'], 0)} of held-out F, G and K spectra O, the mean of {repeats} "
        f"fit{'s' if repeats != 1 else ''}.",
        f"That is {'; '.join(_clause(results, name, '_at_fpr') for name in others)}.",
        f"By the most probable class instead, where false alarms differ, they recall "
        f"{percent(first['recall_ours'])}: "
        f"{'; '.join(_clause(results, name) for name in NONE_FORMS)}.",
    ]
    return " ".join([*sentences, *_cut_short(results)])


def _cut_short(results: Results) -> list[str]:
    """Say that fits were not trained to their end, where any was not."""
    n, of = results.cut_short()
    if not n:
        return []
    every = f"All {n}" if n == of else f"{n} of {of}"
    return [
        f"{every} fits compared here ended at the {results.most_epochs} epochs that this run "
        "allows, not by their early-stopping loss: trained to their end they may answer otherwise "
        "(docs/augmentation.md)."
    ]


def _verdict(results: Results) -> str:
    """Return yes, no or neither: against the best that does without, whichever that is here."""
    without = {
        name: results.difference(name, PROTOCOL)
        for name in (*NONE_FORMS, *BASELINES)
        if name in results.compared(PROTOCOL)
    }
    known = [name for name, found in without.items() if found["how_at_fpr"] != "unknown"]
    best = max(known, key=lambda name: without[name]["recall_other_at_fpr"])
    how = without[best]["how_at_fpr"]
    return {
        "above": f"Yes: LCGAN’s spectra recall more O spectra here than {WITHOUT[best]}, the best "
        f"that does without{_few(how)}.",
        "below": f"No: {WITHOUT[best]}, the best that does without, recalls more O spectra here"
        f"{_few(how)}.",
        "overlap": f"Not measurably: {WITHOUT[best]}, the best that does without, recalls as many "
        "O spectra here, as far as the noise tells.",
    }[side(how)]


def _clause(results: Results, name: str, at: str = "") -> str:
    """Say one difference, its interval and what that interval means."""
    found = results.difference(name, PROTOCOL)
    low, high = (points(found[f"{end}{at}"]) for end in ("low", "high"))
    return (
        f"{points(found[f'difference{at}'])} points [{low}, {high}] "
        f"against {WITHOUT[name]} ({NOISE[found[f'how{at}']]})"
    )


def listed(names: list[str]) -> str:
    """Return forms in words: "a", "a and b", "a, b and c"."""
    words = [WITHOUT.get(name, LABEL[name]) for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
