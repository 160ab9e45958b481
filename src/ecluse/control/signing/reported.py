"""What others report of a client's domains: who sent in their name, and who could not deliver to them encrypted.

Anybody may write such a report. One counts where its mail is proven to be of some domain, and is shown under that domain's name
and no other; those that nobody stands behind are counted as such alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django_scopes import scopes_disabled

from ecluse.control.signing.models import DomainReport, ReportedSource
from ecluse.domain.received_report import ReportKind

MOST_LINES = 30  # Of each table.
KEPT_S = 90 * 86_400.0  # As long as the page looks back.


@dataclass(frozen=True, slots=True)
class Reporter:
    """One domain that reports."""

    kind: ReportKind
    name: str
    count: int
    passed: int
    failed: int


@dataclass(frozen=True, slots=True)
class Source:
    """A server that sent in a domain's name; messages."""

    domain: str
    address: str
    is_ours: bool
    passed: int
    failed: int
    dkim: int
    spf: int
    turned_away: int
    reporters: int

    @property
    def total(self) -> int:
        """All messages."""
        return self.passed + self.failed


@dataclass(frozen=True, slots=True)
class TlsTrouble:
    """Sessions with one server of a domain that failed for one reason."""

    domain: str
    server: str
    reason: str  # A word of RFC 8460 section 4.3, as far as its reporter keeps to it.
    failed: int
    reporters: int


@dataclass(frozen=True, slots=True)
class Reported:
    """All of some days."""

    reporters: tuple[Reporter, ...] = ()
    sources: tuple[Source, ...] = ()  # Ours first, then those with most messages.
    troubles: tuple[TlsTrouble, ...] = ()
    unproven: int = 0  # Reports that nobody stands behind, and that are in none of these.

    @property
    def is_empty(self) -> bool:
        """Whether nothing was reported."""
        return not (self.reporters or self.unproven)


def reported(since: float, ours: frozenset[str]) -> Reported:
    """Of the days since then; `ours` are the addresses from which we send. In the client's scope."""
    reports = DomainReport.objects.filter(begin__gte=since)
    return Reported(
        tuple(map(_reporter, _reporters(reports.exclude(proven=""))[:MOST_LINES])),
        _sources(since, ours),
        tuple(map(_trouble, _troubles(since)[:MOST_LINES])),
        reports.filter(proven="").count(),
    )


def forget_reports(now: float) -> None:
    """Delete what is too old to be shown. A job of the provider's."""
    with scopes_disabled():  # Of all clients.
        old = DomainReport.objects.filter(received_at__lt=now - KEPT_S)
        ReportedSource.objects.filter(report__in=old).delete()
        old.delete()


def _reporters(reports: QuerySet[DomainReport]) -> QuerySet[Any, Any]:
    told = reports.values("kind", "proven").annotate(count=Count("pk"), good=Sum("passed"), bad=Sum("failed"))
    return told.order_by("-count", "kind", "proven")


def _reporter(row: Mapping[str, Any]) -> Reporter:
    return Reporter(ReportKind(row["kind"]), str(row["proven"]), *(int(row[each]) for each in ("count", "good", "bad")))


def _of(kind: ReportKind, since: float) -> QuerySet[ReportedSource]:
    rows = ReportedSource.objects.filter(report__kind=kind, report__begin__gte=since)
    return rows.exclude(report__proven="")


def _sources(since: float, ours: frozenset[str]) -> tuple[Source, ...]:
    told = (
        _of(ReportKind.DMARC, since)
        .values("report__name", "source")
        .annotate(
            good=Sum("passed"),
            bad=Sum("failed"),
            signed=Sum("dkim"),
            listed=Sum("spf"),
            away=Sum("turned_away"),
            who=Count("report__proven", distinct=True),
            total=Sum(F("passed") + F("failed")),
        )
    )
    known = Q(source__in=ours)
    rows = [*told.filter(known).order_by("-total")[:MOST_LINES], *told.exclude(known).order_by("-total")[:MOST_LINES]]
    return tuple(_source(row, ours) for row in rows[:MOST_LINES])


def _source(row: Mapping[str, Any], ours: frozenset[str]) -> Source:
    figures = (int(row[each]) for each in ("good", "bad", "signed", "listed", "away", "who"))
    return Source(str(row["report__name"]), str(row["source"]), row["source"] in ours, *figures)


def _troubles(since: float) -> QuerySet[Any, Any]:
    told = _of(ReportKind.TLS, since).filter(failed__gt=0).values("report__name", "source", "reason")
    counted = told.annotate(bad=Sum("failed"), who=Count("report__proven", distinct=True))
    return counted.order_by("-bad", "report__name", "source", "reason")


def _trouble(row: Mapping[str, Any]) -> TlsTrouble:
    return TlsTrouble(
        str(row["report__name"]), str(row["source"]), str(row["reason"]), int(row["bad"]), int(row["who"])
    )
