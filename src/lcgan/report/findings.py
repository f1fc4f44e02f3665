"""Sentences that say what the numbers say: which one is printed is decided by the numbers."""

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
_OTHERS = (*NONE_FORMS, "sgan")
_WITHOUT = {
    "none_as_is": "no augmentation, as is",
    "none_weighted": "no augmentation with class weights",
    "none_duplicated": "the training spectra merely duplicated",
    "sgan": "SGAN",
}


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share as printed, with a narrow space before the sign."""
    if value is None or value != value:
        return "–"
    return f"{100 * value:.{digits}f}\u202f%"


def points(difference: float) -> str:
    """Return a difference of shares in percentage points, with its sign."""
    sign = "+" if difference >= 0 else "−"
    return f"{sign}{abs(100 * difference):.1f}"


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


def difference(results: Results, name: str, protocol: str) -> str:
    """Return how LCGAN's O recall compares with another form's, as `compare` does.

    A difference counts only where the ranges over the repeats do not meet either: networks that
    differ in nothing but their seed can lie further apart than one network's interval is wide.
    """
    how = compare(results.recall("lcgan", protocol), results.recall(name, protocol))
    ours, theirs = (
        [rate(fit["protocols"][protocol]["recall"]) for fit in results.fits_chosen(form)]
        for form in ("lcgan", name)
    )
    if how in ("above", "below") and max(min(ours), min(theirs)) <= min(max(ours), max(theirs)):
        return "overlap"
    return how


def headline(results: Results) -> str:
    """Return the page's title sentence: whether LCGAN's augmentation helps here."""
    against = [difference(results, name, VERDICT_PROTOCOL) for name in NONE_FORMS]
    if "unknown" in against:
        return "This run cannot say whether LCGAN’s spectra help: there was nothing to count"
    if set(against) == {"above"}:
        if _alarms(results) == "above":
            return "LCGAN’s spectra raise O recall here, and false alarms with it"
        return "LCGAN’s spectra raise O recall here, against every form of doing without"
    if "below" in against:
        weaker = [name for name, how in zip(NONE_FORMS, against, strict=True) if how == "below"]
        if len(weaker) == len(NONE_FORMS):
            return "LCGAN’s spectra lower O recall here, against every form of doing without"
        return f"LCGAN’s spectra recall fewer O spectra here than {_listed(weaker)}"
    if "above" in against:
        equal = [name for name, how in zip(NONE_FORMS, against, strict=True) if how == "overlap"]
        return f"LCGAN’s spectra do no measurable good here over {_listed(equal)}"
    return "LCGAN’s spectra make no measurable difference to O recall here"


def verdict(results: Results) -> list[str]:
    """Return the paragraphs below the title, each a list of sentences joined."""
    return [
        " ".join(paragraph)
        for paragraph in (_recall(results), _unseen(results), _alarm_sentences(results))
        if paragraph
    ] + [noise_control(results)]


def comparisons(results: Results) -> list[dict]:
    """Return LCGAN against each other form, for the table beside the verdict.

    Returns
    -------
    list of dict
        `other` (form), `recall`, `fpr` (its proportions), `points` (LCGAN less it, under the
        leakage-free protocol), `how` (see `compare`), `unseen_points`, `unseen_how`.
    """
    rows = []
    for name in _OTHERS:
        row = {"other": name, "recall": results.recall(name, VERDICT_PROTOCOL)}
        row["fpr"] = results.scores(name, VERDICT_PROTOCOL)["fpr_fgk"]
        for key, protocol in (("", VERDICT_PROTOCOL), ("unseen_", "unseen_stars")):
            ours, theirs = results.recall("lcgan", protocol), results.recall(name, protocol)
            row[f"{key}how"] = difference(results, name, protocol)
            known = row[f"{key}how"] != "unknown"
            row[f"{key}points"] = points(rate(ours) - rate(theirs)) if known else "–"
        rows.append(row)
    return rows


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


def _recall(results: Results) -> list[str]:
    """Say LCGAN's leakage-free recall, then each difference: those beyond the intervals first."""
    ours = results.recall("lcgan", VERDICT_PROTOCOL)
    if not ours["n"]:
        return ["Data set 2 holds no O spectrum outside Data set 1: nothing to count."]
    clauses: dict[bool, list[str]] = {False: [], True: []}
    for name in _OTHERS:
        theirs = results.recall(name, VERDICT_PROTOCOL)
        less = rate(ours) - rate(theirs)
        more = "more" if less >= 0 else "fewer"
        clause = f"{abs(100 * less):.1f} points {more} than {_WITHOUT[name]} "
        clause += f"({percent(rate(theirs))})"
        how = difference(results, name, VERDICT_PROTOCOL)
        clauses[how == "overlap"].append(clause)
    sentences = [
        f"Of the {ours['n']} O spectra of Data set 2 that are not in Data set 1, the network "
        f"trained with LCGAN’s spectra recalls {ours['k']}: {percent(rate(ours))}, 95 % interval "
        f"[{100 * ours['low']:.1f}, {100 * ours['high']:.1f}]."
    ]
    if clauses[False]:
        sentences.append(
            f"Beyond the intervals and the repeats, that is {'; '.join(clauses[False])}."
        )
    if clauses[True]:
        sentences.append(
            "Within the intervals or the range of the repeats, so that this run cannot tell, it "
            f"is {'; '.join(clauses[True])}."
        )
    return sentences


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
        for name in _OTHERS
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
        f"{LABEL[name]} {percent(rate(results.recall(name, 'unseen_stars')))}" for name in _OTHERS
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


def _listed(names: list[str]) -> str:
    """Return forms in words: "a", "a and b", "a, b and c"."""
    words = [_WITHOUT[name] for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
