"""Reports of abuse and of failed authentication about one message (RFC 5965, RFC 6591), read."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.wire.reports.faults import BrokenReport
from ecluse.wire.reports.fields import Group, groups, unbracketed
from ecluse.wire.reports.texts import ip_address, mail_time, number


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """What the part message/feedback-report says; a text that is missing is ""."""

    feedback_type: str  # Lower case: "abuse", "fraud", "virus", "not-spam", "auth-failure", "other", or another word.
    user_agent: str
    source_ip: str  # Canonical form.
    reported_domains: tuple[str, ...]
    reported_uris: tuple[str, ...]
    original_mail_from: str  # Without angle brackets.
    original_recipients: tuple[str, ...]
    original_envelope_id: str
    reporting_mta: str
    arrival: int | None  # Epoch seconds.
    incidents: int  # So many messages: 1 unless the report says more.
    authentication_results: tuple[str, ...]
    auth_failure: str  # RFC 6591 section 3.1, lower case: "bodyhash", "dmarc", "revoked", "signature", "spf".
    delivery_result: str
    dkim_domain: str
    dkim_selector: str


def read(data: bytes) -> FeedbackReport:
    """The report in the octets of a message/feedback-report part. Raises `BrokenReport` without a Feedback-Type."""
    group = next((group for group in groups(data) if group.section.first(b"feedback-type")), None)
    if group is None or not group.word(b"feedback-type"):
        raise BrokenReport("no Feedback-Type")
    return FeedbackReport(
        group.word(b"feedback-type"),
        group.text(b"user-agent"),
        ip_address(group.text(b"source-ip")),
        group.texts(b"reported-domain"),
        group.texts(b"reported-uri"),
        unbracketed(group.text(b"original-mail-from")),
        tuple(map(unbracketed, group.texts(b"original-rcpt-to"))),
        group.text(b"original-envelope-id"),
        group.typed(b"reporting-mta"),
        _arrival(group),
        number(group.text(b"incidents")) or 1,
        group.texts(b"authentication-results"),
        group.word(b"auth-failure"),
        group.word(b"delivery-result"),
        group.text(b"dkim-domain"),
        group.text(b"dkim-selector"),
    )


def _arrival(group: Group) -> int | None:
    # "Received-Date" is what the drafts of RFC 5965 called it; it is still sent.
    return mail_time(group.text(b"arrival-date") or group.text(b"received-date"))
