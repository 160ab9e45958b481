"""The store of what others report."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest

from ecluse.adapters.sqlite import received_reports as module
from ecluse.adapters.sqlite.received_reports import SqliteReports
from ecluse.domain.errors import Unavailable
from ecluse.domain.received_report import ReceivedReport, ReportKind, ReportMail, ReportSource

AT = 1_764_000_000.0
SOURCES = (ReportSource("192.0.2.1", 5, 0, "dkim=pass spf=fail"), ReportSource("192.0.2.2", 0, 2, "dkim=fail spf=fail"))
REPORT = ReceivedReport(
    ReportMail("0190-a", "One", AT, "reporter.example"),
    ReportKind.DMARC,
    "one.example",
    "Reporter",
    "r1",
    1_763_900_000,
    1_763_986_399,
    "p=reject",
    SOURCES,
)


@pytest.fixture
def reports(tmp_path):
    store = SqliteReports(tmp_path / "reports" / "received.sqlite")
    yield store
    store.close()


def test_a_report_is_found_as_it_was_added(reports):
    assert reports.add(REPORT)
    assert list(reports.find()) == [REPORT]
    assert (REPORT.passed, REPORT.failed) == (5, 2)


def test_a_report_that_comes_twice_is_kept_once(reports):
    reports.add(REPORT)
    assert not reports.add(replace(REPORT, mail=replace(REPORT.mail, id="0190-b")))
    assert len(list(reports.find())) == 1


def test_a_forger_cannot_take_the_place_of_the_true_reporter(reports):
    assert reports.add(replace(REPORT, mail=replace(REPORT.mail, proven="")))
    assert reports.add(REPORT)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"domain": "one.example"}, ["0190-a", "0190-b"]),
        ({"domain": "sub.one.example"}, ["0190-b"]),
        ({"domain": "ne.example"}, []),
        ({"domain": "%"}, []),
        ({"since": AT + 1}, ["0190-b"]),
        ({"mail_id": "0190-"}, ["0190-a", "0190-b"]),
        ({"mail_id": "0190-b"}, ["0190-b"]),
        ({"mail_id": "_190"}, []),
    ],
)
def test_it_is_asked_for_by_domain_time_and_mail(reports, wanted, found):
    reports.add(REPORT)
    later = replace(REPORT.mail, id="0190-b", received_at=AT + 5)
    reports.add(replace(REPORT, domain="sub.one.example", mail=later))
    assert [one.mail.id for one in reports.find(**wanted)] == found


def test_what_is_too_old_is_purged(reports):
    reports.add(REPORT)
    reports.add(replace(REPORT, report_id="r2", mail=replace(REPORT.mail, received_at=AT + 10)))
    assert reports.purge(AT + 1) == 1
    assert [one.report_id for one in reports.find()] == ["r2"]


def test_nobody_can_fill_the_disk_with_reports(reports, monkeypatch):
    monkeypatch.setattr(module, "MAX_A_DAY", 1)
    assert reports.add(REPORT)
    assert not reports.add(replace(REPORT, report_id="r2"))
    assert reports.add(replace(REPORT, report_id="r3", mail=replace(REPORT.mail, received_at=AT + 2 * module.DAY_S)))


def test_a_file_that_is_none_is_told(tmp_path):
    (tmp_path / "received.sqlite").write_bytes(b"rubbish" * 1_000)
    with pytest.raises(Unavailable):
        SqliteReports(tmp_path / "received.sqlite")


def test_a_file_of_a_later_release_is_left_alone(tmp_path):
    path = tmp_path / "received.sqlite"
    store = sqlite3.connect(path)
    store.execute("PRAGMA user_version = 99")
    store.close()
    with pytest.raises(Unavailable, match="later release"):
        SqliteReports(path)
