"""The name that a fetched file gets: the archive's where that is a plain one, else our own."""

import itertools
import re
from collections.abc import Iterator
from email.message import Message

#: The archive's names look like spec-55859-F5902_sp01-001.fits.gz; a name is below 255 bytes, and
#: room is left for the beginning and end of a part's.
PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,120}\.fits?(\.gz)?", re.IGNORECASE)
GZIP_MAGIC = b"\x1f\x8b"


def served_name(disposition: str | None) -> str | None:
    """Return the file name of a Content-Disposition, or None where it is not a plain FITS name.

    A name with a path, a control character, a leading dot, or of another kind is never mended: a
    server that sends one is not followed.

    Examples
    --------
    >>> served_name("attachment; filename=spec-55859-F5902_sp01-001.fits.gz")
    'spec-55859-F5902_sp01-001.fits.gz'
    >>> served_name('attachment; filename="../../.bashrc"')
    """
    if not disposition:
        return None
    message = Message()
    try:
        message["Content-Disposition"] = disposition
        name = message.get_filename()
    except (ValueError, LookupError, TypeError):
        return None
    return name if name and PLAIN.fullmatch(name) else None


def names_for(
    served: str | None, release: str, version: str, obsid: int, body: bytes
) -> Iterator[str]:
    """Yield the names that a file may have, the best first, without end."""
    if served:
        yield served
    suffix = ".fits.gz" if body.startswith(GZIP_MAGIC) else ".fits"
    own = f"{release}_{version}_{obsid}"
    yield own + suffix
    for n in itertools.count(2):
        yield f"{own}_{n}{suffix}"
