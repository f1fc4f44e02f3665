"""What a trial's figures depend on, as digests: a record is found again by them."""

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

import lcgan
from lcgan.files import md5_of


def digest_of(*parts: object) -> str:
    """Return the md5 of anything that JSON can hold."""
    return md5(json.dumps(parts, sort_keys=True).encode())


def md5(content: bytes) -> str:
    """Return the md5 of bytes."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def of_code(names: Iterable[str]) -> dict[str, str]:
    """Return the md5s of files and of all that folders hold of Python, named below src/lcgan."""
    root, found = Path(lcgan.__file__).parent, {}
    for name in names:
        path = root / name
        for file in sorted(path.glob("*.py")) if path.is_dir() else [path]:
            found[file.relative_to(root).as_posix()] = md5_of(file)
    return found


def of_packages(names: Iterable[str]) -> dict[str, str]:
    """Return the versions of packages."""
    return {name: version(name) for name in names}
