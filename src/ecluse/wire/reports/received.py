"""The reports in a mail, in the form in which they are kept: the two formats told in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from ecluse.domain.content import Content
from ecluse.domain.received_report import ReceivedReport, ReportKind, ReportMail, ReportSource
from ecluse.wire.names.spelling import ascii_domain
from ecluse.wire.reports import aggregate, tlsrpt
from ecluse.wire.reports.faults import BrokenReport
from ecluse.wire.reports.mail import aggregate_report_in, tls_report_in

MAX_SOURCES = 1_000  # Of one report, the largest; what is beyond them is added up.
OTHERS = "others"
_Counts = Counter[tuple[str, str, bool]]  # Source, detail, whether it passed.


def reports_in(content: Content, mail: ReportMail) -> tuple[ReceivedReport, ...]:
    """The aggregate report, or the TLS report with one part for each domain.

    Raises `BrokenReport` for a mail without any, and `OversizedReport`.
    """
    try:
        return (_from_aggregate(aggregate_report_in(content), mail),)
    except BrokenReport as problem:
        try:
            return tuple(_from_tls(tls_report_in(content), mail))
        except BrokenReport:
            raise problem from None


def _from_aggregate(report: aggregate.Report, mail: ReportMail) -> ReceivedReport:
    counts: _Counts = Counter()
    for row in report.rows:
        detail = f"dkim={row.dkim} spf={row.spf} disposition={row.disposition} from={row.header_from}"
        counts[row.source_ip, detail, "pass" in (row.dkim, row.spf)] += row.count
    return ReceivedReport(
        mail=mail,
        kind=ReportKind.DMARC,
        domain=_domain(report.policy.domain),
        reporter=report.organisation.name,
        report_id=report.report_id,
        begin=report.period.begin,
        end=report.period.end,
        policy=f"p={report.policy.p}",
        sources=_sources(counts),
    )


def _from_tls(report: tlsrpt.TlsReport, mail: ReportMail) -> Iterator[ReceivedReport]:
    """Policies of one domain are told together: domains of a report differ in their owners."""
    by_domain: dict[str, list[tlsrpt.TlsResult]] = {}
    for result in report.results:
        by_domain.setdefault(_domain(result.policy.domain), []).append(result)
    for domain, results in by_domain.items():
        yield ReceivedReport(
            mail=mail,
            kind=ReportKind.TLS,
            domain=domain,
            reporter=report.organisation.name,
            report_id=report.report_id,
            begin=report.period.begin,
            end=report.period.end,
            policy=" ".join(dict.fromkeys(result.policy.type for result in results)),
            sources=_sources(_tls_counts(results)),
        )


def _tls_counts(results: Iterable[tlsrpt.TlsResult]) -> _Counts:
    counts: _Counts = Counter()
    for result in results:
        if result.successful:
            counts["", result.policy.type, True] += result.successful
        for failure in result.failures:
            server = failure.receiving_mx_hostname or failure.receiving_ip
            counts[server, failure.result_type, False] += failure.sessions
        untold = result.failed - sum(failure.sessions for failure in result.failures)
        if untold > 0:
            counts["", "failure without details", False] += untold
    return counts


def _sources(counts: _Counts) -> tuple[ReportSource, ...]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = [_source(source, detail, count, passed=passed) for (source, detail, passed), count in ranked[:MAX_SOURCES]]
    for passed in (True, False):
        rest = sum(count for key, count in ranked[MAX_SOURCES:] if key[2] is passed)
        if rest:
            told.append(_source(OTHERS, "", rest, passed=passed))
    return tuple(told)


def _source(source: str, detail: str, count: int, *, passed: bool) -> ReportSource:
    return ReportSource(source, count if passed else 0, 0 if passed else count, detail)


def _domain(text: str) -> str:
    """Raises `BrokenReport` for what is no domain: nobody would ever ask for it."""
    domain = ascii_domain(text.strip())
    if domain is None:
        raise BrokenReport("a report about no domain")
    return domain
