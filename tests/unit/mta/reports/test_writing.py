"""The reports of one day: written once, sent once each, and only where that is wanted."""

from __future__ import annotations

import email
import gzip

import pytest

from ecluse.adapters.folder.report_files import FolderReportFiles
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.event import DmarcEvent, Ending, MessageEvent, RecipientEvent, SessionEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.mta.reports.writing import PACE_S, Outbox, Reporter, period_of, tallied, write_day
from ecluse.wire.reports import tlsrpt
from ecluse.wire.reports.aggregate_reader import read
from ecluse.wire.reports.reporter import Organisation
from tests.unit.filtering.names import Names

DAY = "2026-11-26"
NOW = period_of(DAY).end + 4_000.0
BOB = RecipientEvent("bob@one.example", Ending.RELAYED)
RECORDS = {
    ("_dmarc.bank.example", "TXT"): (b"v=DMARC1; p=reject; rua=mailto:a@bank.example,mailto:b@bank.example",),
    ("_dmarc.quiet.example", "TXT"): (b"v=DMARC1; p=reject",),
    ("_smtp._tls.away.example", "TXT"): (b"v=TLSRPTv1; rua=mailto:tls@away.example,https://away.example/tls",),
}


def signed(octets):
    return b"DKIM-Signature: a\r\n" + octets


class Bell:
    def __init__(self):
        self.rung = []

    def ring(self, destination, message_id):
        self.rung.append(destination)


def events(*names):
    for name in names:
        seen = DmarcEvent(name, name, "p=reject", "reject", is_spf_aligned=True, spf=(name, "pass"))
        yield MessageEvent(
            "0190", Stage.OUTCOME, 1.0, ip="192.0.2.1", sender=f"x@{name}", recipients=(BOB,), dmarc=seen
        )


@pytest.fixture
def spool(tmp_path):
    spool = FolderSpool(tmp_path / "spool", reserve_bytes=0)
    yield spool
    spool.close()


@pytest.fixture
def reporter(tmp_path, spool):
    def make(*, sends=True, most=1_000, sign=signed, post=lambda _url, _octets: True):
        outbox = Outbox(spool, Bell(), True, most, sign, post) if sends else None
        organisation = Organisation("Gateway & Co", "reports@gateway.example")
        return Reporter("mx.gateway.example", organisation, Names(RECORDS), FolderReportFiles(tmp_path / "out"), outbox)

    return make


def tls_events(*names, **more):
    """An outbound session with the server of each, held to its MTA-STS policy."""
    for name in names:
        session = SessionEvent(f"mx.{name}", "certificate-expired", "192.0.2.1", "sts", ("mode: enforce",))
        facts = {"direction": Direction.OUTBOUND, "recipients": (RecipientEvent(f"bob@{name}", Ending.DEFERRED),)}
        yield MessageEvent("0190", Stage.DELIVERY, 1.0, **facts | {"sessions": (session,)} | more)


def spooled(spool):
    return [(message, spool.content(message.id)) for message in spool.messages()]


async def test_who_asks_for_a_report_gets_one_file_and_who_does_not_none(reporter, tmp_path):
    chosen = reporter(sends=False)
    written = await write_day(DAY, tallied(events("bank.example", "quiet.example", "gone.example")), chosen, NOW)
    assert [(one.kind, one.domain, one.count, one.sent) for one in written] == [("dmarc", "bank.example", 1, 0)]
    [path] = (tmp_path / "out" / DAY).glob("*.gz")
    assert path.name == written[0].file
    assert path.name.startswith(f"mx.gateway.example!bank.example!{period_of(DAY).begin}!{period_of(DAY).end}!")
    report = read(gzip.decompress(path.read_bytes()))
    assert (report.policy.domain, report.period, report.organisation.name) == (
        "bank.example",
        period_of(DAY),
        "Gateway & Co",
    )
    assert chosen.files.is_complete(DAY)


async def test_nothing_is_sent_unless_that_is_switched_on(reporter, spool):
    await write_day(DAY, tallied(events("bank.example")), reporter(sends=False), NOW)
    assert spooled(spool) == []


async def test_a_mail_goes_to_each_destination_with_the_null_sender_and_at_a_walking_pace(reporter, spool):
    chosen = reporter()
    [written] = await write_day(DAY, tallied(events("bank.example")), chosen, NOW)
    assert written.sent == 2
    sent = sorted(spooled(spool), key=lambda one: one[0].next_attempt)
    assert [str(message.recipients[0].address) for message, _ in sent] == ["a@bank.example", "b@bank.example"]
    assert [message.next_attempt - NOW for message, _ in sent] == [0, PACE_S]
    assert {(message.sender, message.direction, message.destination) for message, _ in sent} == {
        (None, Direction.OUTBOUND, "outbound")
    }
    assert chosen.outbox.doorbell.rung == ["outbound"] * 2


