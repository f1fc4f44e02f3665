"""The archive's stand-in, and a way to fetch from it as the command does."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lamost_archive import QUICK, ROOT, LamostArchive
from lcgan.fetch import Finding, Wanted, run
from lcgan.params import load


@pytest.fixture(scope="session")
def _spectra(
    lamost_file: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[int, tuple[str, bytes]]:
    """Names and contents of 101 to 105, gzipped, in both formats."""
    folder, found = tmp_path_factory.mktemp("served"), {}
    for obsid in range(101, 106):
        name = f"spec-55859-F5902_sp01-{obsid}.fits.gz"
        kind = "old" if obsid % 2 else "new"
        made = lamost_file(folder / name, kind, OBSID=obsid, FIBERID=obsid)
        found[obsid] = (name, made.read_bytes())
    return found


@pytest.fixture
def archive(_spectra: dict[int, tuple[str, bytes]]) -> Iterator[LamostArchive]:
    """An archive that has the spectra 101 to 105."""
    found = LamostArchive()
    found.spectra |= _spectra
    yield found
    found.close()


@pytest.fixture(autouse=True)
def _no_token_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LAMOST_TOKEN", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where fetched files go."""
    return tmp_path / "data/raw/lamost"


@pytest.fixture
def fetch(archive: LamostArchive, tmp_path: Path, out: Path) -> Callable[..., Finding]:
    """Fetch OBSIDs, or what `wanted` says, with settings over the quick ones."""

    def fetch(*obsids: int, wanted: Wanted | None = None, **more: object) -> Finding:
        overrides = [*QUICK, f"fetch.archive={archive.base}", *more.pop("settings", [])]
        if wanted is None:
            file = tmp_path / "obsids.txt"
            file.write_text("".join(f"{obsid}\n" for obsid in obsids))
            wanted = Wanted(obsid_file=file)
        params = load(ROOT / "params.yaml", overrides)
        return run(params, "dr10", "v2.0", wanted, more.pop("out", out), **more)

    return fetch
