"""Delivery status notifications (RFC 3464, RFC 6533) that other servers send, read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ecluse.wire.reports.faults import BrokenReport, OversizedReport
from ecluse.wire.reports.fields import Group, groups
from ecluse.wire.reports.texts import mail_time

MAX_RECIPIENTS = 5_000
_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}(?![0-9])")


@dataclass(frozen=True, slots=True)
class RecipientStatus:
    """What became of one recipient; a text that is missing is ""."""

    recipient: str  # Without its type and angle brackets.
    action: str  # Lower case: "failed", "delayed", "delivered", "relayed" or "expanded" (RFC 3464 section 2.3.3).
    status: str  # A code of RFC 3463, "5.1.1".
    original_recipient: str
    remote_mta: str
    diagnostic: str  # With its type: "smtp; 550 5.1.1 no such user".


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """What the part message/delivery-status says; a text that is missing is ""."""

    reporting_mta: str
    original_envelope_id: str
    arrival: int | None  # Epoch seconds.
    recipients: tuple[RecipientStatus, ...]  # At least one.


def read(data: bytes) -> DeliveryStatus:
    """The notification in the octets of a message/delivery-status part.

    Raises `BrokenReport` when it names no recipient, `OversizedReport` for more than `MAX_RECIPIENTS`.
    """
    message: Group | None = None
    recipients: list[RecipientStatus] = []
    for group in groups(data):
        if not (group.section.first(b"final-recipient") or group.section.first(b"original-recipient")):
            message = message or group
        elif len(recipients) >= MAX_RECIPIENTS:
            raise OversizedReport(f"more than {MAX_RECIPIENTS} recipients")
        elif group.section.first(b"action") or group.section.first(b"status"):
            recipients.append(_recipient(group))
    if not recipients:
        raise BrokenReport("no recipient with an action or a status")
    return DeliveryStatus(
        message.typed(b"reporting-mta") if message else "",
        message.text(b"original-envelope-id") if message else "",
        mail_time(message.text(b"arrival-date")) if message else None,
        tuple(recipients),
    )


def _recipient(group: Group) -> RecipientStatus:
    original = group.typed(b"original-recipient")
    status = _STATUS.search(group.text(b"status"))
    return RecipientStatus(
        group.typed(b"final-recipient") or original,
        group.word(b"action"),
        status[0] if status else "",
        original,
        group.typed(b"remote-mta"),
        group.text(b"diagnostic-code"),
    )