async def test_the_mail_is_what_its_receivers_expect(reporter, spool):
    [written] = await write_day(DAY, tallied(events("bank.example")), reporter(), NOW)
    message, content = spooled(spool)[0]
    octets = content.slice(0, content.size)
    assert max(map(len, octets.split(b"\r\n"))) < 200
    assert b"\n" not in octets.replace(b"\r\n", b"")
    found = email.message_from_bytes(octets)
    report_id = read(gzip.decompress(found.get_payload(1).get_payload(decode=True))).report_id
    assert " ".join(found["Subject"].split()) == (
        f"Report Domain: bank.example Submitter: mx.gateway.example Report-ID: <{report_id}>"
    )
    assert (found["From"], found["Auto-Submitted"]) == ("<reports@gateway.example>", "auto-generated")
    assert found["To"] == f"<{message.recipients[0].address}>"
    assert (found.get_payload(1).get_content_type(), found.get_payload(1).get_filename()) == (
        "application/gzip",
        written.file,
    )


async def test_a_day_that_is_written_again_is_not_sent_again(reporter, spool):
    tally = tallied(events("bank.example"))
    first = await write_day(DAY, tally, reporter(), NOW)
    second = await write_day(DAY, tally, reporter(), NOW + 60)
    assert len(spooled(spool)) == 2
    assert [one.file for one in first] == [one.file for one in second]
    assert second[0].sent == 2


async def test_no_more_than_the_limit_is_sent(reporter, spool):
    [written] = await write_day(DAY, tallied(events("bank.example")), reporter(most=1), NOW)
    assert (written.sent, len(spooled(spool))) == (1, 1)


async def test_a_day_that_is_not_over_is_not_complete(reporter):
    chosen = reporter(sends=False)
    await write_day(DAY, tallied(events("bank.example")), chosen, NOW - 40_000)
    assert not chosen.files.is_complete(DAY)


async def test_a_dead_dns_sends_nothing_and_stops_nothing(reporter, spool):
    chosen = reporter()
    chosen.resolver.records.clear()
    names = [f"d{number}.example" for number in range(120)]
    assert await write_day(DAY, tallied(events(*names)), chosen, NOW) == ()
    assert spooled(spool) == []


async def test_a_tls_report_goes_signed_by_mail_and_to_the_url_that_its_domain_names(reporter, spool):
    posted = []
    chosen = reporter(post=lambda url, octets: posted.append((url, octets)) or True)
    [written] = await write_day(DAY, tallied(tls_events("away.example")), chosen, NOW)
    assert (written.kind, written.destinations) == ("tls", ("tls@away.example", "https://away.example/tls"))
    assert written.sent == 2
    [(message, content)] = spooled(spool)
    assert (message.sender, message.is_tls_optional) == (None, True)
    found = email.message_from_bytes(content.slice(0, content.size))
    assert found["DKIM-Signature"]
    assert (found["TLS-Report-Domain"], found["TLS-Report-Submitter"]) == ("away.example", "mx.gateway.example")
    assert (found.get_content_type(), found.get_param("report-type")) == ("multipart/report", "tlsrpt")
    part = found.get_payload(1)
    assert (part.get_content_type(), part.get_filename()) == ("application/tlsrpt+gzip", written.file)
    [(url, octets)] = posted
    assert (url, octets) == ("https://away.example/tls", part.get_payload(decode=True))
    [result] = tlsrpt.read(gzip.decompress(octets)).results
    assert (result.policy.domain, result.policy.type, result.failed) == ("away.example", "sts", 1)


async def test_a_tls_report_is_not_sent_twice_and_not_by_mail_without_a_signature(reporter, spool):
    tally = tallied(tls_events("away.example"))
    [first] = await write_day(DAY, tally, reporter(sign=lambda octets: octets, post=lambda *_: False), NOW)
    assert (first.sent, spooled(spool)) == (0, [])
    for _ in range(2):
        [again] = await write_day(DAY, tally, reporter(), NOW)
        assert again.sent == 2
    assert len(spooled(spool)) == 1


async def test_a_domain_hears_nothing_of_sessions_with_routes_that_we_have_configured(reporter, spool):
    """A client's domain may send its reports to anybody: how we reach its server is none of their business."""
    inbound = tls_events("away.example", direction=Direction.INBOUND, sessions=(), route="smtp://in", route_tls="ok")
    [written] = await write_day(DAY, tallied(inbound), reporter(), NOW)
    assert (written.destinations, spooled(spool)) == ((), [])


def test_old_days_are_purged(tmp_path):
    files = FolderReportFiles(tmp_path)
    for day in ("2026-10-01", "2026-11-01"):
        files.keep(day, "a.xml.gz", b"x")
    (tmp_path / "mine").mkdir()
    files.purge("2026-10-15")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-11-01", "mine"]


@pytest.mark.parametrize("name", ["../../x", "a/b", "a\0b", "x" * 400])
def test_a_name_leads_nowhere_else(tmp_path, name):
    FolderReportFiles(tmp_path).keep(DAY, name, b"x")
    [path] = (tmp_path / DAY).iterdir()
    assert path.parent == tmp_path / DAY


def test_a_day_is_a_day():
    with pytest.raises(ValueError, match="time data"):
        period_of("yesterday")
    with pytest.raises(ValueError, match="no day"):
        FolderReportFiles(None).is_complete("../x")
