"""An aggregate report as a file and as a mail (RFC 9990)."""

from __future__ import annotations

import base64
import gzip
from dataclasses import dataclass
from email.utils import formatdate

from ecluse.domain.address import Address
from ecluse.wire.reports.aggregate import Report

_LINE = 76  # Octets of base64 (RFC 2045 section 6.8).


@dataclass(frozen=True, slots=True)
class Submission:
    """A report that is to leave."""

    receiver: str  # Our own name: who received the messages it tells of.
    report: Report
    packed: bytes  # Its XML in gzip.

    @property
    def file_name(self) -> str:
        """Receiver, policy domain, first and last second, unique part."""
        period = self.report.period
        unique = self.report.report_id.partition("@")[0]
        return f"{self.receiver}!{self.report.policy.domain}!{period.begin}!{period.end}!{unique}.xml.gz"


def packed(xml: bytes) -> bytes:
    """In gzip; the same octets for the same report."""
    return gzip.compress(xml, mtime=0)


def mail(submission: Submission, recipient: Address, mail_id: str, now: float) -> bytes:
    """The whole mail, CRLF line ends, 7 bit; it leaves with the null reverse-path, so that nothing ever answers it."""
    report, boundary = submission.report, f"=_{mail_id}"
    text = (
        f"This is a DMARC aggregate report of {submission.receiver} about {report.policy.domain}.\r\n"
        "It was made by a program. The domain's own DMARC record asks for it (rua=).\r\n"
    )
    return (
        f"From: <{report.organisation.email}>\r\n"
        f"To: <{recipient}>\r\n"
        f"Subject: Report Domain: {report.policy.domain} Submitter: {submission.receiver}\r\n"
        f" Report-ID: <{report.report_id}>\r\n"
        f"Date: {formatdate(now)}\r\n"
        f"Message-ID: <{mail_id}@{submission.receiver}>\r\n"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{text}\r\n"
        f"--{boundary}\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{submission.file_name}"\r\n\r\n'
        f"{_base64(submission.packed)}--{boundary}--\r\n"
    ).encode("ascii")


def _base64(octets: bytes) -> str:
    text = base64.b64encode(octets).decode("ascii")
    return "".join(f"{text[at : at + _LINE]}\r\n" for at in range(0, len(text), _LINE))
