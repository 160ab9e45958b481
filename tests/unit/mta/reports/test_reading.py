"""Reading the reports of an inbox: what is bad loses nothing but itself."""

from __future__ import annotations

import pytest

from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.sqlite.received_reports import SqliteReports
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.received_report import ReportMail
from ecluse.mta.reports import reading
from ecluse.mta.reports.reading import read_reports
from ecluse.wire.reports.aggregate import Report, write
from tests.unit.wire.reports.samples import ORGANISATION, PERIOD, POLICY, ROW, mail_with

GOOD = mail_with(write(Report(ORGANISATION, "r1", PERIOD, POLICY, (ROW,))), "application/xml")


class Failing:
    def add(self, report):
        raise Unavailable("the disk is full")


@pytest.fixture
def inbox(tmp_path):
    return FolderReportInbox(tmp_path / "in")


@pytest.fixture
def reports(tmp_path):
    store = SqliteReports(tmp_path / "received.sqlite")
    yield store
    store.close()


def keep(inbox, *mails):
    for number, octets in enumerate(mails):
        inbox.keep(ReportMail(f"0190-{number}", "One", 1_764_000_000.0), MemoryContent(octets))


def test_good_ones_are_kept_and_bad_ones_forgotten(inbox, reports):
    keep(inbox, b"rubbish", GOOD, GOOD, mail_with(b"<feedback>"))
    assert read_reports(inbox, reports) == 1
    assert [one.report_id for one in reports.find()] == ["r1"]
    assert list(inbox._folder.iterdir()) == []


def test_while_the_store_fails_everything_waits(inbox):
    keep(inbox, GOOD, GOOD)
    with pytest.raises(Unavailable):
        read_reports(inbox, Failing())
    assert len(inbox.waiting()) == 2


def test_a_fault_of_ours_stops_nothing(inbox, reports, monkeypatch):
    true = reading.reports_in

    def faulty(content, mail):
        if mail.id == "0190-0":
            raise ZeroDivisionError
        return true(content, mail)

    monkeypatch.setattr(reading, "reports_in", faulty)
    keep(inbox, GOOD, GOOD)
    assert read_reports(inbox, reports) == 1
    assert inbox.waiting() == ()


class Complaints:
    """The control plane, as it is told."""

    def __init__(self):
        self.told = []

    def add(self, complaint):
        self.told.append(complaint)
        return True


def abuse(kind="abuse", *lines):
    fields = "\r\n".join((f"Feedback-Type: {kind}", "Version: 1", *lines, ""))
    return mail_with(fields.encode(), "message/feedback-report")


def test_complaints_are_told_and_reports_of_forgers_are_none(inbox, reports):
    lines = ("Source-IP: 192.0.2.7", "Reported-Domain: One.Example.", "Incidents: 3")
    keep(inbox, GOOD, abuse("abuse", *lines), abuse("auth-failure", *lines), b"hello")
    told = Complaints()
    assert read_reports(inbox, reports, told) == 2
    [complaint] = told.told
    assert (complaint.kind, complaint.domain, complaint.source_ip, complaint.incidents) == (
        "abuse",
        "one.example",
        "192.0.2.7",
        3,
    )
    assert inbox.waiting() == ()


@pytest.mark.parametrize(
    ("line", "domain"),
    [
        ("Reported-Domain: no such domain", ""),
        ("DKIM-Domain: signer.example", "signer.example"),
        ("Original-Mail-From: <x@sender.example>", "sender.example"),
        (f"Reported-Domain: {'a.' * 200}example", ""),
    ],
)
def test_a_complaint_is_about_a_domain_or_none(inbox, reports, line, domain):
    keep(inbox, abuse("fraud", line))
    told = Complaints()
    read_reports(inbox, reports, told)
    assert told.told[0].domain == domain


def test_without_a_control_plane_a_complaint_is_passed_over(inbox, reports):
    keep(inbox, abuse())
    assert read_reports(inbox, reports) == 0
    assert inbox.waiting() == ()


def test_while_the_control_plane_is_away_a_complaint_waits(inbox, reports):
    keep(inbox, abuse())
    with pytest.raises(Unavailable):
        read_reports(inbox, reports, Failing())
    assert len(inbox.waiting()) == 1
