"""Questions about reports."""

from __future__ import annotations

import base64
import gzip

import pytest

from ecluse.entrypoints.judge_ops.question import Refused
from ecluse.entrypoints.judge_ops.reports import report_parse
from tests.unit.wire.reports.samples import XML


def ask(kind, data):
    return report_parse({"type": kind, "data": base64.b64encode(data).decode()})["report"]


def test_an_aggregate_report_with_little_in_it():
    assert ask("dmarc", gzip.compress(XML)) == {
        "org_name": "Reporter",
        "email": None,
        "report_id": None,
        "begin": None,
        "end": None,
        "domain": None,
        "p": None,
        "records": [
            {
                "source_ip": "192.0.2.1",
                "count": 2,
                "disposition": None,
                "dkim": None,
                "spf": None,
                "header_from": None,
            }
        ],
    }


def test_a_tls_report():
    data = (
        b'{"organization-name": "O", "report-id": "1", "date-range": {"start-datetime": "1970-01-02T00:00:00Z"},'
        b'"policies": [{"policy": {"policy-type": "sts"}, "summary": {"total-successful-session-count": 4}}]}'
    )
    assert ask("tlsrpt", data) == {
        "organization": "O",
        "report_id": "1",
        "begin": 86_400,
        "end": None,
        "policies": [{"type": "sts", "domain": None, "successful": 4, "failed": 0}],
    }


def test_a_report_of_abuse():
    assert ask("arf", b"Feedback-Type: abuse\r\nReported-Domain: a.example\r\n") == {
        "feedback_type": "abuse",
        "source_ip": None,
        "user_agent": None,
        "reported_domains": ["a.example"],
    }


def test_a_delivery_status():
    assert ask("dsn", b"Final-Recipient: rfc822;a@b.example\r\nAction: failed\r\n") == {
        "recipients": [{"recipient": "a@b.example", "action": "failed", "status": None}]
    }


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("dmarc", b"", "syntax"),
        ("dmarc", gzip.compress(XML + bytes(40_000_000)), "limit"),
        ("tlsrpt", b"{}", "syntax"),
        ("arf", b"", "syntax"),
        ("dsn", b"", "syntax"),
        ("fax", b"", "bad-request"),
    ],
)
def test_what_is_no_report_has_an_error_for_an_answer(kind, data, code):
    with pytest.raises(Refused) as refused:
        ask(kind, data)
    assert refused.value.code == code
