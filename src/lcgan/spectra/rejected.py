"""The verdict on a file that is no usable LAMOST low-resolution spectrum."""

#: A LAMOST low-resolution file is below 0.2 MB; what is larger than this is not read at all.
MAX_BYTES = 16 << 20
TOO_LARGE = f"larger than {MAX_BYTES >> 20} MiB: no LAMOST low-resolution spectrum is"


class Rejected(Exception):  # noqa: N818 (a verdict on a file, not a fault of the program)
    """A file that cannot be used as a LAMOST low-resolution spectrum; the message says why."""

    @property
    def reason(self) -> str:
        """What the file is, or what is wrong with it, in one line."""
        return str(self)
