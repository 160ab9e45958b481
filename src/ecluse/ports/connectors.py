"""The node's own copy of connectors: readable in microseconds, however many clients there are."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.connector import Connector


class Connectors(Protocol):
    """Every look-up raises `Unavailable` where the store cannot be read."""

    def with_login(self, login: str) -> Connector | None:
        """Whose name of AUTH this is (lower case)."""
        ...

    def with_certificate(self, fingerprint: str) -> tuple[Connector, ...]:
        """Those that this client certificate proves: several clients may send through one server."""
        ...

    def with_token(self, digest: bytes) -> tuple[Connector, ...]:
        """Those whose token has this SHA-256."""
        ...

    def of_network(self, ip: str) -> tuple[Connector, ...]:
        """Those that an address of their networks proves by itself, the narrowest network first."""
        ...

    def is_shared(self, ip: str) -> bool:
        """Whether somebody's connector with a token takes mail from there."""
        ...
