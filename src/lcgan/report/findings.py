"""Sentences that say what the numbers say: which one is printed is decided by the numbers."""

from collections.abc import Mapping

from lcgan.report import paper
from lcgan.report.answer import NOISE, percent, points
from lcgan.report.results import (
    GANS,
    LABEL,
    NONE_FORMS,
    Proportion,
    Results,
    rate,
)

#: White noise called O at least this often: GAN-test cannot tell the GAN's spectra from noise.
NOISE_FAILS = 0.5
#: ... and at most this often: the control is passed.
NOISE_PASSES = 0.05
#: The protocol that the verdict is about.
VERDICT_PROTOCOL = "leakage_free"
_NUMBER = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five", 6: "six", 7: "seven"}


def counted(share: Proportion) -> str:
    """Return "k/n = rate [low, high]" as printed in running text."""
    if not share["n"]:
        return "none to count"
    low, high = 100 * share["low"], 100 * share["high"]
    return f"{share['k']}/{share['n']} = {percent(share['rate'])} [{low:.1f}, {high:.1f}]"


def compare(one: Proportion, other: Proportion) -> str:
    """Return whether one share is above or below another, or their 95 % intervals overlap.

    Returns
    -------
    {"above", "below", "overlap", "unknown"}
        "unknown" where one of them counted nothing. Intervals that touch overlap.
    """
    if not one["n"] or not other["n"]:
        return "unknown"
    if one["low"] > other["high"]:
        return "above"
    if one["high"] < other["low"]:
        return "below"
    return "overlap"


def verdict(results: Results) -> list[str]:
    """Return the paragraphs below the answer, each a list of sentences joined."""
    return [
        " ".join(paragraph)
        for paragraph in (_unseen(results), _alarm_sentences(results))
        if paragraph
    ] + [noise_control(results)]


def comparisons(results: Results) -> list[dict]:
    """Return LCGAN against each other form, for the table beside the verdict.

    Returns
    -------
    list of dict
        `other` (form), `recall`, `fpr` (its median fit's proportions), `paper` (the paper's
        difference, on other data), `p` (McNemar's test of the median fits, leakage-free); and with
        the prefix `equal_` where each may call as many others O, with "" by the most probable
        class, both leakage-free, and with `unseen_` as `equal_` on unseen stars: `points` (LCGAN
        less it, mean of the repeats), `spectra`, `stars` (the intervals as printed), `said` (what
        they mean), `how`.
    """
    rows = []
    for name in results.compared(VERDICT_PROTOCOL):
        row = {"other": name, "recall": results.recall(name, VERDICT_PROTOCOL)}
        row["fpr"] = results.scores(name, VERDICT_PROTOCOL)["fpr_fgk"]
        row["paper"] = points(paper.GAIN.get(name))
        found = results.difference(name, VERDICT_PROTOCOL)
        row["p"] = found["mcnemar_p"] if found["how"] != "unknown" else None
        row |= _printed("equal_", found, "_at_fpr") | _printed("", found, "")
        row |= _printed("unseen_", results.difference(name, "unseen_stars"), "_at_fpr")
        rows.append(row)
    return rows


def _printed(key: str, found: Mapping, at: str) -> dict[str, str]:
    """Return one difference as printed, by the most probable class or at equal alarms."""
    how = found[f"how{at}"]
    known = how != "unknown"
    row = {f"{key}how": how, f"{key}said": NOISE[how]}
    row[f"{key}points"] = points(found[f"difference{at}"]) if known else "–"
    for kind, ends in (("spectra", ("low", "high")), ("stars", ("star_low", "star_high"))):
        printed = ", ".join(points(found[f"{end}{at}"]) for end in ends) if known else ""
        row[f"{key}{kind}"] = f"[{printed}]" if known else ""
    return row


def noise_control(results: Results) -> str:
    """Return what the controls say of GAN-test; the worse GAN's control where they differ."""
    scored = " and ".join(
        f"{percent(results.gans[model]['mean']['gan_test'])} of {LABEL[model]}’s spectra"
        for model in GANS
    )
    controls = [results.gans[model]["controls"] for model in GANS]
    noise = max(rate(control["gan_test_white_noise"]) for control in controls)
    unseen = rate(controls[0]["gan_test_unseen_real"])
    said = (
        f"GAN-test calls {scored} O. The same classifier calls {percent(noise)} of pure white "
        f"noise O; one fitted on Data set 1 alone calls {percent(unseen)} of the leakage-free "
        f"real O spectra O"
    )
    if noise >= NOISE_FAILS:
        return (
            f"{said}. As the paper defines it, the score cannot fail on rubbish here: it says "
            f"nothing of authenticity."
        )
    if noise > NOISE_PASSES:
        return f"{said}. That much noise called O calls for care with the score."
    return f"{said}. The noise control is passed."


def _alarms(results: Results) -> str:
    """Return how LCGAN's FPR compares with the forms without: the worst case for LCGAN."""
    ours = results.scores("lcgan", VERDICT_PROTOCOL)["fpr_fgk"]
    against = [
        compare(ours, results.scores(name, VERDICT_PROTOCOL)["fpr_fgk"]) for name in NONE_FORMS
    ]
    return next((how for how in ("above", "overlap", "below") if how in against), "unknown")


def _alarm_sentences(results: Results) -> list[str]:
    ours = results.scores("lcgan", VERDICT_PROTOCOL)["fpr_fgk"]
    said = f"Of held-out F, G and K spectra LCGAN’s network calls {counted(ours)} O"
    theirs = "; ".join(
        f"{LABEL[name]} {percent(rate(results.scores(name, VERDICT_PROTOCOL)['fpr_fgk']))}"
        for name in results.compared(VERDICT_PROTOCOL)
    )
    meaning = {
        "above": "Beyond the intervals, that is more than at least one form without "
        "augmentation: a higher recall would be partly bought with false alarms.",
        "overlap": "Beyond the intervals, that is more than no form without augmentation.",
        "below": "Beyond the intervals, that is fewer than every form without augmentation.",
    }.get(_alarms(results))
    return [f"{said} ({theirs}).", *([meaning] if meaning else [])]


def _unseen(results: Results) -> list[str]:
    stars = results.stars_kept_out.get("O", [])
    ours = results.recall("lcgan", "unseen_stars")
    if not stars or not ours["n"]:
        return []
    number = _NUMBER.get(len(stars), str(len(stars)))
    others = "; ".join(
        f"{LABEL[name]} {percent(rate(results.recall(name, 'unseen_stars')))}"
        for name in results.compared(VERDICT_PROTOCOL)
    )
    plural = len(stars) != 1
    return [
        f"Of those leakage-free spectra, {ours['n']} show {number} O "
        f"star{'s' if plural else ''} that no training saw in any observation "
        f"({', '.join(stars)}); the others are new observations of stars that it saw. "
        f"Of the {ours['n']}, LCGAN’s network recalls {counted(ours)} ({others}).",
        f"{number.capitalize()} star{'s decide' if plural else ' decides'} that figure, whatever "
        f"the count of spectra: its interval holds for {'these stars' if plural else 'it'} only.",
    ]
