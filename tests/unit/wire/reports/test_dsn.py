"""The report of RFC 3464, read back by Python's own parser."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from ecluse.domain.address import Address
from ecluse.domain.incoming import Direction
from ecluse.domain.queue import QueuedMessage, QueuedRecipient
from ecluse.wire.reports.dsn import Action, Report, build, status_of, wants

BOB = QueuedRecipient(Address("bob", "b.example"), reply="550 5.1.1 who")
MESSAGE = QueuedMessage(
    id="0" * 32,
    direction=Direction.OUTBOUND,
    client="a",
    destination="outbound",
    received_at=1_700_000_000.0,
    queued_at=1_700_000_000.0,
    sender=Address("ann", "a.example"),
    is_sender_authenticated=True,
    recipients=(BOB,),
    envid="QQ+2B1",
)
HEAD = b"From: ann@a.example\r\nSubject: hello\r\n"


def report(*recipients, action=Action.FAILED, head=HEAD, body=b"How are you?\r\n", message=MESSAGE):
    octets = build(Report(action, message, recipients or (BOB,), head, body), "mx.test", "r1", 1_700_000_100.0)
    assert octets.count(b"\n") == octets.count(b"\r\n") == octets.count(b"\r")
    return message_from_bytes(octets, policy=policy.default)


def parts(parsed):
    return list(parsed.iter_parts())


def test_it_is_a_report_with_three_parts():
    parsed = report()
    assert (parsed.get_content_type(), parsed.get_param("report-type")) == ("multipart/report", "delivery-status")
    assert (parsed["To"], parsed["Auto-Submitted"]) == ("ann@a.example", "auto-replied")
    assert (parsed["From"], parsed["Message-ID"]) == ("Mail Delivery System <postmaster@mx.test>", "<r1@mx.test>")
    assert [one.get_content_type() for one in parts(parsed)] == [
        "text/plain",
        "message/delivery-status",
        "message/rfc822",
    ]
    assert "bob@b.example" in parts(parsed)[0].get_content()
    original = parts(parsed)[2].get_payload(0)
    assert (original["Subject"], original.get_payload()) == ("hello", "How are you?\r\n")
    assert not parsed.defects


def test_without_a_body_only_the_header_section_goes_back():
    returned = parts(report(body=b""))[2]
    assert returned.get_content_type() == "text/rfc822-headers"


def test_each_recipient_has_fields_of_its_own():
    cy = QueuedRecipient(Address("cy", "c.example"), orcpt="rfc822;Cy+2B@c.example", reply="no connection")
    about, bob, other = parts(report(BOB, cy))[1].get_payload()
    assert (about["Reporting-MTA"], about["Original-Envelope-Id"]) == ("dns; mx.test", "QQ+1")
    assert (bob["Final-Recipient"], bob["Action"], bob["Status"]) == ("rfc822; bob@b.example", "failed", "5.1.1")
    assert bob["Diagnostic-Code"] == "smtp; 550 5.1.1 who"
    assert other["Original-Recipient"] == "rfc822;Cy+@c.example"
    assert (other["Status"], other["Diagnostic-Code"]) == ("5.4.7", None)


@pytest.mark.parametrize(
    "reply", ["550 5.1.1 who\r\nAction: delivered", "550 5.1.1 who\r\n\r\n--=_r1--\r\n", "550 5.1.1 " + "x" * 10_000]
)
def test_words_of_a_server_cannot_become_fields_or_parts(reply):
    parsed = report(replace(BOB, reply=reply))
    assert len(parts(parsed)) == 3
    (_, fields) = parts(parsed)[1].get_payload()
    assert fields.get_all("Action") == ["failed"]
    assert len(fields["Diagnostic-Code"]) < 600


def test_an_envelope_id_cannot_become_a_field():
    about = parts(report(message=replace(MESSAGE, envid="a+0D+0AX-Evil: yes")))[1].get_payload()[0]
    assert about["X-Evil"] is None
    assert about["Original-Envelope-Id"] == "aX-Evil: yes"


def test_octets_beyond_ascii_are_declared():
    returned = parts(report(body=b"\xe9\r\n"))[2]
    assert returned["Content-Transfer-Encoding"] == "8bit"


@pytest.mark.parametrize(
    ("notify", "told"),
    [
        ((), {Action.FAILED, Action.DELAYED, Action.WAITING}),
        (("NEVER",), set()),
        (("SUCCESS",), {Action.RELAYED}),
        (("FAILURE", "DELAY"), {Action.FAILED, Action.DELAYED, Action.WAITING}),
    ],
)
def test_notify_says_what_is_reported(notify, told):
    assert {action for action in Action if wants(notify, action)} == told


@pytest.mark.parametrize(
    ("action", "reply", "status"),
    [
        (Action.FAILED, "550 5.7.1 no", "5.7.1"),
        (Action.FAILED, "550 no", "5.0.0"),
        (Action.FAILED, "450 4.2.1 busy", "5.4.7"),
        (Action.FAILED, "no connection within 10 s", "5.4.7"),
        (Action.DELAYED, "450 4.2.1 busy", "4.2.1"),
        (Action.DELAYED, "connection refused", "4.0.0"),
        (Action.RELAYED, "250 2.6.0 queued", "2.6.0"),
        (Action.RELAYED, "250 ok", "2.0.0"),
    ],
)
def test_the_status_goes_with_the_action(action, reply, status):
    assert status_of(action, reply) == status
