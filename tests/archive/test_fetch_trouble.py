"""A fetch from an archive that is slow, cuts off, refuses or is not there."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lamost_archive import Reply, files, table
from lcgan.fetch import IN_A_ROW, USELESS_IN_A_ROW


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(b"x", delay=1), "silent for 0.4 s (2 attempts)"),
        (Reply(b"x" * 9, drip=0.25), "not done within 0.7 s (2 attempts)"),
    ],
)
def test_an_archive_that_dawdles_is_not_waited_for(archive, fetch, out, reply, reason):
    archive.replies[101] = [reply]
    times = "fetch.timeout={connect: 2, read: 0.4, whole: 0.7}"
    fetch(101, settings=[times, "fetch.attempts=2"])
    assert (table(out)[101]["status"], table(out)[101]["reason"]) == ("failed", reason)
    assert len(archive.asked(101)) == 2


def test_a_file_cut_off_in_the_middle_is_fetched_again(archive, fetch, out):
    name, body = archive.spectra[101]
    archive.replies[101] = [
        archive.file(body, name, cut=len(body) // 2),  # the connection breaks
        archive.file(body[:-9], name, declared=-1),  # it ends, and nothing said how long it is
        archive.fine(101),
    ]
    assert fetch(101).failures == []
    assert len(archive.asked(101)) == 3
    assert (out / name).read_bytes() == body


def test_a_file_that_is_always_cut_off_is_told(archive, fetch, out):
    name, body = archive.spectra[101]
    archive.replies[101] = [archive.file(body, name, cut=2000)]
    archive.replies[102] = [archive.file(body[:-9], name, declared=-1)]
    fetch(101, 102)
    assert table(out)[102]["reason"].startswith("truncated gzip")
    assert "connection" in table(out)[101]["reason"] or "cut off" in table(out)[101]["reason"]
    assert files(out) == []


def test_a_body_that_is_too_long_is_not_read_to_its_end(archive, fetch, out, monkeypatch):
    monkeypatch.setattr("lcgan.fetch.LIMIT", 10_000)
    archive.replies[101] = [Reply(b"SIMPLE  =" * 9999, declared=-1)]
    fetch(101)
    assert table(out)[101]["reason"] == "sends more than 10,000 bytes"
    assert len(archive.seen) == 1


def test_fewer_bytes_than_declared_are_a_cut(archive, fetch, out):
    name, body = archive.spectra[101]
    archive.replies[101] = [archive.file(body, name, declared=len(body) + 5)]
    assert fetch(101).failures
    assert table(out)[101]["reason"].startswith(f"cut off after {len(body):,} bytes")


def test_trouble_that_passes_is_waited_for(archive, fetch, out):
    archive.replies[101] = [Reply(b"", 500), Reply(b"", 502), archive.fine(101)]
    assert fetch(101).failures == []
    assert files(out) == [archive.spectra[101][0]]


@pytest.mark.parametrize("kind", ["seconds", "date"])
def test_retry_after_holds_every_connection_back(archive, fetch, kind):
    def asked(seconds):
        if kind == "seconds":
            return str(seconds)
        return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds + 1), usegmt=True)

    archive.replies[101] = [Reply(b"", 429, {"Retry-After": asked(1)}), archive.fine(101)]
    archive.replies[102] = [archive.file(archive.spectra[102][1], "102.fits", delay=0.2)]
    found = fetch(101, 102, 103, 104, settings=["fetch.connections=2"])
    assert found.failures == []
    refused = archive.asked(101)[0].at
    waits = [seen.at - refused for seen in archive.seen]
    assert len(waits) == 5
    assert sum(wait > 0.9 for wait in waits) >= 3
    assert [wait for wait in waits if 0.1 < wait < 0.9] == []


def test_an_archive_that_wants_a_long_quiet_ends_the_fetch(archive, fetch, out):
    archive.replies[102] = [Reply(b"", 503, {"Retry-After": "3600"})]
    found = fetch(101, 102, 103, 104, settings=["fetch.connections=1"])
    assert "HTTP 503, and asks for 3,600 s of quiet" in found.failures[0]
    assert len(archive.seen) == 2
    assert list(table(out)) == [101]


def test_requests_are_spaced_and_connections_bounded(archive, fetch):
    for obsid in archive.spectra:
        archive.replies[obsid] = [
            archive.file(archive.spectra[obsid][1], f"{obsid}.fits", delay=0.3)
        ]
    fetch(*archive.spectra, settings=["fetch.rate=20", "fetch.connections=3"])
    times = sorted(seen.at for seen in archive.seen)
    assert len(times) == 5
    assert times[-1] - times[0] > 0.19
    assert archive.most_open == 3


def test_it_ends_when_the_archive_gives_nothing_to_anybody(archive, fetch, out):
    for obsid in range(200, 240):
        archive.replies[obsid] = [Reply(b"", 401)]
    found = fetch(101, *range(200, 240), settings=["fetch.connections=1"])
    assert len(archive.seen) <= 1 + IN_A_ROW + 3  # answers that were on their way
    assert "5 spectra in a row were not given" in found.failures[-2]
    assert "no token was sent: set (LAMOST_TOKEN or --token-file)" in found.failures[-1]
    assert len(table(out)) == 1 + IN_A_ROW


def test_what_is_missing_does_not_end_it(archive, fetch):
    found = fetch(*range(200, 220), 101)
    assert len(archive.seen) == 21
    assert found.line.startswith("1 of 21 spectra")
    assert found.failures[3:] == ["17 more, see the manifest"]


def test_a_release_that_has_none_of_them_is_not_asked_for_all(archive, fetch, out):
    found = fetch(*range(200, 300), settings=["fetch.connections=2"])
    assert f"ended after {USELESS_IN_A_ROW} spectra in a row were not given" in found.failures[-1]
    assert len(table(out)) == USELESS_IN_A_ROW
    assert len(archive.seen) <= USELESS_IN_A_ROW + 6


def test_what_failed_before_does_not_stand_in_the_way_of_the_rest(archive, fetch, out):
    some = [*range(200, 210), *archive.spectra]
    for obsid in range(200, 210):
        archive.replies[obsid] = [Reply(b"", 403)]
    found = fetch(*some, settings=["fetch.connections=1"])
    assert found.line.startswith("0 of 15") and len(table(out)) == IN_A_ROW
    found = fetch(*some, settings=["fetch.connections=1"])
    assert found.line.startswith("0 of 15") and len(table(out)) == 2 * IN_A_ROW
    found = fetch(*some, settings=["fetch.connections=1"])
    assert found.line.startswith("5 of 15") and len(table(out)) == 15


def test_nobody_at_the_address_is_told(archive, fetch, out):
    archive.close()
    fetch(101)
    assert table(out)[101]["reason"] == "the connection failed (Connection refused) (3 attempts)"
