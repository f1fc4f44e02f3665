"""The token: found where it may be, and seen nowhere but in requests to the archive."""

import logging
import pickle
import ssl
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import quote

import pytest

from lamost_archive import ROOT, Reply, files, table
from lcgan.archive.address import Archive
from lcgan.archive.answers import Failure, Hopeless
from lcgan.archive.client import Client
from lcgan.archive.pace import Pace
from lcgan.archive.token import Token, find_token
from lcgan.errors import UserError
from lcgan.params import load

SECRET = "s3cret/t0ken+&x"


def sent_by(token):
    return token.added_to("https://a/b").removeprefix("https://a/b")


@pytest.fixture
def token_file(tmp_path):
    path = tmp_path / "token"
    path.write_text(f"{SECRET}\n")
    path.chmod(0o600)
    return path


def test_a_token_goes_into_an_address_and_into_no_text():
    token = Token(SECRET)
    assert token.added_to("https://a/b?obsid=1") == f"https://a/b?obsid=1&token={quote(SECRET, '')}"
    for text in (repr(token), str(token), f"{token}", repr([token]), str(vars)):
        assert "s3cret" not in text
    with pytest.raises(TypeError):
        pickle.dumps(token)
    assert Token().added_to("https://a/b?obsid=1") == "https://a/b?obsid=1"


@pytest.mark.parametrize("form", [SECRET, quote(SECRET, ""), "s3cret/t0ken+&amp;x", SECRET.upper()])
def test_it_is_struck_out_in_every_form_that_an_answer_may_give_it(form):
    hidden = Token(SECRET).hide(f"bad token {form}, said the archive")
    assert hidden == "bad token <token>, said the archive"


def test_without_a_token_nothing_is_struck_out():
    assert Token().hide("as it is") == "as it is" and not Token().is_in("x")


def test_a_token_is_found_in_a_file_then_the_variable_then_the_settings(tmp_path, token_file):
    settings = tmp_path / "lcgan/lamost-token"
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert not find_token(environ=environ)
    settings.parent.mkdir()
    settings.write_text("# from the archive's page\ntoken = from-settings\n")
    settings.chmod(0o400)
    assert sent_by(find_token(environ=environ)) == "?token=from-settings"
    environ["LAMOST_TOKEN"] = " from-variable "
    assert sent_by(find_token(environ=environ)) == "?token=from-variable"
    assert sent_by(find_token(token_file, environ)) == f"?token={quote(SECRET, '')}"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o602, 0o610])
def test_a_file_that_others_can_read_is_refused(token_file, mode):
    token_file.chmod(mode)
    with pytest.raises(UserError, match=rf"mode {mode:04o}\); `chmod 600 ") as caught:
        find_token(token_file)
    assert "s3cret" not in str(caught.value) and "\n" not in str(caught.value)


