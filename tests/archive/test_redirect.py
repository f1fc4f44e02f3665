"""Where a redirect leads: never does the token follow it to another host."""

import time

import pytest

from lamost_archive import LamostArchive, Reply, files, table


@pytest.fixture
def other():
    found = LamostArchive()
    yield found
    found.close()


@pytest.mark.parametrize(
    ("path", "status", "reason"),
    [
        ("/openapi/dr10/v2.0/lrs/spectrum/fits?obsid=101", "failed", "which is not followed"),
        ("/oauth/login?then=/openapi", "refused", "wants a log-in at http://127.0.0.1"),
    ],
)
@pytest.mark.parametrize("repeats_token", [True, False])
def test_another_host_is_not_asked(
    archive, fetch, out, other, monkeypatch, path, status, reason, repeats_token
):
    monkeypatch.setenv("LAMOST_TOKEN", "s3cret/t0ken")
    other.spectra = archive.spectra
    target = other.base.removesuffix("/openapi") + path
    if repeats_token:
        target += "&token=s3cret%2Ft0ken"
    archive.replies[101] = [Reply(b"", 302, {"Location": target})]
    found = fetch(101)
    assert other.seen == []
    assert table(out)[101]["status"] == status and reason in table(out)[101]["reason"]
    assert files(out) == []
    assert "s3cret" not in (out / "manifest.csv").read_text() + found.line + str(found.failures)


@pytest.mark.parametrize(
    "target", ["https://127.0.0.1:{port}/x", "http://localhost:{port}/x", "//evil.example/x"]
)
def test_the_same_place_by_other_means_is_another_host(archive, fetch, out, target):
    port = archive.server.server_port
    archive.replies[101] = [Reply(b"", 307, {"Location": target.format(port=port)})]
    fetch(101)
    assert len(archive.seen) == 1
    assert table(out)[101]["reason"].endswith("which is not followed")


def test_what_comes_with_a_redirect_is_not_read(archive, fetch, out):
    endless = Reply(b"x" * 99, 302, {"Location": "/openapi/other/fits?obsid=102"}, drip=0.1)
    archive.replies[101] = [endless]
    archive.replies[102] = [archive.fine(101)]
    begin = time.monotonic()
    assert fetch(101).failures == []
    assert time.monotonic() - begin < 4
