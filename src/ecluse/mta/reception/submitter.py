"""Who is at an outbound door, and which connectors that proves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from ecluse.domain.connector import TOKEN_HEADER, Connector
from ecluse.mta.reception.networks import counts_from
from ecluse.ports.connectors import Connectors
from ecluse.wire.mime.fields import HeaderSection

TOKEN_FIELD = TOKEN_HEADER.lower().encode()
MAX_TOKENS = 3  # Fields of the token that are looked at.


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who is there, as far as the connection has shown it."""

    ip: str
    certificate: str = ""  # SHA-256 of the certificate that it proved to own, hexadecimal; "" = none.
    login: Connector | None = None  # Whose login it proved.

    def proves(self, connectors: Connectors, client: str | None = None) -> Iterator[Connector]:
        """What the connection proves, the strongest first: the client's, or something of each client's."""
        return (one for one in self.names(connectors, client) if counts_from(one, self.ip))

    def names(self, connectors: Connectors, client: str | None = None) -> Iterator[Connector]:
        """The same, and what does not count from where it comes."""
        if self.login and client in (None, self.login.client):
            yield from _still_open(connectors, self.login)
        if self.certificate:
            yield from connectors.with_certificate(self.certificate, client)
        yield from connectors.of_network(self.ip, client)

    def clients(self, connectors: Connectors) -> set[str]:
        """Whose it may be; a login says so alone."""
        login = self.login and next(_still_open(connectors, self.login), None)
        return {login.client} if login else {one.client for one in self.names(connectors)}

    def shows(self, connectors: Connectors, section: HeaderSection, client: str) -> Connector | None:
        """The client's connector whose token the message bears, where that counts from here."""
        for field in section.all(TOKEN_FIELD)[:MAX_TOKENS]:
            for one in connectors.with_token(hashlib.sha256(field.value).digest(), client):
                if counts_from(one, self.ip):
                    return one
        return None


def _still_open(connectors: Connectors, login: Connector) -> Iterator[Connector]:
    """As it stands now: sessions outlive a login that was removed, or whose secret was renewed."""
    now = connectors.with_login(login.login)
    if now is not None and (now.client, now.name, now.key) == (login.client, login.name, login.key):
        yield now
