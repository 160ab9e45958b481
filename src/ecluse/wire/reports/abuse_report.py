"""A report of abuse about one message of which the header is left (RFC 5965), written."""

from __future__ import annotations

import secrets
from email.utils import formatdate

from ecluse.domain.lock_evidence import LockEvidence
from ecluse.domain.printable import printable

USER_AGENT = "Ecluse"


def abuse_report(evidence: LockEvidence, author: str, hostname: str, said: str, now: float) -> bytes:
    """A whole mail without a recipient, to be kept or sent on. `said` is for people, in ASCII or not."""
    boundary = f"=_{secrets.token_hex(16)}"
    head = (
        f"From: <{author}>",
        f"Date: {formatdate(now)}",
        "Subject: Report of abuse",
        f"Message-ID: <{secrets.token_hex(16)}@{hostname}>",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=feedback-report; boundary="{boundary}"',
    )
    parts = (
        _part("text/plain; charset=utf-8", said.encode()),
        _part("message/feedback-report", "\r\n".join(_fields(evidence)).encode()),
        _part("text/rfc822-headers", _lines(evidence.header)),
    )
    body = b"".join(f"--{boundary}\r\n".encode() + part for part in parts)
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body + f"--{boundary}--\r\n".encode()


def _fields(evidence: LockEvidence) -> list[str]:
    fields = [
        "Feedback-Type: abuse",
        f"User-Agent: {USER_AGENT}",
        "Version: 1",
        f"Original-Mail-From: <{printable(evidence.sender)}>",
        f"Arrival-Date: {formatdate(evidence.received_at)}",
        f"Source-IP: {evidence.ip}",
    ]
    domain = evidence.sender.rpartition("@")[2]
    return [*fields, f"Reported-Domain: {printable(domain)}"] if domain else fields


def _part(kind: str, octets: bytes) -> bytes:
    encoding = "7bit" if octets.isascii() else "8bit"
    return f"Content-Type: {kind}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + octets + b"\r\n"


def _lines(header: bytes) -> bytes:
    """With line ends of mail, whatever it came with."""
    return b"\r\n".join(header.splitlines()) + b"\r\n"
