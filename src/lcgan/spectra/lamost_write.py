"""Writing spectra in LAMOST's table format (DR8/DR9 and later), the same bytes every time.

An empty primary HDU carries every header key; HDU 1 ``COADD`` is a table of one row with the
float32 vectors FLUX, IVAR, WAVELENGTH, ANDMASK, ORMASK and NORMALIZATION.
"""

import zlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import numpy as np

#: A header card: key, value and comment.
Card = tuple[str, bool | int | float | str, str]
COLUMNS = ("FLUX", "IVAR", "WAVELENGTH", "ANDMASK", "ORMASK", "NORMALIZATION")
#: NORMALIZATION where the pipeline made no normalised spectrum, as in real files.
NOT_NORMALISED = -9999.0
#: FITS files come in blocks of this many bytes (FITS standard 4.0, section 3.1).
BLOCK = 2880
#: zlib's fastest level: noise hardly compresses, and the best level takes ten times as long.
GZIP_LEVEL = 1


def write_lamost(
    path: Path | str,
    cards: Iterable[Card],
    flux: np.ndarray,
    ivar: np.ndarray,
    andmask: np.ndarray,
    ormask: np.ndarray,
    coeff0: float,
    coeff1: float,
) -> None:
    """Write one spectrum as ``.fits.gz``; see `encode` for the parameters.

    Raises
    ------
    OSError
        If it cannot be written. Write into a folder of `lcgan.files.replacing`, which turns this
        into a `UserError` and leaves nothing half written.
    """
    Path(path).write_bytes(encode(cards, flux, ivar, andmask, ormask, coeff0, coeff1))


def encode(
    cards: Iterable[Card],
    flux: np.ndarray,
    ivar: np.ndarray,
    andmask: np.ndarray,
    ormask: np.ndarray,
    coeff0: float,
    coeff1: float,
) -> bytes:
    """Return one spectrum as the bytes of a gzipped FITS file, without name or time stamp.

    Parameters
    ----------
    cards : iterable of (key, value, comment)
        For the primary header, beside SIMPLE ... EXTEND, COEFF0 and COEFF1.
    flux, ivar, andmask, ormask : ndarray, shape (N,)
        Stored as float32, as LAMOST does.
    coeff0, coeff1 : float
        The wavelength of pixel i is 10^(coeff0 + coeff1 i), vacuum Å.

    Raises
    ------
    ValueError
        If the vectors are not equally long, or a card does not fit its 80 characters.
    """
    size = len(flux)
    if not len(ivar) == len(andmask) == len(ormask) == size:
        raise ValueError("flux, ivar, andmask and ormask are not equally long")
    wavelength = 10 ** (coeff0 + coeff1 * np.arange(size))
    normalisation = np.full(size, NOT_NORMALISED)
    table = np.stack([flux, ivar, wavelength, andmask, ormask, normalisation]).astype(">f4")
    primary = [
        ("SIMPLE", True, "conforms to FITS standard"),
        ("BITPIX", 8, "array data type"),
        ("NAXIS", 0, "number of array dimensions"),
        ("EXTEND", True, ""),
        *cards,
        ("COEFF0", coeff0, "Central wavelength (log10) of first pixel"),
        ("COEFF1", coeff1, "Log10 dispersion per pixel"),
    ]
    content = b"".join((_header(primary), _table_header(size), _padded(table.tobytes(), b"\0")))
    packer = zlib.compressobj(GZIP_LEVEL, wbits=31)  # 31: gzip, its time stamp 0
    return packer.compress(content) + packer.flush()


def card(key: str, value: bool | int | float | str, comment: str = "") -> str:
    """Return one header card of 80 characters, in FITS' fixed format.

    Examples
    --------
    >>> card("OBSID", 101001, "Unique number").rstrip()
    'OBSID   =               101001 / Unique number'
    """
    if isinstance(value, bool | np.bool_):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, int | np.integer):
        text = f"{value:>20d}"
    elif isinstance(value, float | np.floating):
        if not np.isfinite(value):
            raise ValueError(f"{key}: {value} has no place in a FITS header")
        shown = repr(float(value)).upper()
        text = f"{shown if '.' in shown or 'E' in shown else shown + '.0':>20}"
    else:
        quoted = str(value).replace("'", "''")
        text = f"'{quoted:<8}'".ljust(20)
    bare = f"{key:<8}= {text}"
    if len(key) > 8 or len(bare) > 80:
        raise ValueError(f"{key}: {value!r} does not fit a FITS header card")
    return (f"{bare} / {comment}" if comment else bare)[:80].ljust(80)


def _header(cards: Iterable[Card]) -> bytes:
    """Return a whole header, padded to blocks."""
    text = "".join(card(*entry) for entry in cards) + f"{'END':<80}"
    return _padded(text.encode("ascii"), b" ")


@lru_cache(maxsize=8)
def _table_header(size: int) -> bytes:
    """Return the header of the COADD table for vectors of `size` pixels."""
    cards: list[Card] = [
        ("XTENSION", "BINTABLE", "binary table extension"),
        ("BITPIX", 8, "array data type"),
        ("NAXIS", 2, "number of array dimensions"),
        ("NAXIS1", 4 * size * len(COLUMNS), "bytes per row"),
        ("NAXIS2", 1, "number of rows"),
        ("PCOUNT", 0, "number of group parameters"),
        ("GCOUNT", 1, "number of groups"),
        ("TFIELDS", len(COLUMNS), "number of table fields"),
        ("EXTNAME", "COADD", "extension name"),
    ]
    for number, name in enumerate(COLUMNS, start=1):
        cards += [(f"TTYPE{number}", name, ""), (f"TFORM{number}", f"{size}E", "")]
    return _header(cards)


def _padded(content: bytes, filler: bytes) -> bytes:
    """Fill up to whole blocks."""
    return content + filler * (-len(content) % BLOCK)
