"""Counts our sessions with next hops for TLS reports (RFC 8460)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from ecluse.domain.event import MessageEvent, SessionEvent
from ecluse.domain.incoming import Direction
from ecluse.mta.delivery.tls_words import ENCRYPTED
from ecluse.wire.reports.tlsrpt import TlsFailure, TlsPolicy, TlsSessions

MAX_ROWS = 100_000
_NO_POLICY = "no-policy-found"  # What configured routes are held to, and domains that publish none.


@dataclass(frozen=True, slots=True)
class TlsDay:
    """A day's sessions about one domain."""

    domain: str
    sessions: tuple[TlsSessions, ...]
    is_configured: bool  # With routes of our own settings and policy: nobody else's DNS named them, so nobody is told.


@dataclass(frozen=True, slots=True)
class _Row:
    domain: str
    session: SessionEvent
    is_configured: bool = False


class TlsTally:
    """Sessions by the domain that the mail was for."""

    def __init__(self) -> None:
        self._sessions: Counter[_Row] = Counter()

    def add(self, event: MessageEvent) -> None:
        """Count the new sessions that one journal record tells of."""
        if not event.recipients:
            return
        domain = event.recipients[0].address.rpartition("@")[2]
        for session in event.sessions:
            self._count(_Row(domain, session))
        if event.route_tls and not event.sessions:
            host = urlsplit(event.route).hostname or ""
            # A smart host is all that such a session says something about.
            named = domain if event.direction == Direction.INBOUND else host
            self._count(_Row(named, SessionEvent(host, event.route_tls), is_configured=True))

    def _count(self, row: _Row) -> None:
        if row in self._sessions or len(self._sessions) < MAX_ROWS:
            self._sessions[row] += 1

    def domains(self) -> Iterator[TlsDay]:
        """Each domain with its sessions, by name; those of configured routes by themselves."""
        by_domain: dict[tuple[str, bool], list[TlsSessions]] = {}
        for row, count in sorted(self._sessions.items(), key=_by_name):
            session = row.session
            policy = TlsPolicy(session.policy or _NO_POLICY, row.domain, session.strings, session.hosts)
            sessions = by_domain.setdefault((row.domain, row.is_configured), [])
            sessions.append(TlsSessions(policy, count, _failure(session)))
        for (domain, is_configured), sessions in by_domain.items():
            yield TlsDay(domain, tuple(sessions), is_configured=is_configured)


def _by_name(item: tuple[_Row, int]) -> tuple[str, bool, str, str, str]:
    row, _ = item
    return row.domain, row.is_configured, row.session.host, row.session.word, row.session.address


def _failure(session: SessionEvent) -> TlsFailure | None:
    if session.word == ENCRYPTED:
        return None
    return TlsFailure(
        session.word,
        receiving_mx_hostname=session.host,
        receiving_ip=session.address,
        reason_code=session.reason,
    )
