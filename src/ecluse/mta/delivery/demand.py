"""What the owner of a domain wants of the way to its servers, as it publishes it."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.event import SessionEvent
from ecluse.domain.policy import Tls
from ecluse.mta.delivery.tls_words import ENCRYPTED
from ecluse.wire.dane.tlsa import Tlsa

DANE, STS = "tlsa", "sts"  # The policies' types in TLS reports.


@dataclass(frozen=True, slots=True)
class Demand:
    """A demand for one server; without any, encryption is tried and nothing is proven (RFC 7435)."""

    policy: str = ""  # `DANE` or `STS`.
    tls: Tls = Tls.MAY
    tlsa: tuple[Tlsa, ...] = ()  # One of them must fit the certificate.
    base: str = ""  # The name under which they stand: the server's own, or where its aliases end.
    is_testing: bool = False  # What fails is reported, and mail goes on without.
    fault: str = ""  # What is wrong before anybody is asked: the word reported of sessions that go well otherwise.
    strings: tuple[str, ...] = ()  # As `SessionEvent.strings`.
    hosts: tuple[str, ...] = ()  # As `SessionEvent.hosts`.

    @property
    def steps(self) -> tuple[Tls, ...]:
        """How a connection is tried: what comes later is for when TLS has failed before."""
        if self.is_testing:
            return (Tls.VERIFY, Tls.MAY, Tls.NEVER)
        return (self.tls, Tls.NEVER) if self.tls is Tls.MAY else (self.tls,)

    def session(self, host: str, address: str, word: str, reason: str) -> SessionEvent:
        """One session under it, for the report."""
        found = word if word != ENCRYPTED else self.fault or word
        return SessionEvent(host, found, address, self.policy, self.strings, self.hosts, reason[:200])


NOTHING = Demand()
