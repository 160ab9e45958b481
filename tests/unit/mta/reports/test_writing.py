"""The reports of one day: written once, sent once each, and only where that is wanted."""

from __future__ import annotations

import email
import gzip

import pytest

from ecluse.adapters.folder.report_files import FolderReportFiles
from ecluse.adapters.folder.spool import FolderSpool
from ecluse.domain.event import DmarcEvent, Ending, MessageEvent, RecipientEvent, Stage
from ecluse.domain.incoming import Direction
from ecluse.mta.reports.writing import PACE_S, Outbox, Reporter, period_of, tallied, write_day
from ecluse.wire.reports.aggregate_reader import read
from ecluse.wire.reports.reporter import Organisation
from tests.unit.filtering.names import Names

DAY = "2026-11-26"
NOW = period_of(DAY).end + 4_000.0
BOB = RecipientEvent("bob@one.example", Ending.RELAYED)
RECORDS = {
    ("_dmarc.bank.example", "TXT"): (b"v=DMARC1; p=reject; rua=mailto:a@bank.example,mailto:b@bank.example",),
    ("_dmarc.quiet.example", "TXT"): (b"v=DMARC1; p=reject",),
}


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
    def make(*, sends=True, most=1_000):
        outbox = Outbox(spool, Bell(), True, most) if sends else None
        organisation = Organisation("Gateway & Co", "reports@gateway.example")
        return Reporter("mx.gateway.example", organisation, Names(RECORDS), FolderReportFiles(tmp_path / "out"), outbox)

    return make


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
