"""Questions about reports: DMARC aggregate, TLS, abuse, delivery status."""

from __future__ import annotations

from collections.abc import Callable

from ecluse.domain.content import Content, MemoryContent
from ecluse.entrypoints.judge_ops.question import Json, Refused, octets_in, text_in
from ecluse.wire.reports.faults import OversizedReport, UnreadableReport
from ecluse.wire.reports.mail import aggregate_report_in, delivery_status_in, feedback_report_in, tls_report_in


def report_parse(question: Json) -> Json:
    """The op `report.parse`."""
    describe = _DESCRIBED.get(text_in(question, "type"))
    if describe is None:
        raise Refused("bad-request", "type is dmarc, tlsrpt, arf or dsn")
    try:
        return {"report": describe(MemoryContent(octets_in(question, "data")))}
    except UnreadableReport as problem:
        code = "limit" if isinstance(problem, OversizedReport) else "syntax"
        raise Refused(code, str(problem)) from None


def _dmarc(content: Content) -> Json:
    report = aggregate_report_in(content)
    records = [
        {
            "source_ip": row.source_ip or None,
            "count": row.count,
            "disposition": row.disposition or None,
            "dkim": row.dkim or None,
            "spf": row.spf or None,
            "header_from": row.header_from or None,
        }
        for row in report.rows
    ]
    return {
        "org_name": report.organisation.name or None,
        "email": report.organisation.email or None,
        "report_id": report.report_id or None,
        "begin": report.period.begin or None,
        "end": report.period.end or None,
        "domain": report.policy.domain or None,
        "p": report.policy.p or None,
        "records": records,
    }


def _tlsrpt(content: Content) -> Json:
    report = tls_report_in(content)
    policies = [
        {
            "type": result.policy.type or None,
            "domain": result.policy.domain or None,
            "successful": result.successful,
            "failed": result.failed,
        }
        for result in report.results
    ]
    return {
        "organization": report.organisation.name or None,
        "report_id": report.report_id or None,
        "begin": report.period.begin or None,
        "end": report.period.end or None,
        "policies": policies,
    }


def _arf(content: Content) -> Json:
    report = feedback_report_in(content)
    return {
        "feedback_type": report.feedback_type,
        "source_ip": report.source_ip or None,
        "user_agent": report.user_agent or None,
        "reported_domains": list(report.reported_domains),
    }


def _dsn(content: Content) -> Json:
    recipients = [
        {"recipient": one.recipient or None, "action": one.action or None, "status": one.status or None}
        for one in delivery_status_in(content).recipients
    ]
    return {"recipients": recipients}


_DESCRIBED: dict[str, Callable[[Content], Json]] = {"dmarc": _dmarc, "tlsrpt": _tlsrpt, "arf": _arf, "dsn": _dsn}
