"""The archive's addresses, without the token."""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from lcgan.errors import UserError


@dataclass(frozen=True)
class Archive:
    """One release of the low-resolution survey at one archive.

    The layout is that of LAMOST's OpenAPI, https://www.lamost.org/openapi/docs.

    Attributes
    ----------
    base : str
        https://www.lamost.org/openapi, or a mirror's.
    release, version : str
        "dr10", "v2.0".

    Raises
    ------
    UserError
        If `base` is no https address (this machine itself may be spoken to by http), or release
        and version are not written as LAMOST does.
    """

    base: str
    release: str
    version: str

    def __post_init__(self) -> None:
        _check_base(self.base)
        if not re.fullmatch(r"dr\d{1,2}", self.release):
            raise UserError(f"--release {self.release}: LAMOST's are called dr1, dr2 ... dr10")
        if not re.fullmatch(r"v\d{1,2}(\.\d{1,2}){0,2}", self.version):
            raise UserError(f"--version {self.version}: LAMOST's are called v1.0, v2.0 and so on")

    @property
    def is_loopback(self) -> bool:
        """Whether it is on this machine."""
        return _is_loopback(urlsplit(self.base).hostname or "")

    def spectrum(self, obsid: int) -> str:
        """Return the address of a spectrum's FITS file."""
        return f"{self._release}/spectrum/fits?obsid={obsid}"

    def cone(self, ra: float, dec: float, radius: float) -> str:
        """Return the address of the catalogue's lines around a place, all in degrees (ICRS).

        CSV is asked for: some of the archive's VOTables declare texts shorter than they are.
        """
        asked = {"ra": ra, "dec": dec, "sr": radius, "output.fmt": "csv"}
        return f"{self._release}/voservice/conesearch?{urlencode(asked)}"

    @property
    def _release(self) -> str:
        return f"{self.base.rstrip('/')}/{self.release}/{self.version}/lrs"


def origin_of(url: str) -> tuple[str, str, int]:
    """Return scheme, host and port: who is spoken to, and how."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    return parts.scheme, (parts.hostname or "").lower(), port


def _check_base(base: str) -> None:
    name = "--archive (fetch.archive)"
    try:
        parts = urlsplit(base)
        scheme, host, _ = origin_of(base)
    except ValueError:
        raise UserError(f"{name}: no address; write it as https://host/path") from None
    if "@" in parts.netloc or parts.query or parts.fragment:
        # not repeated: a token may be in it
        raise UserError(f"{name}: leave out user name, query and token; https://host/path is all")
    if not host or scheme not in ("http", "https") or not re.fullmatch(r"[!-~]+", base):
        raise UserError(f"{name}: {base!r} is no address; write it as https://host/path")
    if scheme != "https" and not _is_loopback(host):
        raise UserError(f"{name}: {base}: by http anyone could read the token; use https")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
