"""Delivery status notifications of other servers, and our own."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecluse.domain.address import Address
from ecluse.domain.content import MemoryContent
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.wire.reports import dsn
from ecluse.wire.reports.dsn_reader import MAX_RECIPIENTS, RecipientStatus, read
from ecluse.wire.reports.faults import BrokenReport, OversizedReport
from ecluse.wire.reports.mail import delivery_status_in
from tests.cpu import cpu

STATUS = b"""Original-Envelope-Id: env\r
Reporting-MTA: dns; mx.other.example\r
Arrival-Date: Tue, 14 Nov 2023 22:13:20 +0000\r
\r
Original-Recipient: rfc822; alias@other.example\r
Final-Recipient: RFC822; <ann@other.example>\r
Action: Failed (bounced)\r
Status: 5.1.1 (bad mailbox)\r
Remote-MTA: dns; inner.other.example\r
Diagnostic-Code: smtp; 550 5.1.1\r
    no such user\r
 \t\r
Final-Recipient: rfc822;bob@other.example\r
Action: delayed\r
Status: 4.4.1\r
"""

LOCALS = st.from_regex(r"[a-z0-9.]{1,20}", fullmatch=True)


def test_every_field_is_read():
    notification = read(STATUS)
    assert notification.reporting_mta == "mx.other.example"
    assert (notification.original_envelope_id, notification.arrival) == ("env", 1_700_000_000)
    assert notification.recipients == (
        RecipientStatus(
            "ann@other.example",
            "failed",
            "5.1.1",
            "alias@other.example",
            "inner.other.example",
            "smtp; 550 5.1.1    no such user",
        ),
        RecipientStatus("bob@other.example", "delayed", "4.4.1", "", "", ""),
    )


@pytest.mark.parametrize("line_end", [b"\r\n", b"\n", b"\r"])
def test_line_ends_make_no_difference(line_end):
    assert read(STATUS.replace(b"\r\n", line_end)).recipients == read(STATUS).recipients


def test_a_recipient_without_its_final_name_keeps_the_original_one():
    (found,) = read(b"Original-Recipient: rfc822;a@b.example\n Action: no\nStatus: 5.0.0\n").recipients
    assert (found.recipient, found.status) == ("a@b.example    Action: no".replace("    ", " "), "5.0.0")


@pytest.mark.parametrize("status", [b"5", b"9.1.1", b"5.1", b"unknown", b"5.1.1111"])
def test_a_status_that_is_none_is_empty(status):
    (found,) = read(b"Final-Recipient: rfc822;a@b.example\nStatus: " + status + b"\n").recipients
    assert found.status == ""


@pytest.mark.parametrize(
    "data", [b"", b"Reporting-MTA: dns; a\n", b"Final-Recipient: rfc822;a@b.example\n", b"\n" * 99]
)
def test_without_a_recipient_there_is_no_notification(data):
    with pytest.raises(BrokenReport):
        read(data)


def test_recipients_are_counted():
    group = b"Final-Recipient: rfc822;a@b.example\nStatus: 5.0.0\n\n"
    assert len(read(group * MAX_RECIPIENTS).recipients) == MAX_RECIPIENTS
    with pytest.raises(OversizedReport):
        read(group * (MAX_RECIPIENTS + 1))


@pytest.mark.parametrize("data", [b"\n" * 10**7, b"\n\t\t" * 10**6, b"\n" + b"\t" * 10**7, b"a:\n\n" * 10**6])
def test_endless_emptiness_costs_no_time(data):
    with cpu() as spent, pytest.raises(BrokenReport):
        read(data)
    assert spent.seconds < 3


@given(st.lists(LOCALS, min_size=1, max_size=5), st.sampled_from(dsn.Action), st.booleans())
@settings(derandomize=True, deadline=None)
def test_what_we_send_is_read_again(locals_, action, returns_body):
    recipients = tuple(
        QueuedRecipient(Address(local, "other.example"), orcpt="rfc822;a+2Bb@other.example", reply="550 5.1.1 no")
        for local in locals_
    )
    message = QueuedMessage(
        *("id", Direction.OUTBOUND, "client", "other.example", 1_700_000_000.0, 1_700_000_000.0),
        *(Address("s", "client.example"), True, recipients),
        envid="env+2B1",
    )
    body = b"Final-Recipient: rfc822;no@other.example\r\nStatus: 5.0.0\r\n" if returns_body else b""
    report = dsn.Report(action, message, recipients, b"From: s@client.example\r\n", body)
    notification = delivery_status_in(
        MemoryContent(dsn.build(report, "gateway.example", "01890000-0000-7000-8000-000000000000", 1_700_000_500.0))
    )
    assert notification.reporting_mta == "gateway.example"
    assert (notification.original_envelope_id, notification.arrival) == ("env+1", 1_700_000_000)
    assert [found.recipient for found in notification.recipients] == [f"{local}@other.example" for local in locals_]
    assert {found.original_recipient for found in notification.recipients} == {"a+b@other.example"}
    assert {found.action for found in notification.recipients} == {
        "delayed" if action is dsn.Action.WAITING else action.value
    }
    assert {found.status for found in notification.recipients} == {dsn.status_of(action, "550 5.1.1 no")}
