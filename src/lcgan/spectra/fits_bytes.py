"""Just enough of the FITS standard to read small files quickly; astropy is the authority in tests.

Reference: FITS Standard 4.0 (Pence et al. 2010, A&A 524, A42, and later revisions): blocks of
2,880 bytes, header cards of 80, big-endian data.
"""

import re
from collections.abc import Iterator

import numpy as np

from lcgan.spectra.contents import Rejected

BLOCK = 2880
CARD = 80
#: Bytes of a card's key; an equals sign follows where there is a value.
KEY = 8
EQUALS = ord("=")
END = b"END     "
#: Header values are printable ASCII (section 4.1.2); anything else becomes a question mark.
PRINTABLE = bytes(byte if 32 <= byte < 127 else ord("?") for byte in range(256))
DTYPES = {8: ">u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
COLUMN_DTYPES = {"B": ">u1", "I": ">i2", "J": ">i4", "K": ">i8", "E": ">f4", "D": ">f8"}
#: Bytes per value of the columns that hold no real numbers; bits (X) are counted apart.
OTHER_COLUMNS = {"A": 1, "L": 1, "C": 8, "M": 16, "P": 8, "Q": 16}
FORM = re.compile(r"(\d*)([A-Z])")


class Hdu:
    """One header with the place of its data.

    Parameters
    ----------
    data : bytes
        The whole file.
    start : int
        Where the header begins.

    Raises
    ------
    Rejected
        If the header has no end or no sizes.
    """

    def __init__(self, data: bytes, start: int):
        self._file = data
        end = self._end(start)
        # where each key's card begins; of a key given twice the first one counts
        self._cards = {
            data[at : at + KEY]: at
            for at in range(end - CARD, start - 1, -CARD)
            if data[at + KEY] == EQUALS
        }
        self.data_start = start + -(-(end + CARD - start) // BLOCK) * BLOCK
        self.shape = self._shape()
        self.n_bytes = self._n_bytes()
        self.next_start = self.data_start + -(-self.n_bytes // BLOCK) * BLOCK

    def __contains__(self, key: str) -> bool:
        return key.encode("latin-1").ljust(KEY) in self._cards

    def text(self, key: str) -> str:
        """Return a value as text without quotes and padding; "" where the key is missing."""
        raw = self._value(key)
        if raw.startswith("'"):
            parts = raw[1:].replace("''", "\0").split("'", 1)
            return parts[0].replace("\0", "'").rstrip()
        return raw.split("/", 1)[0].strip()

    def number(self, key: str) -> float:
        """Return a value as a float; NaN where the key is missing or is no number."""
        try:
            return float(self.text(key).replace("D", "E"))
        except ValueError:
            return float("nan")

    def whole(self, key: str, default: int | None = None) -> int:
        """Return a value as an int.

        Raises
        ------
        Rejected
            If the key is missing and there is no default, or the value is no whole number.
        """
        if default is not None and key not in self:
            return default
        try:
            return int(self.text(key))
        except ValueError:
            raise Rejected(f"damaged FITS: header key {key} is not a whole number") from None

    def _end(self, start: int) -> int:
        """Return where the card END begins."""
        at = self._file.find(END, start)
        while at >= 0 and (at - start) % CARD:
            at = self._file.find(END, at + 1)
        if at < 0 or at + CARD > len(self._file):
            n_bytes = len(self._file)
            raise Rejected(f"truncated FITS: the file ends after {n_bytes:,} bytes, in a header")
        return at

    def _value(self, key: str) -> str:
        """Return what stands after the equals sign, comment included; "" without the key."""
        at = self._cards.get(key.encode("latin-1").ljust(KEY))
        if at is None:
            return ""
        return self._file[at + KEY + 1 : at + CARD].translate(PRINTABLE).decode("ascii").strip()

    def _shape(self) -> tuple[int, ...]:
        """Return the data's shape in numpy's order."""
        n_axes = self.whole("NAXIS", 0)
        if not 0 <= n_axes <= 999:
            raise Rejected(f"damaged FITS: NAXIS is {n_axes}")
        shape = tuple(self.whole(f"NAXIS{i}") for i in range(n_axes, 0, -1))
        if min(shape, default=0) < 0:
            raise Rejected(f"damaged FITS: negative axis in {shape}")
        return shape

    def _n_bytes(self) -> int:
        """Return the size of the data without padding."""
        if not self.shape:
            return 0
        n_values = 1
        for axis in self.shape:
            n_values *= axis
        n_values += max(self.whole("PCOUNT", 0), 0)
        return abs(self.whole("BITPIX")) // 8 * n_values

    def _need_whole_data(self) -> None:
        if self.data_start > len(self._file):
            n_bytes = len(self._file)
            raise Rejected(f"truncated FITS: the file ends after {n_bytes:,} bytes, in a header")
        there = len(self._file) - self.data_start
        if there < self.n_bytes:
            raise Rejected(f"truncated FITS: {there:,} of {self.n_bytes:,} bytes of data are there")

    def image(self) -> np.ndarray:
        """Return the image, float64, shape as in the header.

        Raises
        ------
        Rejected
            If the data is truncated or its number type unknown.
        """
        bitpix = self.whole("BITPIX")
        if bitpix not in DTYPES:
            raise Rejected(f"damaged FITS: BITPIX is {bitpix}")
        self._need_whole_data()
        n_values = int(np.prod(self.shape))
        values = np.frombuffer(self._file, DTYPES[bitpix], n_values, self.data_start)
        return self._scaled(values.reshape(self.shape), "BSCALE", "BZERO")

    def first_row(self) -> dict[str, np.ndarray]:
        """Return the numeric vector columns of a binary table's first row, float64, by name.

        Columns of text, bits and the like are passed over.

        Raises
        ------
        Rejected
            If the data is truncated or a column's format cannot be read.
        """
        self._need_whole_data()
        columns, at = {}, self.data_start
        for i in range(1, self.whole("TFIELDS") + 1):
            name, form = self.text(f"TTYPE{i}"), self.text(f"TFORM{i}")
            count, code = self._form(name, form)
            n_bytes = (count + 7) // 8 if code == "X" else count * _width(code)
            if at + n_bytes > self.data_start + self.n_bytes:
                raise Rejected(f"damaged FITS: column {name!r} leaves its row")
            if code in COLUMN_DTYPES:
                values = np.frombuffer(self._file[at : at + n_bytes], COLUMN_DTYPES[code])
                columns[name] = self._scaled(values, f"TSCAL{i}", f"TZERO{i}")
            at += n_bytes
        return columns

    @staticmethod
    def _form(name: str, form: str) -> tuple[int, str]:
        """Return how many values of which code a column holds."""
        found = FORM.match(form)
        code = found[2] if found else ""
        if code not in COLUMN_DTYPES and code not in OTHER_COLUMNS and code != "X":
            raise Rejected(f"damaged FITS: column {name!r} has the format {form!r}")
        return int(found[1] or 1), code

    def _scaled(self, values: np.ndarray, scale_key: str, zero_key: str) -> np.ndarray:
        # a damaged file's signalling NaN, infinite values or scales
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            values = values.astype(np.float64)
            if scale_key in self or zero_key in self:
                scale, zero = self.number(scale_key), self.number(zero_key)
                values = values * (1.0 if np.isnan(scale) else scale)
                values += 0.0 if np.isnan(zero) else zero
        return values


def _width(code: str) -> int:
    """Return the bytes of one value."""
    return np.dtype(COLUMN_DTYPES[code]).itemsize if code in COLUMN_DTYPES else OTHER_COLUMNS[code]


def hdus(data: bytes) -> Iterator[Hdu]:
    """Yield the headers of a FITS file one after the other, as far as they are whole.

    Raises
    ------
    Rejected
        If the first header is damaged or truncated.
    """
    hdu = Hdu(data, 0)
    yield hdu
    while hdu.next_start < len(data) and data.startswith(b"XTENSION", hdu.next_start):
        hdu = Hdu(data, hdu.next_start)
        yield hdu
