"""One question to the archive at a time: sent, answered, and tried again where that may help."""

import http
import http.client
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urljoin

import requests
import urllib3

import lcgan
from lcgan.archive.address import Archive, origin_of
from lcgan.archive.answers import Answer, Failure, Hopeless, Passing, said
from lcgan.archive.pace import Pace, back_off, retry_after
from lcgan.archive.token import Token
from lcgan.params import Fetch
from lcgan.seeds import rng_of

Kept = TypeVar("Kept")

BLOCK = 1 << 16
MAX_REDIRECTS = 3
#: Of an error's own words, what is read.
ERROR_BYTES = 4096
REDIRECTS = {301, 302, 303, 307, 308}
REFUSED, MISSING = {401, 403, 407}, {404, 410}
#: What a server may answer otherwise a moment later.
PASSING = {408, 421, 425, 429, 500, 502, 503, 504}
#: What happened to a connection, where the system has no words for it.
KNOWN = {
    socket.gaierror: "its host is not known here",
    http.client.RemoteDisconnected: "closed without an answer",
    http.client.IncompleteRead: "cut off",
}
#: Answers to everybody, not to one question: all connections hold back.
TOO_MUCH = {429, 503}


class _Session(requests.Session):
    """A session that leaves redirects to us; requests would read their bodies to any length."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Say that nothing is to be followed."""
        return None


