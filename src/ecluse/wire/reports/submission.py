"""A report as a file and as a mail: DMARC aggregate reports (RFC 9990), TLS reports (RFC 8460 section 5)."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate
from types import MappingProxyType

from ecluse.domain.address import Address
from ecluse.domain.received_report import ReportKind
from ecluse.wire.mime.encoding import in_base64
from ecluse.wire.reports.reporter import Organisation, Period

TLS_MEDIA_TYPE = "application/tlsrpt+gzip"


@dataclass(frozen=True, slots=True)
class _Form:
    """In which the reports of one kind differ as mails."""

    suffix: str
    what: str
    record: str
    whole: str  # Media type of the mail, with its parameters.
    part: str  # That of the report.


_FORMS: Mapping[ReportKind, _Form] = MappingProxyType(
    {
        ReportKind.DMARC: _Form("xml.gz", "DMARC aggregate report", "DMARC", "multipart/mixed", "application/gzip"),
        ReportKind.TLS: _Form(
            "json.gz", "TLS report", "TLSRPT", 'multipart/report; report-type="tlsrpt"', TLS_MEDIA_TYPE
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A report that is to leave."""

    kind: ReportKind
    receiver: str  # Our own name: who received the messages, or opened the sessions, that it tells of.
    domain: str  # Whose policy it is about.
    report_id: str
    organisation: Organisation
    period: Period
    packed: bytes  # In gzip.

    @property
    def file_name(self) -> str:
        """Receiver, policy domain, first and last second, unique part."""
        unique = self.report_id.partition("@")[0]
        suffix = _FORMS[self.kind].suffix
        return f"{self.receiver}!{self.domain}!{self.period.begin}!{self.period.end}!{unique}.{suffix}"


def packed(report: bytes) -> bytes:
    """In gzip; the same octets for the same report."""
    return gzip.compress(report, mtime=0)


def mail(submission: Submission, recipient: Address, mail_id: str, now: float) -> bytes:
    """The whole mail, CRLF line ends, 7 bit; it leaves with the null reverse-path, so that nothing ever answers it."""
    form, boundary = _FORMS[submission.kind], f"=_{mail_id}"
    text = (
        f"This is a {form.what} of {submission.receiver} about {submission.domain}.\r\n"
        f"It was made by a program. The domain's own {form.record} record asks for it (rua=).\r\n"
    )
    head = (
        f"From: <{submission.organisation.email}>\r\n"
        f"To: <{recipient}>\r\n"
        f"Subject: Report Domain: {submission.domain} Submitter: {submission.receiver}\r\n"
        f" Report-ID: <{submission.report_id}>\r\n"
        f"Date: {formatdate(now)}\r\n"
        f"Message-ID: <{mail_id}@{submission.receiver}>\r\n"
        f"{_tls_fields(submission)}"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: {form.whole}; boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\nContent-Type: text/plain; charset=us-ascii\r\n\r\n{text}\r\n"
        f"--{boundary}\r\nContent-Type: {form.part}\r\nContent-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{submission.file_name}"\r\n\r\n'
    )
    return head.encode("ascii") + in_base64(submission.packed) + f"--{boundary}--\r\n".encode("ascii")


def _tls_fields(submission: Submission) -> str:
    """RFC 8460 section 5.3."""
    if submission.kind is not ReportKind.TLS:
        return ""
    return f"TLS-Report-Domain: {submission.domain}\r\nTLS-Report-Submitter: {submission.receiver}\r\n"
