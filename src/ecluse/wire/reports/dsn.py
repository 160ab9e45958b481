"""Delivery status notifications: the message of RFC 3464 in the envelope of RFC 3461."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formatdate
from enum import StrEnum

from ecluse.domain.queue import QueuedMessage, QueuedRecipient

MAX_RETURNED_OCTETS = 262_144  # Of the original message; beyond that only its header section goes back.


class Action(StrEnum):
    """What is told."""

    FAILED = "failed"
    DELAYED = "delayed"
    WAITING = "waiting"  # For somebody's approval.
    RELAYED = "relayed"


@dataclass(frozen=True, slots=True)
class _Form:
    """How one of them is told."""

    action: str  # Of RFC 3464 section 2.3.3.
    notify: str  # Asks for it (RFC 3461 section 4.1).
    status: str  # Its class (RFC 3463 section 2).
    subject: str
    opening: str


_FORMS = {
    Action.FAILED: _Form(
        "failed",
        "FAILURE",
        "5",
        "Undelivered mail returned to its sender",
        "Your message could not be delivered to the recipients below. It will not be tried again.",
    ),
    Action.DELAYED: _Form(
        "delayed",
        "DELAY",
        "4",
        "Delayed mail, still being tried",
        "Your message has not been delivered yet. It is still being tried; you need not send it again.",
    ),
    Action.WAITING: _Form(
        "delayed",
        "DELAY",
        "4",
        "Mail that waits for approval",
        "Your message has not been sent yet: it waits for the approval of your organisation. You need not send it again, "
        "and will be told if it is refused.",
    ),
    Action.RELAYED: _Form(
        "relayed",
        "SUCCESS",
        "2",
        "Mail relayed",
        "Your message was handed to a server that does not report further delivery.",
    ),
}


@dataclass(frozen=True, slots=True)
class Report:
    """What is told about one message."""

    action: Action
    message: QueuedMessage
    recipients: tuple[QueuedRecipient, ...]  # Their `reply` says why.
    head: bytes  # The original's header section, without the empty line.
    body: bytes = b""  # The original's body, where RET=FULL asks for it and it is small enough.


def wants(notify: tuple[str, ...], action: Action) -> bool:
    """Whether the recipient's NOTIFY asks for this report (RFC 3461 section 4.1); without NOTIFY, as is usual."""
    if not notify:
        return action is not Action.RELAYED
    return _FORMS[action].notify in notify


def build(report: Report, hostname: str, report_id: str, now: float) -> bytes:
    """The whole notification as octets, CRLF line ends; it leaves with the null reverse-path (RFC 5321 4.5.5)."""
    boundary = f"=_{report_id}"
    returned_type = "message/rfc822" if report.body else "text/rfc822-headers"
    original = report.head + (b"\r\n" + report.body if report.body else b"")
    parts = (
        ("text/plain; charset=utf-8", _explanation(report, hostname).encode()),
        ("message/delivery-status", _status(report, hostname, now).encode()),
        (returned_type, original),
    )
    head = (
        f"From: Mail Delivery System <postmaster@{hostname}>\r\n"
        f"To: {report.message.sender}\r\n"
        f"Subject: {_FORMS[report.action].subject}\r\n"
        f"Date: {formatdate(now)}\r\n"
        f"Message-ID: <{report_id}@{hostname}>\r\n"
        "Auto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{boundary}"\r\n\r\n'
    )
    body = b"".join(
        b"--%s\r\nContent-Type: %s\r\n%s\r\n%s\r\n" % (boundary.encode(), kind.encode(), _encoding(octets), octets)
        for kind, octets in parts
    )
    return head.encode() + body + f"--{boundary}--\r\n".encode()


def _encoding(octets: bytes) -> bytes:
    return b"" if octets.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"


def _explanation(report: Report, hostname: str) -> str:
    lines = [f"This is the mail system at {hostname}.", "", _FORMS[report.action].opening, ""]
    for recipient in report.recipients:
        lines += [f"<{recipient.address}>", f"    {_one_line(recipient.reply) or 'no answer'}", ""]
    return "\r\n".join(lines)


def _status(report: Report, hostname: str, now: float) -> str:
    """RFC 3464 section 2: the fields of the message, then those of each recipient."""
    per_message = [f"Reporting-MTA: dns; {hostname}"]
    if report.message.envid:
        per_message.insert(0, f"Original-Envelope-Id: {_plain(report.message.envid)}")
    per_message.append(f"Arrival-Date: {formatdate(report.message.received_at)}")
    blocks = ["\r\n".join(per_message)]
    blocks += [_recipient_fields(report.action, recipient, now) for recipient in report.recipients]
    return "\r\n\r\n".join(blocks) + "\r\n"


def _recipient_fields(action: Action, recipient: QueuedRecipient, now: float) -> str:
    fields = [f"Original-Recipient: {_plain(recipient.orcpt)}"] if recipient.orcpt else []
    kind = "rfc822" if str(recipient.address).isascii() else "utf-8"
    fields += [
        f"Final-Recipient: {kind}; {recipient.address}",
        f"Action: {_FORMS[action].action}",
        f"Status: {status_of(action, recipient.reply)}",
    ]
    if re.match(r"[245]\d\d ", recipient.reply):
        fields.append(f"Diagnostic-Code: smtp; {_one_line(recipient.reply)}")
    fields.append(f"Last-Attempt-Date: {formatdate(now)}")
    return "\r\n".join(fields)


def status_of(action: Action, reply: str) -> str:
    """The status code of RFC 3463 that goes with the action: the next hop's own where its class fits."""
    wanted = _FORMS[action].status
    found = re.match(r"[245]\d\d ([245]\.\d{1,3}\.\d{1,3}) ", reply)
    if found and found[1][0] == wanted:
        return found[1]
    if action is Action.FAILED:
        # A 4xx or silence that lasted too long is "delivery time expired".
        return "5.0.0" if reply[:1] == "5" else "5.4.7"
    return f"{wanted}.0.0"


def _one_line(text: str) -> str:
    """Words of another server on one line: they must not become fields of our report."""
    return " ".join(text.split())[:500]


def _plain(xtext: str) -> str:
    """RFC 3461 section 4: xtext decoded, kept on one line."""
    decoded = re.sub(r"\+([0-9A-F]{2})", lambda match: chr(int(match[1], 16)), xtext)
    return "".join(character for character in decoded if character.isprintable())[:500]
