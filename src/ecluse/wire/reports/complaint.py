"""The complaint in a mail: an abuse report (RFC 5965) in the form in which it is kept."""

from __future__ import annotations

from ecluse.domain.complaint import Complaint
from ecluse.domain.content import Content
from ecluse.domain.received_report import ReportMail
from ecluse.wire.mime.addresses import parse_addresses
from ecluse.wire.mime.fields import split_head
from ecluse.wire.names.registrable import registrable_domain
from ecluse.wire.notations import DomainName, address_key
from ecluse.wire.reports.arf import FeedbackReport
from ecluse.wire.reports.faults import BrokenReport
from ecluse.wire.reports.mail import feedback_report_in

MAX_KIND = 32
MAX_INCIDENTS = 1_000_000
_AUTHOR_OCTETS = 2_000  # Longer ones are no feedback loop's.
# Reports of failed authentication (RFC 6591) are about forgers, and of wanted mail about nobody.
_NO_COMPLAINTS = frozenset({"auth-failure", "not-spam"})


def complaint_in(content: Content, mail: ReportMail) -> Complaint:
    """Raises `BrokenReport` for a mail that complains of nothing, and `OversizedReport`."""
    report = feedback_report_in(content)
    if report.feedback_type in _NO_COMPLAINTS:
        raise BrokenReport(f"a report of {report.feedback_type} is no complaint")
    return Complaint(
        mail=mail,
        kind=report.feedback_type[:MAX_KIND],
        domain=_domain(report),
        source_ip=report.source_ip.partition("%")[0],
        incidents=min(report.incidents, MAX_INCIDENTS),
        recipient=_recipient(report),
        author=_author(content, mail.proven),
    )


def _domain(report: FeedbackReport) -> str:
    """As the report names it, else who has signed, else of the envelope's sender."""
    named = (*report.reported_domains[:1], report.dkim_domain, report.original_mail_from.rpartition("@")[2])
    return next((domain for each in named if (domain := _spelled(each.strip()))), "")


def _recipient(report: FeedbackReport) -> str:
    """Whoever complains, where it is one; many reporters write something else there."""
    return address_key(report.original_recipients[0]) if len(report.original_recipients) == 1 else ""


def _author(content: Content, proven: str) -> str:
    """The address in From, where its registered domain is the proven one: the proof was of a From with one address."""
    fields = split_head(content).all(b"from")
    if not proven or len(fields) != 1 or len(fields[0].value) > _AUTHOR_OCTETS:
        return ""
    authors = parse_addresses(fields[0].value).addresses
    if len(authors) != 1 or registrable_domain(authors[0].domain.lower()) != proven:
        return ""
    return address_key(f"{authors[0].local}@{authors[0].domain}")


def _spelled(name: str) -> str:
    """As we write domains; "" for what is none."""
    try:
        return str(DomainName(name.removesuffix(".")))
    except ValueError:
        return ""
