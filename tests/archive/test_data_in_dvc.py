"""Fetched files in DVC: added, pushed to a remote of this machine, pulled into a clone."""

import json
import os
import subprocess
import sys

from lamost_archive import ROOT
from lcgan.files import md5_of

#: DVC's command line, several commands in one process: each import of it takes a second.
CODE = """
import json, os, subprocess, sys
from dvc.cli import main
for folder, words in json.loads(sys.argv[1]):
    os.chdir(folder)
    done = main(words[1:]) if words[0] == "dvc" else subprocess.run(words).returncode
    assert done == 0, words
"""


def run(tmp_path, *commands):
    env = {key: value for key, value in os.environ.items() if not key.startswith("DVC_")}
    env |= {"DVC_NO_ANALYTICS": "1", "DVC_SITE_CACHE_DIR": str(tmp_path / "site")}
    for who in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{who}_NAME": "A", f"GIT_{who}_EMAIL": "a@b.c"}
    words = [sys.executable, "-c", CODE, json.dumps([(str(f), w.split()) for f, w in commands])]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_clone_gets_what_was_fetched_and_fetches_nothing_again(archive, fetch, tmp_path):
    origin, clone, remote = tmp_path / "origin", tmp_path / "a/deeper/clone", tmp_path / "backup"
    data = origin / "data/raw/lamost"
    fetch(*archive.spectra, 999, out=data)
    (origin / ".dvcignore").write_text((ROOT / ".dvcignore").read_text())
    (data / ".left.fits.1.part").write_bytes(b"by a kill")
    run(
        tmp_path,
        (origin, "git init --quiet"),
        (origin, "dvc init --quiet"),
        (origin, "dvc add --quiet data/raw/lamost"),
        (origin, "git add --all"),
        (origin, "git commit --quiet --message fetched"),
        (origin, f"dvc remote add --quiet --local --default backup {remote}"),
        (origin, "dvc push --quiet"),
        (tmp_path, f"git clone --quiet {origin} {clone}"),
        (clone, f"dvc remote add --quiet --local --default backup {remote}"),
        (clone, "dvc pull --quiet"),
    )
    (data / ".left.fits.1.part").unlink()
    pulled = clone / "data/raw/lamost"
    assert md5_of(pulled) == md5_of(data)
    assert len(list(pulled.iterdir())) == len(archive.spectra) + 1
    assert "backup" not in (clone / ".dvc/config").read_text()
    tracked = subprocess.run(
        ["git", "ls-files"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert "data/raw/lamost.dvc" in tracked.stdout and ".fits" not in tracked.stdout
    n_asked = len(archive.seen)
    assert fetch(*archive.spectra, out=pulled).line.startswith("5 of 5 spectra are in")
    assert len(archive.seen) == n_asked
