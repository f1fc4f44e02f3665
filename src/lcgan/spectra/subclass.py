"""From LAMOST's CLASS and SUBCLASS to the class letter that the experiment is about."""

import re

#: All class letters that a packed spectrum can have.
VOCABULARY = ("O", "B", "A", "F", "G", "K", "M", "other", "GALAXY", "QSO", "UNKNOWN")

#: CLASS values that are not stars, and what they become whatever the subclass says.
NOT_STARS = {"GALAXY": "GALAXY", "QSO": "QSO", "UNKNOWN": "UNKNOWN"}

#: The table: the first pattern that matches the SUBCLASS gives the class; None is the letter that
#: the pattern caught. "O or B" is neither a positive nor a negative of an O-star search: UNKNOWN.
TABLE = tuple(
    (re.compile(pattern), letter)
    for pattern, letter in (
        (r"$|-$|-?9999|(?i:non|null|unknown)", "UNKNOWN"),
        (r"O[\d.]*[/-]?B(?![a-z])", "UNKNOWN"),  # OB, O/B, O9.5-B0
        (r"sd|esd|usd", "other"),  # hot subdwarfs sdO, sdB; subdwarfs of K and M
        (r"WD|D[ABCOQXZ]", "other"),  # white dwarfs: DA, DB, WDMagnetic
        (r"W[NCOR](?![a-z])", "other"),  # Wolf-Rayet stars
        # [dwarf or giant] letter, then a subtype, a luminosity class, a peculiarity or the end:
        # A7V, G5, dM0, gM0, O9.5Iae, F, B[e], Am, G8V (101501)
        (r"[dg]?([OBAFGKM])(?=$|[\d\sIV\[(:+-]|[efmnp]+(?![a-z]))", None),
        (r"", "other"),  # Carbon, CV, DoubleStar, EM, Binary, L0, S ...
    )
)


#: Kinds of "other" star that a search for O stars meets, by the SUBCLASS.
KINDS = tuple(
    (re.compile(pattern), kind)
    for pattern, kind in ((r"sd|esd|usd", "sd"), (r"WD|D[ABCOQXZ]", "WD"), (r"", "other"))
)


def kind_of_other(subclass: str) -> str:
    """Return "sd" (subdwarf), "WD" (white dwarf) or "other" (Wolf-Rayet, carbon and so on).

    Examples
    --------
    >>> kind_of_other("sdB"), kind_of_other("WD"), kind_of_other("WN")
    ('sd', 'WD', 'other')
    """
    return next(kind for pattern, kind in KINDS if pattern.match(subclass.strip()))


def class_letter(class_: str, subclass: str) -> str:
    """Return the class letter of a spectrum.

    Parameters
    ----------
    class_ : str
        The header's CLASS: STAR, GALAXY, QSO, Unknown, or "" where it is missing.
    subclass : str
        The header's SUBCLASS: 'A7V', 'G5', 'dM0', 'gM0', 'Non', 'sdB', 'DA', 'O9.5', 'WN5' ...

    Returns
    -------
    str
        One of `VOCABULARY`; "other" for stars that are none of O to M by the main sequence of
        classes (subdwarfs, white dwarfs, Wolf-Rayet, carbon and so on).

    Examples
    --------
    >>> class_letter("STAR", "O9.5Iae"), class_letter("STAR", "dM0"), class_letter("STAR", "sdO")
    ('O', 'M', 'other')
    """
    if letter := NOT_STARS.get(class_.strip().upper()):
        return letter
    subclass = subclass.strip()
    matches = ((pattern.match(subclass), letter) for pattern, letter in TABLE)
    match, letter = next(found for found in matches if found[0])
    return letter or match[1]
