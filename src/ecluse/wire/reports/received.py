"""The reports in a mail, in the form in which they are kept: the two formats told in one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ecluse.domain.content import Content
from ecluse.domain.received_report import ReceivedReport, ReportKind, ReportMail, ReportSource
from ecluse.wire.names.spelling import ascii_domain
from ecluse.wire.reports import aggregate, tlsrpt
from ecluse.wire.reports.faults import BrokenReport
from ecluse.wire.reports.mail import aggregate_report_in, tls_report_in

MAX_SOURCES = 1_000  # Of one report, the largest; what is beyond them is added up.
OTHERS = "others"
_TURNED_AWAY = frozenset({"quarantine", "reject"})


@dataclass(frozen=True, slots=True, order=True)
class _Kind:
    """What is counted together."""

    source: str
    detail: str
    passed: bool
    dkim: bool = False
    spf: bool = False
    turned_away: bool = False


_Counts = Counter[_Kind]


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
        dkim, spf = row.dkim == "pass", row.spf == "pass"
        counts[_Kind(row.source_ip, detail, dkim or spf, dkim, spf, row.disposition in _TURNED_AWAY)] += row.count
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
            counts[_Kind("", result.policy.type, passed=True)] += result.successful
        for failure in result.failures:
            server = failure.receiving_mx_hostname or failure.receiving_ip
            counts[_Kind(server, failure.result_type, passed=False)] += failure.sessions
        untold = result.failed - sum(failure.sessions for failure in result.failures)
        if untold > 0:
            counts[_Kind("", "failure without details", passed=False)] += untold
    return counts


def _sources(counts: _Counts) -> tuple[ReportSource, ...]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    told = [_source(kind, count) for kind, count in ranked[:MAX_SOURCES]]
    for passed in (True, False):
        rest = sum(count for kind, count in ranked[MAX_SOURCES:] if kind.passed is passed)
        if rest:
            told.append(_source(_Kind(OTHERS, "", passed), rest))
    return tuple(told)


def _source(kind: _Kind, count: int) -> ReportSource:
    passed, failed = (count, 0) if kind.passed else (0, count)
    return ReportSource(kind.source, passed, failed, kind.detail, kind.dkim, kind.spf, kind.turned_away)


def _domain(text: str) -> str:
    """Raises `BrokenReport` for what is no domain: nobody would ever ask for it."""
    domain = ascii_domain(text.strip())
    if domain is None:
        raise BrokenReport("a report about no domain")
    return domain