class Client:
    """Asks the archive.

    Parameters
    ----------
    archive : Archive
    token : Token
        Goes to the archive's own host and nowhere else.
    pace : Pace
    settings : Fetch
        The block `fetch` of params.yaml.
    seed : int
        Of the jitter.
    """

    def __init__(self, archive: Archive, token: Token, pace: Pace, settings: Fetch, seed: int):
        self._archive, self._token, self._pace = archive, token, pace
        self._settings, self._seed = settings, seed
        self._own = threading.local()

    def ask(self, url: str, name: object, limit: int, use: Callable[[Answer], Kept]) -> Kept:
        """Return what `use` makes of the answer, which it may refuse by `Failure` or `Passing`.

        Parameters
        ----------
        url : str
            Without the token.
        name : object
            Of the question: the jitter of its waits depends on it and the seed.
        limit : int
            Bytes; a larger answer is refused.

        Raises
        ------
        Failure
            After the last attempt, or at once where another would not help.
        Hopeless
            If nothing can be had of this archive now.
        Stopped
            If the fetch ends.
        """
        settings = self._settings
        rng = rng_of(self._seed, "fetch", str(name))
        first, longest = settings.wait
        for n_failures in range(1, settings.attempts + 1):
            self._pace.turn()
            try:
                return use(self._answer(url, limit))
            except Passing as passing:
                reason, asked = passing.reason, passing.wait
            wait = back_off(n_failures, first, longest, rng)
            if asked is not None:
                wait = max(wait, asked)
                if wait > settings.patience:
                    raise Hopeless(
                        f"{reason}, and asks for {asked:,.0f} s of quiet, which is more than "
                        "fetch.patience; run the same command after that"
                    )
                self._pace.hold(wait)
            if n_failures < settings.attempts:
                self._pace.wait(wait)
        raise Failure("failed", f"{reason} ({settings.attempts} attempts)")

    def _answer(self, url: str, limit: int) -> Answer:
        """Send one request and read its answer.

        What requests and urllib3 raise has the address in it, and so the token: their errors are
        left behind before ours are raised, so that none is chained to them.
        """
        try:
            return self._exchange(url, limit)
        except requests.exceptions.SSLError as error:
            fault: Exception = Hopeless(
                f"{origin_of(url)[1]}: its certificate is not trusted ({_cause(error)}); nothing "
                "was sent"
            )
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            fault = Passing(self._token.hide(self._why(error)))
        except (Failure, Passing):
            raise
        except Exception as error:  # a library's, over an answer that it did not expect
            fault = Failure("failed", f"an answer that cannot be read ({type(error).__name__})")
        raise fault

    def _exchange(self, url: str, limit: int) -> Answer:
        ends = time.monotonic() + self._settings.timeout.whole
        asked = self._token.added_to(url)
        for _ in range(MAX_REDIRECTS + 1):
            with self._get(asked) as response:
                if response.status_code not in REDIRECTS:
                    return self._read(response, limit, ends)
                asked = self._redirected(url, asked, response.headers.get("Location", ""))
        raise Failure("failed", f"redirects more than {MAX_REDIRECTS} times")

    def _get(self, url: str) -> requests.Response:
        timeout = self._settings.timeout
        return self._session().get(
            url, stream=True, allow_redirects=False, timeout=(timeout.connect, timeout.read)
        )

    def _session(self) -> requests.Session:
        """Return this thread's session: certificates checked, nothing but the token sent."""
        if not hasattr(self._own, "session"):
            session = _Session()
            session.verify = True
            session.auth = lambda request: request  # not what a .netrc has for the host
            session.trust_env = not self._archive.is_loopback  # no proxy to this machine itself
            session.headers = {
                "User-Agent": f"lcgan/{lcgan.__version__}",
                "Accept-Encoding": "identity",  # so that the declared size is the file's
            }
            self._own.session = session
        return self._own.session

    def _redirected(self, url: str, asked: str, location: str) -> str:
        """Return where the archive sends us, which must be the same host by the same means."""
        try:
            target = urljoin(asked, location)
            origin = origin_of(target)
        except ValueError:
            raise Failure("failed", "redirects to what is no address") from None
        if origin == origin_of(url):
            return target
        where = self._token.hide(f"{origin[0]}://{origin[1]}")[:80]
        if any(word in target.lower() for word in ("login", "oauth", "signin", "passport")):
            raise Failure("refused", f"wants a log-in at {where}")
        raise Failure("failed", f"redirects to {where}, which is not followed")

    def _read(self, response: requests.Response, limit: int, ends: float) -> Answer:
        """Return the body of a good answer; raise what a bad one means."""
        code = response.status_code
        if code == http.HTTPStatus.OK:
            declared = response.headers.get("Content-Length", "")
            if re.fullmatch("[0-9]+", declared) and int(declared) > limit:
                raise Failure("unusable", f"declares {int(declared):,} bytes, too many")
            body = self._body(response, limit, ends)
            return Answer(body, response.headers.get("Content-Disposition"))
        reason = f"HTTP {code}"
        if words := said(self._body(response, ERROR_BYTES, ends, cut=True), self._token):
            reason += f": {words}"
        if code in PASSING:
            wait = retry_after(response.headers.get("Retry-After"))
            raise Passing(reason, 0.0 if wait is None and code in TOO_MUCH else wait)
        status = "refused" if code in REFUSED else "missing" if code in MISSING else "failed"
        raise Failure(status, reason)

    def _body(
        self, response: requests.Response, limit: int, ends: float, cut: bool = False
    ) -> bytes:
        """Return an answer's bytes as sent; of more than `limit` the beginning, if `cut`."""
        body = bytearray()
        while block := response.raw.read1(BLOCK, decode_content=False):
            body += block
            if len(body) > limit:
                if cut:
                    break
                raise Failure("unusable", f"sends more than {limit:,} bytes")
            if time.monotonic() > ends:
                raise Passing(f"not done within {self._settings.timeout.whole:g} s")
        return bytes(body[:limit])

    def _why(self, error: Exception) -> str:
        """Say in a few words, without the address, why there was no whole answer."""
        timeout = self._settings.timeout
        if isinstance(error, requests.exceptions.ConnectTimeout):
            return f"no connection within {timeout.connect:g} s"
        if isinstance(error, requests.exceptions.ReadTimeout | urllib3.exceptions.ReadTimeoutError):
            return f"silent for {timeout.read:g} s"
        if isinstance(error, urllib3.exceptions.IncompleteRead):
            return f"cut off after {error.partial:,} bytes"
        if isinstance(error, urllib3.exceptions.ProtocolError):
            inner = next((a for a in error.args[1:] if isinstance(a, Exception)), error)
            if isinstance(inner, urllib3.exceptions.IncompleteRead):
                return self._why(inner)
        return f"the connection failed ({_cause(error)})"


def _cause(error: BaseException) -> str:
    """Return the system's own words on the innermost of nested errors, which name no address."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    words = type(error).__name__
    while waiting:
        inner = waiting.pop()
        if id(inner) in seen:
            continue
        seen.add(id(inner))
        if isinstance(inner, OSError) and not isinstance(inner, requests.RequestException):
            message = getattr(inner, "verify_message", "") or inner.strerror
            if message:
                words = str(message)
        if type(inner) in KNOWN:
            return KNOWN[type(inner)]
        if isinstance(inner, http.client.HTTPException):
            words = "its answer is not HTTP"
        nested = [*inner.args, getattr(inner, "reason", None), inner.__cause__, inner.__context__]
        waiting += [other for other in nested if isinstance(other, BaseException)]
    return words
