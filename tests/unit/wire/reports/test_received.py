"""Reports as they are kept: the two formats told in one way."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest

from ecluse.domain.content import MemoryContent
from ecluse.domain.received_report import ReportKind, ReportMail, ReportSource
from ecluse.wire.reports import received as module
from ecluse.wire.reports.aggregate import Report, write
from ecluse.wire.reports.faults import BrokenReport, OversizedReport
from ecluse.wire.reports.received import reports_in
from ecluse.wire.reports.tlsrpt import TlsFailure, TlsPolicy, TlsReport, TlsResult
from ecluse.wire.reports.tlsrpt import write as write_tls
from tests.unit.wire.reports.samples import ORGANISATION, PERIOD, POLICY, ROW, mail_with

MAIL = ReportMail("0190-a", "One", 1_764_000_000.0, "gateway.example")
FAILED = replace(ROW, source_ip="203.0.113.9", dkim="fail", disposition="reject", count=3)
AGGREGATE = Report(ORGANISATION, "r1", PERIOD, POLICY, (replace(ROW, count=2), FAILED, replace(ROW, count=4)))
STS, NONE = TlsPolicy("sts", "client.example"), TlsPolicy("no-policy-found", "other.example")
EXPIRED = TlsFailure("certificate-expired", receiving_mx_hostname="mx.client.example", sessions=4)
TLS = TlsReport(ORGANISATION, "t1", PERIOD, (TlsResult(STS, 10, 5, (EXPIRED,)), TlsResult(NONE, 1, 0)))


def read(octets: bytes):
    return reports_in(MemoryContent(octets), MAIL)


def test_an_aggregate_report_is_told_by_source_the_largest_first():
    (found,) = read(mail_with(gzip.compress(write(AGGREGATE))))
    assert (found.kind, found.domain, found.reporter, found.report_id) == (
        ReportKind.DMARC,
        "client.example",
        "Gateway & Co",
        "r1",
    )
    assert found.sources == (
        ReportSource("192.0.2.1", 6, 0, "dkim=pass spf=fail disposition=none from=client.example", dkim=True),
        ReportSource(
            "203.0.113.9", 0, 3, "dkim=fail spf=fail disposition=reject from=client.example", turned_away=True
        ),
    )
    assert (found.passed, found.failed, found.policy, found.mail) == (6, 3, "p=reject", MAIL)


def test_a_tls_report_is_told_by_domain():
    first, second = read(mail_with(gzip.compress(write_tls(TLS)), "application/tlsrpt+gzip"))
    assert (first.kind, first.domain, first.passed, first.failed) == (ReportKind.TLS, "client.example", 10, 5)
    assert first.sources == (
        ReportSource("", 10, 0, "sts"),
        ReportSource("mx.client.example", 0, 4, "certificate-expired"),
        ReportSource("", 0, 1, "failure without details"),
    )
    assert (second.domain, second.passed, second.failed) == ("other.example", 1, 0)


def test_of_many_sources_the_smallest_are_added_up(monkeypatch):
    monkeypatch.setattr(module, "MAX_SOURCES", 2)
    rows = tuple(replace(ROW, source_ip=f"192.0.2.{number}", count=10 - number) for number in range(1, 6))
    (found,) = read(write(replace(AGGREGATE, rows=(*rows, replace(FAILED, count=1)))))
    assert [(one.source, one.passed, one.failed) for one in found.sources] == [
        ("192.0.2.1", 9, 0),
        ("192.0.2.2", 8, 0),
        ("others", 7 + 6 + 5, 0),
        ("others", 0, 1),
    ]


@pytest.mark.parametrize(
    "octets",
    [
        b"From: a@b.example\r\n\r\nDear all, our report follows tomorrow.\r\n",
        mail_with(b"rubbish"),
        mail_with(gzip.compress(b"<feedback>")),
        mail_with(gzip.compress(b'{"policies": 7}')),
        write(replace(AGGREGATE, policy=replace(POLICY, domain="no..domain"))),
        b"",
    ],
    ids=["a letter", "rubbish", "cut xml", "json", "no domain", "nothing"],
)
def test_what_brings_no_report_is_told(octets):
    with pytest.raises(BrokenReport):
        read(octets)


def test_a_bomb_is_not_unpacked():
    with pytest.raises(OversizedReport):
        read(mail_with(gzip.compress(b"<feedback>" + b" " * 50_000_000)))
