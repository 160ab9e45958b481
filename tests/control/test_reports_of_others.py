"""What others report of clients' domains: from a mail at a node to the client's page, within bounds, whoever writes it."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace

import pytest
from django_scopes import scope, scopes_disabled

from ecluse.adapters.controldb import told_reports
from ecluse.adapters.controldb.complaints import ControlComplaints
from ecluse.adapters.controldb.node_reports import ControlNodeReports
from ecluse.adapters.controldb.told_reports import ControlToldReports
from ecluse.adapters.folder.report_inbox import FolderReportInbox
from ecluse.adapters.sqlite.received_reports import SqliteReports
from ecluse.control.operation.nodes import sending_addresses
from ecluse.control.signing.models import DomainReport, ReportedSource
from ecluse.control.signing.reported import KEPT_S, forget_reports, reported
from ecluse.control.tenants.models import Domain
from ecluse.control.tenants.services import add_domain
from ecluse.domain.content import MemoryContent
from ecluse.domain.node_report import NodeReport
from ecluse.domain.received_report import MAX_COUNT, ReceivedReport, ReportKind, ReportMail, ReportSource
from ecluse.mta.reports.reading import ControlPlane, read_reports
from ecluse.wire.reports.aggregate import PublishedPolicy, Report, Row, write
from ecluse.wire.reports.reporter import Organisation, Period
from ecluse.wire.reports.tlsrpt import TlsFailure, TlsPolicy, TlsReport, TlsResult
from ecluse.wire.reports.tlsrpt import write as write_tls
from tests.control import test_publications
from tests.control.cast import OPERATOR, ROUTE, client
from tests.unit.wire.reports.samples import mail_with

pytestmark = pytest.mark.django_db(transaction=True)
database = test_publications.database
OURS, FORGER, PARTNER = "192.0.2.10", "203.0.113.9", "198.51.100.7"
DAY_S = 86_400.0
REPORTER = Organisation("Large Mail", "dmarc@large.example")


@pytest.fixture
def teller(database):
    return ControlToldReports(database)


@pytest.fixture
def one():
    owner = client("One")
    with scope(client=owner):
        add_domain(owner, "one.example", [ROUTE], by=OPERATOR)
    return owner


def told(**changes):
    mail = ReportMail("0190-a", "One", time.time(), changes.pop("proven", "large.example"))
    sources = changes.pop("sources", (ReportSource(OURS, 5, 0, dkim=True),))
    begin = int(mail.received_at - DAY_S)
    known = {"domain": "one.example", "reporter": "Large", "report_id": "r1", "kind": ReportKind.DMARC}
    return ReceivedReport(mail=mail, begin=begin, end=begin, policy="p=none", sources=sources, **(known | changes))


def seen(owner, since=0.0):
    with scope(client=owner):
        return reported(since, sending_addresses())


def test_a_report_that_came_by_mail_is_on_its_clients_page_whose_server_it_was_too(one, database, tmp_path):
    """Issue 7, item 7: DMARC and TLS reports on the page; hostile mail beside them stops nothing."""
    node = NodeReport("1", time.time(), time.time(), addresses=(OURS,))
    ControlNodeReports(database, "mx1.provider.example").tell(node)
    now = time.time()
    period = Period(int(now - 2 * DAY_S), int(now - DAY_S))
    row = Row(OURS, "none", "pass", "fail", "one.example", count=40)
    rows = (
        row,
        replace(row, dkim="fail", count=2),
        replace(row, source_ip=FORGER, dkim="fail", disposition="reject", count=25),
    )
    dmarc = write(Report(REPORTER, "r1", period, PublishedPolicy("one.example", "none"), rows))
    expired = TlsFailure("certificate-expired", receiving_mx_hostname="mx.one.example", sessions=3)
    sub, foreign = TlsPolicy("sts", "sub.one.example"), TlsPolicy("sts", "nobody.example")
    tls = write_tls(TlsReport(REPORTER, "t1", period, (TlsResult(sub, 9, 3, (expired,)), TlsResult(foreign, 1, 0))))
    bomb = b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + dmarc
    inbox, reports = FolderReportInbox(tmp_path / "in"), SqliteReports(tmp_path / "received.sqlite")
    mails = (
        (gzip.compress(dmarc), "application/gzip", "large.example"),
        (gzip.compress(dmarc), "application/gzip", ""),
        (gzip.compress(tls), "application/tlsrpt+gzip", "large.example"),
        (bomb, "application/xml", "large.example"),
        (gzip.compress(b"\0" * 50_000_000), "application/gzip", "large.example"),
    )
    for number, (octets, kind, proven) in enumerate(mails):
        inbox.keep(ReportMail(f"0190-{number}", "Two", now, proven), MemoryContent(mail_with(octets, kind)))
    control = ControlPlane(ControlComplaints(database), ControlToldReports(database))
    assert read_reports(inbox, reports, control) == 4  # One about each domain, and the one of nobody.
    reports.close()
    found = seen(one, now - 7 * DAY_S)
    assert [(each.kind, each.name, each.passed, each.failed) for each in found.reporters] == [
        (ReportKind.DMARC, "large.example", 40, 27),
        (ReportKind.TLS, "large.example", 9, 3),
    ]
    assert [
        (each.address, each.is_ours, each.dkim, each.spf, each.failed, each.turned_away) for each in found.sources
    ] == [
        (OURS, True, 40, 0, 2, 0),
        (FORGER, False, 0, 0, 25, 25),
    ]
    assert [(each.domain, each.server, each.reason, each.failed) for each in found.troubles] == [
        ("sub.one.example", "mx.one.example", "certificate-expired", 3)
    ]
    assert found.unproven == 1
    assert seen(one, now - DAY_S).is_empty
    assert seen(client("Two")).is_empty


def test_what_is_known_or_nobodys_or_too_much_is_not_taken(one, teller, monkeypatch):
    monkeypatch.setattr(told_reports, "MOST_OF_ONE", 3)
    monkeypatch.setattr(told_reports, "MOST_A_DAY", 4)
    claim = client("Two")
    with scope(client=claim):
        domain = add_domain(claim, "claimed.example", [ROUTE], by=OPERATOR)
        Domain.objects.filter(pk=domain.pk).update(proven_at=None)
    cases = (
        (told(), True),
        (told(), False),  # Once more, by another node.
        (told(proven="forger.example"), True),  # Another one under the same name.
        (told(domain="nobody.example"), False),
        (told(domain="claimed.example"), False),
        (told(domain="example"), False),
        (told(report_id="r2"), True),
        (told(report_id="r3"), True),
        (told(report_id="r4"), False),  # One too many of this reporter.
        (told(report_id="r5", proven="other.example"), False),  # And of all.
        (told(report_id="r6", kind=ReportKind.TLS), True),
    )
    assert [teller.tell(report) for report, _ in cases] == [expected for _, expected in cases]


def test_figures_of_strangers_overflow_nothing_and_ours_are_shown_first(one, teller, database):
    ControlNodeReports(database, "mx1.provider.example").tell(NodeReport("1", 0.0, 0.0, addresses=(OURS,)))
    large = tuple(ReportSource(f"203.0.113.{number}", 10**15, 0, f"{number}", spf=True) for number in range(60)) * 2
    teller.tell(told(sources=(*large, ReportSource("198.51.100.1", 10**15, 0, "x\0y"))))
    teller.tell(told(report_id="r2"))
    found = seen(one)
    assert (found.sources[0].address, found.sources[0].total, len(found.sources)) == (OURS, 5, 30)
    assert found.sources[1].total == MAX_COUNT
    with scopes_disabled():
        assert ReportedSource.objects.count() == told_reports.MOST_SOURCES + 1


def test_after_three_months_it_is_forgotten(one, teller):
    teller.tell(told())
    now = time.time()
    for after, left in ((KEPT_S - 60, 1), (KEPT_S + 60, 0)):
        forget_reports(now + after)
        with scopes_disabled():
            assert (DomainReport.objects.count(), ReportedSource.objects.count()) == (left, left)
