"""Tars as tests need them: honest ones, hostile ones and broken ones."""

import gzip
import io
import tarfile
from pathlib import Path


def info(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, link: str = "", **pax: str):
    """Return a member's header; `pax` are its records in the pax format."""
    found = tarfile.TarInfo(name)
    found.size, found.type, found.linkname, found.pax_headers = size, kind, link, pax
    return found


def make_tar(path: Path, *members, format: int = tarfile.PAX_FORMAT) -> Path:
    """Write a tar of (header or name, bytes) pairs, gzipped if it is called so; return its path."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=format) as tar:
        for header, data in members:
            header = info(header) if isinstance(header, str) else header
            if header.isreg():
                header.size = len(data)
            tar.addfile(header, io.BytesIO(data))
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = content.getvalue()
    path.write_bytes(plain if path.name.endswith(".tar") else gzip.compress(plain, 1, mtime=0))
    return path
