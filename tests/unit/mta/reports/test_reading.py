"""Reading the reports of an inbox: what is bad loses nothing but itself."""

from __future__ import annotations

import pytest

from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.sqlite.received_reports import SqliteReports
from ecluse.domain.content import MemoryContent
from ecluse.domain.errors import Unavailable
from ecluse.domain.received_report import ReportMail
from ecluse.mta.reports import reading
from ecluse.mta.reports.reading import ControlPlane, read_reports
from ecluse.wire.reports.aggregate import Report, write
from tests.unit.wire.reports.samples import ORGANISATION, PERIOD, POLICY, ROW, mail_with

DAY_S = 86_400.0
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


class Told(list):
    """The control plane's list of what others report."""

    def tell(self, report):
        self.append(report)
        return True


def test_reports_are_told_where_clients_see_them_if_they_are_of_these_days(inbox, reports):
    for number, received_at in enumerate((PERIOD.begin - 3 * DAY_S, PERIOD.end, PERIOD.end, PERIOD.begin + 33 * DAY_S)):
        inbox.keep(ReportMail(f"0190-{number}", "One", received_at, "reporter.example"), MemoryContent(GOOD))
    told = Told()
    assert read_reports(inbox, reports, ControlPlane(Complaints(), told)) == 1
    # Told again: what the first time did to the control plane, it knows best.
    assert [(one.mail.id, one.domain, one.mail.proven) for one in told] == [
        ("0190-1", "client.example", "reporter.example"),
        ("0190-2", "client.example", "reporter.example"),
    ]


def test_while_the_control_plane_is_away_a_report_waits_and_is_told_later(inbox, reports):
    inbox.keep(ReportMail("0190-0", "One", PERIOD.end), MemoryContent(GOOD))

    class Away:
        def tell(self, report):
            raise Unavailable("away")

    with pytest.raises(Unavailable):
        read_reports(inbox, reports, ControlPlane(Complaints(), Away()))
    told = Told()
    assert read_reports(inbox, reports, ControlPlane(Complaints(), told)) == 1
    assert len(told) == 1


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
    assert read_reports(inbox, reports, ControlPlane(told, Told())) == 2
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
    read_reports(inbox, reports, ControlPlane(told, Told()))
    assert told.told[0].domain == domain


def test_without_a_control_plane_a_complaint_is_passed_over(inbox, reports):
    keep(inbox, abuse())
    assert read_reports(inbox, reports) == 0
    assert inbox.waiting() == ()


def test_while_the_control_plane_is_away_a_complaint_waits(inbox, reports):
    keep(inbox, abuse())
    with pytest.raises(Unavailable):
        read_reports(inbox, reports, ControlPlane(Failing(), Told()))
    assert len(inbox.waiting()) == 1
