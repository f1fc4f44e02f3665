"""What came for a spectrum: a LAMOST file that can be read, or what it is instead."""

import hashlib
from dataclasses import dataclass

from lcgan.archive.answers import Answer, Failure, Passing, said
from lcgan.archive.filename import served_name
from lcgan.archive.token import Token
from lcgan.spectra.lamost import read
from lcgan.spectra.rejected import MAX_BYTES, Rejected
from lcgan.spectra.tars import Member

#: Bytes of a spectrum at most: more is never read.
LIMIT = MAX_BYTES
#: Beginnings of the reader's reasons that a second download may mend.
DAMAGED = ("empty file", "truncated", "damaged")
LOG_IN = ("login", "log in", "sign in", "oauth", "password")
TOKEN_WORDS = ("token", "unauthorized", "unauthenticated", "forbidden", "permission")
MISSING_WORDS = ("not found", "not exist", "no such", "no spectr")


@dataclass(frozen=True)
class File:
    """A spectrum's file as it was sent.

    Attributes
    ----------
    body : bytes
    sha256 : str
    served_name : str or None
        The archive's name of it, where that is a plain one.
    """

    body: bytes
    sha256: str
    served_name: str | None


def checked(answer: Answer, obsid: int, token: Token) -> File:
    """Return the file if it is the LAMOST low-resolution spectrum that was asked for.

    Raises
    ------
    Passing
        If it looks damaged on its way.
    Failure
        If it is something else: a log-in page, an error in words, another kind of file, another
        observation.
    """
    try:
        found = read(Member(str(obsid), answer.body))
    except Rejected as rejected:
        reason = rejected.reason
    else:
        if found.obsid not in (None, obsid):
            raise Failure("unusable", f"is observation {found.obsid}, not {obsid}")
        name = served_name(answer.disposition)
        if name and token.is_in(name):
            name = None
        return File(answer.body, hashlib.sha256(answer.body).hexdigest(), name)
    if reason.startswith(DAMAGED):
        raise Passing(reason)
    raise _failure(answer.body, reason, token)


def _failure(body: bytes, reason: str, token: Token) -> Failure:
    """Say what an answer is that is no spectrum."""
    text = body[:LIMIT].decode("utf-8", "replace").lower()
    if words := said(body, token):
        lower = words.lower()
        if any(word in lower for word in TOKEN_WORDS):
            return Failure("refused", words)
        missing = any(word in lower for word in MISSING_WORDS)
        return Failure("missing" if missing else "unusable", words)
    if "html" in text[:512]:
        if any(word in text for word in LOG_IN):
            return Failure("refused", "a log-in page instead of a file")
        return Failure("unusable", "a page (HTML) instead of a file")
    if reason.startswith("not FITS: text"):  # which the reason repeats, token and all
        return Failure("unusable", "not FITS: a text")
    return Failure("unusable", token.hide(reason))