def test_so_is_the_one_of_the_settings(tmp_path):
    path = tmp_path / "lcgan/lamost-token"
    path.parent.mkdir()
    path.write_text(SECRET)
    path.chmod(0o644)
    with pytest.raises(UserError, match="others can read the token there"):
        find_token(environ={"XDG_CONFIG_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    "content", ["", "# none\n", "two words", "first\nsecond\n", "x" * 5000, "tökén"]
)
def test_a_file_without_a_token_is_refused_and_not_quoted(token_file, content):
    token_file.write_text(content)
    with pytest.raises(UserError, match="holds no token") as caught:
        find_token(token_file)
    assert not any(word in str(caught.value) for word in content.split() if len(word) > 2)


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot be read \\(No such file"):
        find_token(tmp_path / "none")
    with pytest.raises(UserError, match="no file; name one"):
        find_token(tmp_path)


def test_a_variable_that_is_no_token_is_refused_and_not_quoted():
    with pytest.raises(UserError, match="LAMOST_TOKEN: holds no token") as caught:
        find_token(environ={"LAMOST_TOKEN": "two words"})
    assert "two words" not in str(caught.value)


ECHOES = {
    "fine": lambda archive, body: archive.file(body, "fine.fits.gz"),
    "file name": lambda archive, body: archive.file(body, "s3cret-token.fits.gz"),
    "json": lambda archive, body: Reply(b'{"error": "bad token s3cret-token"}'),
    "json 404": lambda archive, body: Reply(b'{"error": "no s3cret-token"}', 404),
    "page": lambda archive, body: Reply(b"<html>s3cret-token"),
    "text": lambda archive, body: Reply(b"s3cret-token"),
    "redirect": lambda archive, body: Reply(
        b"", 302, {"Location": "http://s3cret-token.example/?token=s3cret-token"}
    ),
    "bad redirect": lambda archive, body: Reply(b"", 302, {"Location": "http://[s3cret-token"}),
    "reset": lambda archive, body: Reply(b"x" * 99, cut=9),
    "silence": lambda archive, body: Reply(b"", delay=1),
    "sizes": lambda archive, body: Reply(b"x", declared=-1, headers={"Content-Length": "s3cret"}),
}


@pytest.mark.parametrize("kind", ECHOES)
def test_an_archive_that_repeats_the_token_cannot_show_it(
    archive, fetch, out, tmp_path, monkeypatch, caplog, capfd, kind
):
    monkeypatch.setenv("LAMOST_TOKEN", "s3cret-token")
    archive.replies[101] = [ECHOES[kind](archive, archive.spectra[101][1])]
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("urllib3").setLevel(logging.DEBUG)
        quick = "fetch.timeout={connect: 2, read: 0.5, whole: 2}" if kind == "silence" else "seed=1"
        found = fetch(101, settings=[quick])
    assert archive.seen[0].query["token"] == "s3cret-token"
    said = [found.line, *found.failures, caplog.text, *capfd.readouterr()]
    said += [repr(record.__dict__) for record in caplog.records]
    said += [path.name for path in tmp_path.rglob("*")]
    said += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert caplog.records, "urllib3 logs nothing any more: look where it does"
    assert [text for text in said if "s3cret" in text] == []
    assert (kind in ("fine", "file name")) == bool(files(out))


def test_nor_can_an_archive_that_is_not_there(archive, fetch, out, monkeypatch, caplog):
    monkeypatch.setenv("LAMOST_TOKEN", "s3cret-token")
    archive.close()
    with caplog.at_level(logging.DEBUG):
        found = fetch(101)
    assert "s3cret" not in str(found) + caplog.text + (out / "manifest.csv").read_text()


def test_an_error_in_a_librarys_depths_does_not_carry_it(archive, fetch, out, monkeypatch):
    import requests

    def breaks(self, url, **more):
        raise UnicodeError(f"cannot encode {url}")

    monkeypatch.setenv("LAMOST_TOKEN", "s3cret-token")
    monkeypatch.setattr(requests.Session, "get", breaks)
    fetch(101)
    assert table(out)[101]["reason"] == "an answer that cannot be read (UnicodeError)"


@pytest.fixture
def self_signed(tmp_path):
    """The address of a server whose certificate nobody vouches for, and what it was asked."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "server.pem"
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, *private)
    )
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *words: None
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"https://localhost:{server.server_port}/openapi", asked
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PYTHONHTTPSVERIFY"])
def test_a_certificate_that_nobody_vouches_for_ends_the_fetch(
    archive, fetch, out, self_signed, monkeypatch, variable
):
    monkeypatch.setenv("LAMOST_TOKEN", "s3cret-token")
    monkeypatch.setenv(variable, "0" if variable.startswith("PY") else "")
    address, asked = self_signed
    found = fetch(101, 102, settings=[f"fetch.archive={address}"])
    assert found.failures[0].startswith("localhost: its certificate is not trusted (self-signed")
    assert "s3cret" not in str(found)
    assert asked == [] and files(out) == []


def client_of(base):
    settings = load(ROOT / "params.yaml", ["fetch.attempts=1"]).fetch
    archive = Archive(base, "dr10", "v2.0")
    return Client(archive, Token("s3cret"), Pace(50, threading.Event()), settings, 1)


@pytest.mark.parametrize("kind", ["nobody there", "no certificate"])
def test_no_failure_is_chained_to_an_error_with_the_address(archive, self_signed, kind):
    base = archive.base if kind == "nobody there" else self_signed[0]
    archive.close()
    with pytest.raises(Failure if kind == "nobody there" else Hopeless) as caught:
        client_of(base).ask(f"{base}/x", 1, 10, lambda answer: answer)
    waiting, seen = [caught.value], []
    while waiting:
        error = waiting.pop()
        if error is not None and error not in seen:
            seen.append(error)
            waiting += [error.__cause__, error.__context__]
    assert [error for error in seen if "s3cret" in repr(error)] == []


def test_nothing_else_of_the_users_is_sent(tmp_path, monkeypatch):
    import requests

    secrets = tmp_path / "netrc"
    secrets.write_text("machine www.lamost.org login me password s3cret\n")
    secrets.chmod(0o600)
    monkeypatch.setenv("NETRC", str(secrets))
    session = client_of("https://www.lamost.org/openapi")._session()
    request = requests.Request("GET", "https://www.lamost.org/openapi/x")
    assert "Authorization" not in session.prepare_request(request).headers
    assert session.verify is True


def test_no_proxy_stands_between_this_machine_and_itself(archive, fetch, out, monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert fetch(101).failures == []


def test_no_option_and_no_setting_takes_the_checks_off():
    words = [sys.executable, "-m", "lcgan.cli", "fetch", "--help"]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    for word in ("insecure", "verify", "no-check"):
        assert word not in done.stdout.lower()
