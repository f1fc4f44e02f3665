"""What a FITS file is that is no LAMOST low-resolution spectrum."""

import re
from collections.abc import Iterator
from contextlib import suppress

from lcgan.spectra.fits_bytes import Hdu
from lcgan.spectra.rejected import Rejected

#: Rows of SDSS's spSpec images at most; other images of SDSS have hundreds.
MAX_SPSPEC_ROWS = 5
#: Tables of medium resolution: two arms, each co-added and in single exposures.
MEDIUM = re.compile(r"COADD_[BR]|[BR]-\d+")


def is_sdss(primary: Hdu) -> bool:
    """Tell SDSS's files, the old ones by their keys too: those share COEFF0 and COEFF1."""
    return primary.text("TELESCOP").upper().startswith("SDSS") or (
        "PLATEID" in primary and "SPID" not in primary
    )


def what_it_is(primary: Hdu, extensions: list[Hdu]) -> str:
    """Say what a FITS file is that is no LAMOST low-resolution spectrum."""
    names = [hdu.text("EXTNAME").upper() for hdu in extensions]
    columns = {hdu.text(f"TTYPE{i}").lower() for hdu in extensions for i in range(1, 9)}
    if arms := [name for name in names if MEDIUM.fullmatch(name)]:
        return (
            f"LAMOST medium-resolution spectrum (tables {', '.join(arms[:2])}), not low resolution"
        )
    if is_sdss(primary) and len(primary.shape) == 2 and primary.shape[0] <= MAX_SPSPEC_ROWS:
        return f"SDSS spSpec file (image of {primary.shape[0]} rows), not LAMOST"
    if "loglam" in columns:
        return "SDSS spec file (table COADD with a row per pixel), not LAMOST low resolution"
    image = f"an image of shape {primary.shape}" if primary.n_bytes else "no primary data"
    if extensions:
        count, first = len(extensions), extensions[0]
        image += f" and {count} extension{'s' if count > 1 else ''}, {names[0] or 'unnamed'}"
        image += f" of {first.shape[0]:,} rows" if len(first.shape) == 2 else ""
    return (
        f"FITS of {telescope_of(primary)} with {image}; a LAMOST low-resolution spectrum is an "
        "image of shape (5, N) or a one-row table COADD"
    )


def telescope_of(primary: Hdu) -> str:
    """Return telescope and instrument as the header names them."""
    named = map(primary.text, ("TELESCOP", "INSTRUME"))
    return " ".join(filter(None, named)) or "unknown telescope"


def whole(parts: Iterator[Hdu]) -> Iterator[Hdu]:
    """Yield HDUs up to the first damaged one."""
    with suppress(Rejected):
        yield from parts
