"""The user's token for the archive: found, sent, and shown to nobody."""

import html
import logging
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, quote_plus

from lcgan.errors import UserError

VARIABLE = "LAMOST_TOKEN"
#: Where a token may lie, below the user's folder of settings.
DEFAULT_FILE = Path("lcgan") / "lamost-token"
#: No token is longer; a larger file is something else.
MAX_BYTES = 4096
#: What speaks of requests with their addresses, and so of tokens.
TALKERS = ("urllib3.connectionpool", "urllib3.poolmanager", "urllib3.util.retry")
HIDDEN = "<token>"


class Token:
    """A secret that goes into requests and into no text.

    Parameters
    ----------
    secret : str
        Empty for none: the archive serves public releases without.
    """

    def __init__(self, secret: str = ""):
        self._secret = secret
        forms = {secret, quote(secret, safe=""), quote_plus(secret), html.escape(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._shown = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)

    def __bool__(self) -> bool:
        return bool(self._secret)

    def __repr__(self) -> str:
        return f"Token({HIDDEN if self else ''})"

    def __reduce__(self):
        raise TypeError("a token is not written anywhere")

    def added_to(self, url: str) -> str:
        """Return an address with the token in its query; for a request, never for a reader."""
        if not self:
            return url
        return f"{url}{'&' if '?' in url else '?'}token={quote(self._secret, safe='')}"

    def hide(self, text: str) -> str:
        """Return a text, the archive's own for one, with the token struck out."""
        return self._shown.sub(HIDDEN, text) if self else text

    def is_in(self, text: str) -> bool:
        """Say whether a text shows the token."""
        return bool(self) and bool(self._shown.search(text))

    @contextmanager
    def kept_from_logs(self) -> Iterator[None]:
        """Strike the token out of what urllib3 logs while the block runs."""

        def strike(record: logging.LogRecord) -> bool:
            record.msg, record.args = self.hide(record.getMessage()), ()
            record.exc_info = record.exc_text = None
            return True

        loggers = [logging.getLogger(name) for name in TALKERS]
        for logger in loggers:
            logger.addFilter(strike)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeFilter(strike)


def find_token(file: Path | None = None, environ: Mapping[str, str] = os.environ) -> Token:
    """Return the token of `file`, else of LAMOST_TOKEN, else of the default file, else none.

    Raises
    ------
    UserError
        If a token is not one word, or its file cannot be read or can be read by others.
    """
    if file is not None:
        return Token(_read(file))
    if secret := environ.get(VARIABLE, "").strip():
        return Token(_checked(secret, VARIABLE))
    settings = environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
    default = Path(settings) / DEFAULT_FILE
    return Token(_read(default)) if default.exists() else Token()


def _read(file: Path) -> str:
    """Return the token of a private file: a line of its own, or pylamost's `token = ...`."""
    try:
        descriptor = os.open(file.expanduser(), os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise UserError(f"{file}: the token cannot be read ({error.strerror})") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise UserError(f"{file}: no file; name one that holds the token")
        if found.st_mode & 0o077:
            mode = stat.S_IMODE(found.st_mode)
            raise UserError(
                f"{file}: others can read the token there (mode {mode:04o}); `chmod 600 {file}`"
            )
        text = os.read(descriptor, MAX_BYTES + 1).decode("utf-8", "replace")
    finally:
        os.close(descriptor)
    lines = [line.strip() for line in text.splitlines()]
    lines = [line for line in lines if line and not line.startswith("#")]
    secrets = [re.sub(r"^token\s*=\s*", "", line).strip("\"'") for line in lines]
    if len(text) > MAX_BYTES or len(secrets) != 1:
        raise UserError(f"{file}: holds no token; write it there, on one line and nothing else")
    return _checked(secrets[0], str(file))


def _checked(secret: str, place: str) -> str:
    """Return a token that can stand in an address."""
    if not re.fullmatch(r"[!-~]+", secret) or len(secret) > MAX_BYTES:
        raise UserError(f"{place}: holds no token, which is one word of ASCII")
    return secret
