"""One study of a kind at a time in a folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from lcgan.errors import UserError
from lcgan.stages import paths


@contextmanager
def alone(study: str) -> Iterator[None]:
    """Refuse to run beside another such study in this folder: both would run the same trials.

    Raises
    ------
    UserError
        If one runs.
    """
    path = paths.RESUME.parent / f"{study}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(f"{study}: another one runs in this folder; wait for it") from None
        yield
