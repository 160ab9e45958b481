"""Reports of abuse and of failed authentication."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.wire.reports.arf import read
from ecluse.wire.reports.faults import BrokenReport

FULL = b"""Feedback-Type: Auth-Failure (really)\r
User-Agent: Generator/1.0\r
Version: 1\r
Original-Mail-From: <sender@sender.example>\r
Original-Rcpt-To: <ann@client.example>\r
Original-Rcpt-To: bob@client.example\r
Arrival-Date: Thu, 8 Mar 2005 14:00:00 -0500\r
Reporting-MTA: dns; mx.client.example\r
Source-IP: 192.0.2.1 (host.sender.example)\r
Incidents: 3\r
Authentication-Results: mx.client.example;\r
    spf=fail smtp.mailfrom=sender.example\r
Reported-Domain: sender.example\r
Reported-Domain: other.example\r
Reported-URI: mailto:ann@client.example\r
Auth-Failure: bodyhash\r
DKIM-Domain: sender.example\r
DKIM-Selector: key\r
"""


def test_every_field_is_read():
    report = read(FULL)
    assert (report.feedback_type, report.user_agent) == ("auth-failure", "Generator/1.0")
    assert (report.source_ip, report.incidents, report.arrival) == ("192.0.2.1", 3, 1_110_308_400)
    assert report.reported_domains == ("sender.example", "other.example")
    assert report.reported_uris == ("mailto:ann@client.example",)
    assert report.original_mail_from == "sender@sender.example"
    assert report.original_recipients == ("ann@client.example", "bob@client.example")
    assert report.reporting_mta == "mx.client.example"
    assert report.authentication_results == ("mx.client.example;    spf=fail smtp.mailfrom=sender.example",)
    assert (report.auth_failure, report.dkim_domain, report.dkim_selector) == ("bodyhash", "sender.example", "key")


@pytest.mark.parametrize("before", [b"", b"\r\n\r\n", b" \n\t\n", b"A text before it\r\n\r\n"])
def test_the_type_alone_is_a_report(before):
    report = read(before + b"Feedback-Type: abuse\n")
    assert (report.feedback_type, report.user_agent, report.source_ip) == ("abuse", "", "")
    assert (report.incidents, report.arrival, report.reported_domains) == (1, None, ())


def test_the_date_of_the_drafts_counts_too():
    assert read(b"Feedback-Type: fraud\nReceived-Date: 8 Oct 2011 20:15:58 +0000 (GMT)\n").arrival == 1_318_104_958


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (b"2001:DB8:0:0::1", "2001:db8::1"),
        (b"[IPv6:2001:db8::1]", "2001:db8::1"),
        (b"::ffff:192.0.2.1", "::ffff:192.0.2.1"),
        (b"no address", ""),
        (b"192.0.2.256", ""),
        (b"1" * 500_000, ""),
    ],
)
def test_a_source_is_an_address_or_nothing(written, address):
    assert read(b"Feedback-Type: abuse\r\nSource-IP: " + written + b"\r\n").source_ip == address


@pytest.mark.parametrize("date", [b"", b"never", b"99 Foo 9999 99:99:99 +9999", b"1:" * 300_000])
def test_a_date_that_is_none_is_nothing(date):
    assert not read(b"Feedback-Type: abuse\r\nArrival-Date: " + date + b"\r\n").arrival


@pytest.mark.parametrize("data", [b"", b"\r\n", b"User-Agent: a\r\n", b"Feedback-Type:\r\n", b"(" * 1_000_000])
def test_without_a_type_there_is_no_report(data):
    with pytest.raises(BrokenReport):
        read(data)


@given(st.binary(max_size=300))
@settings(derandomize=True, deadline=None)
def test_rubbish_does_no_harm(data):
    assert read(b"Feedback-Type: abuse\n" + data).feedback_type == "abuse"
