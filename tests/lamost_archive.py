"""A server on this machine that answers like LAMOST's archive, and badly where it is told to."""

import csv
import socket
import struct
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[1]

#: Settings of a fetch from it: quick, so that no test waits: as params.yaml, but for the times.
QUICK = [
    "fetch.rate=50",
    "fetch.wait=[0.01, 0.05]",
    "fetch.attempts=3",
    "fetch.patience=2",
    "fetch.timeout={connect: 2, read: 2, whole: 5}",
]
#: A page as a log-in wall sends it, with status 200.
LOG_IN_PAGE = b"<!DOCTYPE html><html><title>Sign in</title><form>password</form></html>"


def table(out: Path) -> dict[int, dict[str, str]]:
    """Return a manifest by OBSID, having seen that each stands there once."""
    with (out / "manifest.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    rows = {int(row["obsid"]): row for row in lines}
    assert len(rows) == len(lines)
    return rows


def files(out: Path) -> list[str]:
    """Return the names in a folder but the manifest's."""
    return sorted(path.name for path in out.iterdir() if path.name != "manifest.csv")


@dataclass
class Reply:
    """What one request gets."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    declared: int | None = None  # bytes; the body's by default, -1 for no declaration at all
    delay: float = 0.0  # s, before anything is sent
    cut: int | None = None  # bytes after which the connection is reset
    drip: float = 0.0  # s between single bytes


@dataclass
class Seen:
    """One request that came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    at: float


class LamostArchive:
    """Serves spectra by OBSID; `replies` go first, one a request, the last of them for ever."""

    def __init__(self) -> None:
        self.spectra: dict[int, tuple[str, bytes]] = {}
        self.replies: dict[int | str, list[Reply]] = defaultdict(list)
        self.seen: list[Seen] = []
        self.before: Callable[[], None] = lambda: None
        self.n_open = self.most_open = 0
        self.lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.server.daemon_threads = True
        self.server.block_on_close = False
        self.base = f"http://127.0.0.1:{self.server.server_port}/openapi"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def asked(self, obsid: int) -> list[Seen]:
        """Return the requests for a spectrum."""
        return [seen for seen in self.seen if seen.query.get("obsid") == str(obsid)]

    def reply_to(self, seen: Seen) -> Reply:
        """Return what a request gets."""
        key: int | str = seen.path.rpartition("/")[2]
        if key == "fits":
            key = int(seen.query["obsid"])
        with self.lock:
            waiting = self.replies[key]
            if waiting:
                return waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if key in self.spectra:
            name, body = self.spectra[key]
            return self.file(body, name)
        return Reply(b'{"error": "no spectrum"}', 404, {"Content-Type": "application/json"})

    def file(self, body: bytes, name: str, **how: object) -> Reply:
        """Return the reply with a file."""
        return Reply(body, 200, {"Content-Disposition": f"attachment; filename={name}"}, **how)

    def fine(self, obsid: int) -> Reply:
        """Return the good reply for a spectrum."""
        name, body = self.spectra[obsid]
        return self.file(body, name)

    def close(self) -> None:
        """End."""
        self.server.shutdown()
        self.server.server_close()


def _handler_of(archive: LamostArchive) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *words: object) -> None:
            pass

        def do_GET(self) -> None:  # noqa: N802 (the base class's name)
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            seen = Seen(parts.path, query, dict(self.headers), time.monotonic())
            with archive.lock:
                archive.seen.append(seen)
                archive.n_open += 1
                archive.most_open = max(archive.most_open, archive.n_open)
            try:
                archive.before()
                self.send(archive.reply_to(seen))
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True
            finally:
                with archive.lock:
                    archive.n_open -= 1

        def send(self, reply: Reply) -> None:
            time.sleep(reply.delay)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            if reply.declared != -1:
                n_bytes = len(reply.body) if reply.declared is None else reply.declared
                self.send_header("Content-Length", str(n_bytes))
            else:
                self.close_connection = True
            self.end_headers()
            if reply.cut is not None:
                self.wfile.write(reply.body[: reply.cut])
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
            elif reply.drip:
                for byte in reply.body:
                    self.wfile.write(bytes([byte]))
                    time.sleep(reply.drip)
            else:
                self.wfile.write(reply.body)
                if reply.declared is not None:
                    self.close_connection = True

    return Handler
