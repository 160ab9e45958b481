"""Counts our sessions with next hops for TLS reports (RFC 8460)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from ecluse.domain.event import MessageEvent, SessionEvent
from ecluse.domain.incoming import Direction
from ecluse.mta.delivery.tls_words import ENCRYPTED
from ecluse.wire.reports.tlsrpt import TlsFailure, TlsPolicy, TlsSessions

MAX_ROWS = 100_000
_NO_POLICY = "no-policy-found"  # What configured routes are held to, and domains that publish none.


class TlsTally:
    """Sessions by the domain that the mail was for."""

    def __init__(self) -> None:
        self._sessions: Counter[tuple[str, SessionEvent]] = Counter()  # By domain.

    def add(self, event: MessageEvent) -> None:
        """Count the new sessions that one journal record tells of."""
        if not event.recipients:
            return
        domain = event.recipients[0].address.rpartition("@")[2]
        for session in event.sessions:
            self._count(domain, session)
        if event.route_tls and not event.sessions:
            host = urlsplit(event.route).hostname or ""
            # A smart host is all that such a session says something about.
            self._count(domain if event.direction == Direction.INBOUND else host, SessionEvent(host, event.route_tls))

    def _count(self, domain: str, session: SessionEvent) -> None:
        row = (domain, session)
        if row in self._sessions or len(self._sessions) < MAX_ROWS:
            self._sessions[row] += 1

    def domains(self) -> Iterator[tuple[str, tuple[TlsSessions, ...]]]:
        """Each domain with its sessions, by name."""
        by_domain: dict[str, list[TlsSessions]] = {}
        for (domain, session), count in sorted(self._sessions.items(), key=_by_name):
            policy = TlsPolicy(session.policy or _NO_POLICY, domain, session.strings, session.hosts)
            by_domain.setdefault(domain, []).append(TlsSessions(policy, count, _failure(session)))
        for domain, sessions in by_domain.items():
            yield domain, tuple(sessions)


def _by_name(item: tuple[tuple[str, SessionEvent], int]) -> tuple[str, str, str, str]:
    (domain, session), _ = item
    return domain, session.host, session.word, session.address


def _failure(session: SessionEvent) -> TlsFailure | None:
    if session.word == ENCRYPTED:
        return None
    return TlsFailure(
        session.word,
        receiving_mx_hostname=session.host,
        receiving_ip=session.address,
        reason_code=session.reason,
    )
