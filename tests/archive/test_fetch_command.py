"""The command itself: what it prints, and what is left of it when it is killed or interrupted."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import threading
import time

import pytest

from lamost_archive import QUICK, ROOT, Reply, files, table
from lcgan.archive.manifest import is_there, read_manifest

SECRET = "s3cret-token"


class Command:
    """`lcgan fetch` of this source tree in a process of its own."""

    def __init__(self, archive, tmp_path, out):
        self.words = [sys.executable, "-m", "lcgan.cli", "fetch", "--out", str(out)]
        self.words += ["--params", str(ROOT / "params.yaml")]
        self.words += ["--archive", archive.base]
        for setting in QUICK:
            self.words += ["--set", setting]
        self.list = tmp_path / "list.txt"
        self.words += ["--obsid-file", str(self.list)]
        self.env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "LAMOST_TOKEN": SECRET}

    def start(self, *words, **more):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more
        return subprocess.Popen([*self.words, *words], env=self.env, text=True, **pipes)

    def run(self, *words):
        process = self.start(*words)
        out, err = process.communicate(timeout=60)
        assert SECRET not in out + err
        return process.returncode, out, err


@pytest.fixture
def command(archive, tmp_path, out):
    found = Command(archive, tmp_path, out)
    found.list.write_text("101\n102\n103\n104\n105\n")
    return found


@pytest.fixture
def slow_last(archive):
    """Let the archive keep silent on 104 and 105 until it is told to go on."""
    go_on = threading.Event()
    arrived = threading.Semaphore(0)
    reply_to = archive.reply_to

    def waiting(seen):
        if seen.query["obsid"] in ("104", "105") and not go_on.is_set():
            arrived.release()
            go_on.wait(20)
        return reply_to(seen)

    archive.reply_to = waiting
    yield arrived, go_on
    go_on.set()


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


PATIENT = "fetch.timeout={connect: 2, read: 20, whole: 30}"


def test_one_line_and_nothing_else_where_all_went_well(command, archive, out):
    assert command.run() == (
        0,
        f"fetch: 5 of 5 spectra are in {out}, 5 of them new (0.1 MB): {out}/manifest.csv\n",
        "",
    )
    assert archive.seen[0].query["token"] == SECRET
    assert archive.seen[0].headers["User-Agent"].startswith("lcgan/")
    assert archive.seen[0].headers["Accept-Encoding"] == "identity"


def test_what_went_wrong_goes_to_standard_error_and_into_the_status(command, archive, out):
    archive.replies[102] = [Reply(b"", 404)]
    code, printed, told = command.run()
    assert code == 1
    assert printed.startswith("fetch: 4 of 5 spectra are in") and ", 1 missing: " in printed
    assert told == "lcgan: fetch: 102: missing: HTTP 404\n"


def test_a_mistake_is_one_line(command):
    assert command.run("--release", "ten") == (
        1,
        "",
        "lcgan: --release ten: LAMOST's are called dr1, dr2 ... dr10\n",
    )


def test_a_mirror_is_spoken_to_by_https(command):
    code, _, told = command.run("--archive", "http://mirror.example/openapi")
    assert code == 1
    assert told == (
        "lcgan: --archive (fetch.archive): http://mirror.example/openapi: by http anyone could "
        "read the token; use https\n"
    )


def test_a_terminal_gets_a_bar(command):
    mine, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    with command.start(stderr=its) as process:
        os.close(its)
        shown = b""
        while True:
            try:
                block = os.read(mine, 4096)
            except OSError:
                break
            if not block:
                break
            shown += block
        assert process.wait(30) == 0
    os.close(mine)
    assert b"fetch: 100%" in shown and b"5/5" in shown and SECRET.encode() not in shown


def test_killed_outright_it_leaves_a_true_manifest_and_goes_on(command, archive, out, slow_last):
    arrived, go_on = slow_last
    with command.start("--set", PATIENT) as process:
        until(lambda: arrived.acquire(blocking=False))
        until(lambda: (out / "manifest.csv").exists() and len(read_manifest(out)) == 3)
        process.kill()
    rows = read_manifest(out)
    assert [row.obsid for row in sorted(rows, key=lambda row: row.obsid)] == [101, 102, 103]
    assert all(is_there(out, row, whole=True) for row in rows)
    assert files(out) == sorted(row.file for row in rows)
    go_on.set()
    n_asked = len(archive.seen)
    code, printed, _ = command.run()
    assert code == 0 and "5 of 5 spectra are in" in printed and "2 of them new" in printed
    assert len(archive.seen) == n_asked + 2
    assert len(table(out)) == 5 and len(files(out)) == 5


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_in_the_middle_of_silence_it_ends_at_once(
    command, archive, out, slow_last, number
):
    arrived, _ = slow_last
    with command.start("--set", PATIENT) as process:
        until(lambda: arrived.acquire(blocking=False))
        until(lambda: (out / "manifest.csv").exists() and len(read_manifest(out)) == 3)
        begin = time.monotonic()
        process.send_signal(number)
        printed, told = process.communicate(timeout=10)
    assert time.monotonic() - begin < 3
    if number == signal.SIGINT:
        assert (process.returncode, printed) == (130, "")
        assert told == "lcgan: interrupted; nothing is half written\n"
    assert sorted(table(out)) == [101, 102, 103]
    assert [path.name for path in out.iterdir() if path.name.startswith(".")] == []


def test_killed_at_any_moment_it_leaves_no_untrue_line(
    command, archive, out, lamost_file, tmp_path
):
    some = range(1000, 1060)
    body = lamost_file(tmp_path / "any.fits.gz", without=("OBSID",)).read_bytes()
    for obsid in some:
        archive.spectra[obsid] = (f"{obsid}.fits.gz", body + bytes(obsid % 7))
    command.list.write_text("".join(f"{obsid}\n" for obsid in some))
    n_kills = 0
    for pause in (0.1, 0.4):
        with command.start() as process:
            n_before = len(archive.seen)
            until(lambda n=n_before: len(archive.seen) > n)
            time.sleep(pause)
            process.kill()
            n_kills += process.wait() == -signal.SIGKILL
        assert all(is_there(out, row, whole=True) for row in read_manifest(out))
    assert n_kills == 2
    code, _, _ = command.run()
    assert code == 0
    assert len(table(out)) == len(some) == len(files(out))
    assert len(archive.seen) < len(some) + 2 * 5 + 1


def test_two_at_once_do_not_share_a_folder(command, out, slow_last):
    arrived, go_on = slow_last
    with command.start("--set", PATIENT) as first:
        until(lambda: arrived.acquire(blocking=False))
        code, printed, told = command.run()
        assert (code, printed) == (1, "")
        assert told == f"lcgan: --out {out}: another `lcgan fetch` is at work there\n"
        go_on.set()
        assert first.wait(30) == 0
    assert len(table(out)) == 5
