"""README's way from LAMOST's archive to the pipeline, the archive being a stand-in."""

import csv
from pathlib import Path

import pytest

from lamost_archive import LamostArchive

pytestmark = pytest.mark.pipeline


@pytest.fixture
def archive(lamost_file, tmp_path):
    found = LamostArchive()
    for obsid, subclass in enumerate(("O9", "F5", "G2", "K1", "A7V"), start=101):
        name = f"spec-55859-F5902_sp01-{obsid}.fits.gz"
        made = lamost_file(tmp_path / name, OBSID=obsid, FIBERID=obsid, SUBCLASS=subclass)
        found.spectra[obsid] = (name, made.read_bytes())
    yield found
    found.close()


def test_fetched_spectra_are_versioned_ingested_and_had_by_a_clone(archive, fresh, tmp_path):
    wanted = tmp_path / "list.txt"
    wanted.write_text("\n".join(map(str, archive.spectra)))
    settings = f"fetch.archive={archive.base}; fetch.rate=50"
    fresh.run("lcgan", "fetch", "--obsid-file", wanted, "--set", settings)
    fresh.run("dvc", "add", "data/raw/lamost")
    params = fresh.folder / "params.yaml"
    assert params.read_text().count("source: stelib") == 1
    params.write_text(params.read_text().replace("source: stelib", "source: lamost"))
    printed = fresh.run("dvc", "repro", "ingest")
    assert "5 spectra in data/interim/spectra.h5, 0 files rejected" in printed
    with (fresh.folder / "data/interim/catalogue.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["class"] for row in rows] == ["O", "F", "G", "K", "A"]
    assert {Path(row["file"]).parent.as_posix() for row in rows} == {"data/raw/lamost"}

    fresh.run("git", "add", "--all")
    fresh.run("git", "commit", "--quiet", "--message", "My spectra")
    remote = tmp_path / "backup"
    fresh.run("dvc", "remote", "add", "--local", "--default", "backup", remote)
    fresh.run("dvc", "push", "data/raw/lamost.dvc")
    other = fresh.cloned(tmp_path / "somewhere/else")
    other.run("dvc", "remote", "add", "--local", "--default", "backup", remote)
    other.run("dvc", "pull", "data/raw/lamost.dvc")
    names = {path.name for path in (other.folder / "data/raw/lamost").iterdir()}
    assert names == {name for name, _ in archive.spectra.values()} | {"manifest.csv"}
