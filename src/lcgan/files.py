"""Writing so that nothing is lost or left half written, and digests of what was read."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lcgan.errors import UserError


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
        If the folder cannot be made or written to, or the disk is full.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        if part.is_dir() and path.is_dir():
            shutil.rmtree(path)
        os.replace(part, path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written ({reason}); free space or mend it") from error
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def write_json(path: Path | str, content: object) -> None:
    """Write `content` as readable JSON, whole or not at all; NaN is refused."""
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n")


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
        raise UserError(f"{path}: not there; run `dvc repro` up to the stage that writes it") from None
    except ValueError as error:
        raise UserError(f"{path}: not JSON ({error}); remove it and run its stage again") from None


def md5_of(path: Path | str) -> str:
    """Return the md5 of a file, or of a folder's sorted names and contents, as hex digits."""
    path = Path(path)
    digest = hashlib.md5(usedforsecurity=False)
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if file.is_file():
            if path.is_dir():
                digest.update(str(file.relative_to(path)).encode())
            with file.open("rb") as handle:
                while block := handle.read(1 << 20):
                    digest.update(block)
    return digest.hexdigest()
