"""Counts our sessions with next hops for TLS reports (RFC 8460)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
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

    def __init__(self, addresses: Iterable[str] = ()) -> None:
        """`addresses` are those from which this node sends: where it has one of a family, the session came from there."""
        self._sessions: Counter[_Row] = Counter()
        self._addresses = tuple(addresses)

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
            sessions.append(TlsSessions(policy, count, self._failure(session)))
        for (domain, is_configured), sessions in by_domain.items():
            yield TlsDay(domain, tuple(sessions), is_configured=is_configured)

    def _failure(self, session: SessionEvent) -> TlsFailure | None:
        if session.word == ENCRYPTED:
            return None
        return TlsFailure(
            session.word,
            sending_mta_ip=session.source or self._only_one(session.address),
            receiving_mx_hostname=session.host,
            receiving_ip=session.address,
            reason_code=session.reason,
        )

    def _only_one(self, peer: str) -> str:
        """Our address of the peer's family; "" where there are several, or nobody was asked."""
        found = [each for each in self._addresses if peer and (":" in each) == (":" in peer)]
        return found[0] if len(found) == 1 else ""


def _by_name(item: tuple[_Row, int]) -> tuple[str, bool, str, str, str, str]:
    row, _ = item
    session = row.session
    return row.domain, row.is_configured, session.host, session.word, session.address, session.source
