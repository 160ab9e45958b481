"""Counts our sessions with next hops for TLS reports (RFC 8460)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from ecluse.domain.event import MessageEvent
from ecluse.domain.incoming import Direction
from ecluse.mta.delivery.tls_words import ENCRYPTED
from ecluse.wire.reports.tlsrpt import TlsFailure, TlsPolicy, TlsSessions

MAX_ROWS = 100_000
# Configured routes are held to no policy that a domain publishes; MTA-STS and DANE come with delivery by MX.
_POLICY = "no-policy-found"


class TlsTally:
    """Sessions by the domain that the mail was for."""

    def __init__(self) -> None:
        self._sessions: Counter[tuple[str, str, str]] = Counter()  # Domain, host, word.

    def add(self, event: MessageEvent) -> None:
        """Count one journal record that tells of a new session."""
        if not event.route_tls or not event.recipients:
            return
        host = urlsplit(event.route).hostname or ""
        # All outbound mail takes one route: that host is all that the session says something about.
        domain = event.recipients[0].address.rpartition("@")[2] if event.direction == Direction.INBOUND else host
        row = (domain, host, event.route_tls)
        if row in self._sessions or len(self._sessions) < MAX_ROWS:
            self._sessions[row] += 1

    def domains(self) -> Iterator[tuple[str, tuple[TlsSessions, ...]]]:
        """Each domain with its sessions, by name."""
        by_domain: dict[str, list[TlsSessions]] = {}
        for (domain, host, word), count in sorted(self._sessions.items()):
            failure = None if word == ENCRYPTED else TlsFailure(word, receiving_mx_hostname=host)
            by_domain.setdefault(domain, []).append(TlsSessions(TlsPolicy(_POLICY, domain), count, failure))
        for domain, sessions in by_domain.items():
            yield domain, tuple(sessions)
