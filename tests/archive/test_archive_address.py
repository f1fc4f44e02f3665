import pytest

from lcgan.archive.address import Archive, origin_of
from lcgan.errors import UserError


def test_addresses_are_those_of_lamosts_openapi():
    archive = Archive("https://www.lamost.org/openapi/", "dr10", "v2.0")
    base = "https://www.lamost.org/openapi/dr10/v2.0/lrs"
    assert archive.spectrum(101001) == f"{base}/spectrum/fits?obsid=101001"
    assert archive.cone(10.5, -3.0, 0.2) == (
        f"{base}/voservice/conesearch?ra=10.5&dec=-3.0&sr=0.2&output.fmt=csv"
    )
    assert not archive.is_loopback


@pytest.mark.parametrize(
    "base",
    ["http://127.0.0.1:8000/x", "http://localhost/x", "http://[::1]:8000", "http://127.9.9.9"],
)
def test_this_machine_may_be_spoken_to_by_http(base):
    assert Archive(base, "dr10", "v2.0").is_loopback


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("http://www.lamost.org/openapi", "by http anyone could read the token; use https"),
        ("http://127.0.0.1.evil.example/", "use https"),
        ("http://localhost.evil.example/", "use https"),
        ("ftp://www.lamost.org/", "is no address"),
        ("www.lamost.org", "is no address"),
        ("https:///openapi", "is no address"),
        ("https://a b/", "is no address"),
        ("https://[", "no address"),
        ("https://host:port/", "no address"),
        ("https://me:s3cret@host/", "leave out user name, query and token"),
        ("https://host/?token=s3cret", "leave out user name, query and token"),
        ("https://host/#x", "leave out"),
    ],
)
def test_another_base_is_refused(base, said):
    with pytest.raises(UserError, match=said) as caught:
        Archive(base, "dr10", "v2.0")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("release", "version", "said"),
    [
        ("10", "v2.0", "--release 10"),
        ("dr10/../..", "v2.0", "--release"),
        ("dr10", "2.0", "--version 2.0"),
        ("dr10", "v2.0?x=", "--version"),
    ],
)
def test_a_release_is_written_as_lamost_does(release, version, said):
    with pytest.raises(UserError, match=said):
        Archive("https://www.lamost.org/openapi", release, version)


def test_who_is_spoken_to_is_scheme_host_and_port():
    assert origin_of("https://WWW.lamost.org/a") == ("https", "www.lamost.org", 443)
    assert origin_of("https://www.lamost.org:443/b") == origin_of("https://www.lamost.org")
    assert origin_of("http://www.lamost.org") != origin_of("https://www.lamost.org")
