"""Sentences that say what the numbers say: which one is printed is decided by the numbers."""

from lcgan.report.results import (
    GANS,
    LABEL,
    NONE_FORMS,
    PROTOCOLS,
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
_OTHERS = (*NONE_FORMS, "sgan")
_WITHOUT = {
    "none_as_is": "no augmentation, as is",
    "none_weighted": "no augmentation with class weights",
    "none_duplicated": "the training spectra merely duplicated",
    "sgan": "SGAN",
}


def percent(value: float | None, digits: int = 1) -> str:
    """Return a share as printed.

    Examples
    --------
    >>> percent(0.6936)
    '69.4\\u202f%'
    """
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


def headline(results: Results) -> str:
    """Return the page's title sentence: does LCGAN's augmentation help here?"""
    ours = results.recall("lcgan", VERDICT_PROTOCOL)
    against = [compare(ours, results.recall(name, VERDICT_PROTOCOL)) for name in NONE_FORMS]
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
        return f"LCGAN’s spectra recall fewer O stars here than {_listed(weaker)}"
    if "above" in against:
        equal = [name for name, how in zip(NONE_FORMS, against, strict=True) if how == "overlap"]
        return f"LCGAN’s spectra do no measurable good here over {_listed(equal)}"
    return "LCGAN’s spectra make no measurable difference to O recall here"


def verdict(results: Results) -> list[str]:
    """Return the paragraphs below the title, each a list of sentences joined."""
    return [
        " ".join(paragraph)
        for paragraph in (_recall(results), _alarm_sentences(results), _unseen(results))
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
            row[f"{key}how"] = compare(ours, theirs)
            known = row[f"{key}how"] != "unknown"
            row[f"{key}points"] = points(rate(ours) - rate(theirs)) if known else "–"
        rows.append(row)
    return rows


def noise_control(results: Results) -> str:
    """Return what the white-noise control says of GAN-test, for both GANs."""
    sentences = []
    for model in GANS:
        gan = results.gans[model]
        noise = rate(gan["controls"]["gan_test_white_noise"])
        score = gan["mean"]["gan_test"]
        figures = f"GAN-test calls {percent(score)} of {LABEL[model]}’s spectra O"
        if noise >= NOISE_FAILS:
            sentences.append(
                f"{figures}, and {percent(noise)} of pure white noise: the score as the paper "
                f"defines it cannot fail here, so it says nothing of authenticity."
            )
        elif noise > NOISE_PASSES:
            sentences.append(
                f"{figures}, and {percent(noise)} of pure white noise: it is to be read with care."
            )
        else:
            sentences.append(
                f"{figures}, and {percent(noise)} of pure white noise: the control is passed."
            )
    return " ".join(sentences)


def _recall(results: Results) -> list[str]:
    ours = results.recall("lcgan", VERDICT_PROTOCOL)
    sentences = [
        f"Of the O spectra of Data set 2 that are not in Data set 1, the network trained with "
        f"LCGAN’s spectra recalls {counted(ours)} (95 % Wilson interval)."
    ]
    for name in _OTHERS:
        theirs = results.recall(name, VERDICT_PROTOCOL)
        how = compare(ours, theirs)
        if how == "unknown":
            continue
        words = f"Against {_WITHOUT[name]}, {counted(theirs)}, that is"
        change = abs(100 * (rate(ours) - rate(theirs)))
        direction = "more" if rate(ours) >= rate(theirs) else "fewer"
        overlap = (
            "the intervals overlap, so this run cannot tell them apart"
            if how == "overlap"
            else "the intervals do not overlap"
        )
        sentences.append(f"{words} {change:.1f} points {direction}; {overlap}.")
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
    said = f"Recall costs false alarms: of held-out F, G and K spectra LCGAN’s network calls {counted(ours)} O"
    theirs = "; ".join(
        f"{LABEL[name]} {percent(rate(results.scores(name, VERDICT_PROTOCOL)['fpr_fgk']))}"
        for name in _OTHERS
    )
    meaning = {
        "above": "LCGAN’s rate is above that of at least one form without augmentation, beyond "
        "the intervals: a higher recall would be partly bought.",
        "overlap": "LCGAN’s rate cannot be told from that of at least one form without "
        "augmentation, and is above none.",
        "below": "LCGAN’s rate is below every form without augmentation.",
    }.get(_alarms(results))
    return [f"{said} ({theirs}).", *([meaning] if meaning else [])]


def _unseen(results: Results) -> list[str]:
    stars = results.stars_kept_out.get("O", [])
    ours = results.recall("lcgan", "unseen_stars")
    if not stars or not ours["n"]:
        return []
    number = {1: "one O star", 2: "two O stars"}.get(len(stars), f"{len(stars)} O stars")
    others = "; ".join(
        f"{LABEL[name]} {percent(rate(results.recall(name, 'unseen_stars')))}" for name in _OTHERS
    )
    return [
        f"The leakage-free spectra are other observations of stars that training saw. "
        f"On {number} that no training saw in any observation ({', '.join(stars)}), "
        f"LCGAN’s network recalls {counted(ours)} ({others}).",
        f"{'One star decides' if len(stars) == 1 else f'{len(stars)} stars decide'} that figure, "
        f"whatever the count of spectra; its interval holds for these stars only.",
    ]


def _listed(names: list[str]) -> str:
    """Return forms in words: "a", "a and b", "a, b and c"."""
    words = [_WITHOUT[name] for name in names]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def protocol_label(protocol: str) -> str:
    """Return a protocol's word on the page."""
    return PROTOCOLS[protocol]
