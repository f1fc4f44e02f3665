"""Writing so that nothing is lost or left half written, and digests of what was read."""

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lcgan.errors import UserError
from lcgan.written_by import not_there


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Yield a path beside `path` to write to; it takes the place of `path` only on success.

    Parameters
    ----------
    path : Path
        The file or folder that shall exist afterwards. What stands there now stays until the
        new content is whole.

    Raises
    ------
    UserError
        If the folder cannot be made or written to, or the disk is full. Other errors, of reading
        an input for one, pass as they are.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        if part.is_dir() and path.is_dir():
            shutil.rmtree(path)
        os.replace(part, path)
    except (OSError, RuntimeError) as error:
        reason = _why_not_written(error, part)
        if reason is None:
            raise
        raise UserError(f"{path}: cannot be written ({reason}); free space or mend it") from error
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            with suppress(OSError):
                part.unlink()


def _why_not_written(error: Exception, part: Path) -> str | None:
    """Return why `part` could not be written, or None if the error is about something else.

    HDF5 gives the number of the error within its words, as a RuntimeError where it is closed;
    numpy gives none, but says how much was written.
    """
    name, number = getattr(error, "filename", None), getattr(error, "errno", None)
    if name is not None:
        named, own = Path(os.path.abspath(name)), Path(os.path.abspath(part))
        if own != named and own not in named.parents and named not in own.parents:
            return None
    if number is None and (found := re.search(r"\berrno = (\d+)", str(error))):
        number = int(found[1])
    if number is not None:
        return os.strerror(number)
    return "the disk is full" if re.search(r"\d requested and \d+ written", str(error)) else None


def write_json(path: Path | str, content: object) -> None:
    """Write `content` as readable JSON, whole or not at all; NaN is refused."""
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


def write_csv(path: Path | str, frame) -> None:
    """Write a pandas table, numbers with six digits that count, whole or not at all."""
    with replacing(path) as part:
        frame.to_csv(part, index=False, float_format="%.6g", lineterminator="\n")


def read_json(path: Path | str) -> dict:
    """Read a JSON file that an earlier stage wrote.

    Raises
    ------
    UserError
        If the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text())
    except FileNotFoundError:
        raise not_there(path) from None
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); remove it and run its stage again") from None


def md5_of(path: Path | str) -> str:
    """Return the md5 of a file, or of a folder's sorted names and contents, as hex digits."""
    path = Path(path)
    digest = hashlib.md5(usedforsecurity=False)
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            if path.is_dir():
                digest.update(os.fsencode(file.relative_to(path)))
            with file.open("rb") as handle:
                while block := handle.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()
