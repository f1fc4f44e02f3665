"""What a question to the archive can come to."""

import json
from dataclasses import dataclass

from lcgan.archive.token import Token


class Failure(Exception):  # noqa: N818 (a verdict on one question)
    """The archive did not give what was asked for.

    Attributes
    ----------
    status : {"missing", "refused", "failed", "unusable"}
    reason : str
        One line, without the token.
    """

    def __init__(self, status: str, reason: str):
        super().__init__(reason)
        self.status, self.reason = status, reason


class Passing(Exception):  # noqa: N818
    """A failure that may be over soon; `wait` is how long the archive says it takes, s."""

    def __init__(self, reason: str, wait: float | None = None):
        super().__init__(reason)
        self.reason, self.wait = reason, wait


class Hopeless(Exception):  # noqa: N818
    """A failure that every other question would meet too; the message is one line."""


@dataclass(frozen=True)
class Answer:
    """What came back with status 200: the body, and the header that names the file."""

    body: bytes
    disposition: str | None = None


def said(body: bytes, token: Token) -> str:
    """Return the words of an answer that is no file: of a JSON error its parts, of others nothing.

    They are the server's: one line of at most 120 characters that can be printed, no token.
    """
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(found, dict):
        return ""
    keys = ("error", "code", "status", "description", "message", "detail")
    parts = [found[key] for key in keys if isinstance(found.get(key), str | int)]
    text = token.hide(": ".join(map(str, parts)))
    return "".join(c if c.isprintable() else " " for c in text)[:120].strip()
