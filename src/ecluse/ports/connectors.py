"""The node's own copy of connectors: readable in microseconds, however many clients there are."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.connector import Connector


class Connectors(Protocol):
    """Every look-up raises `Unavailable` where the store cannot be read."""

    def with_login(self, login: str) -> Connector | None:
        """Whose name of AUTH this is (lower case)."""
        ...

    def with_certificate(self, fingerprint: str, client: str | None = None) -> tuple[Connector, ...]:
        """Those of the client that this certificate proves; without a client the first of each: several may share it."""
        ...

    def with_token(self, digest: bytes, client: str) -> tuple[Connector, ...]:
        """Those of the client whose token has this SHA-256."""
        ...

    def of_network(self, ip: str, client: str | None = None) -> tuple[Connector, ...]:
        """As `with_certificate`, by an address of networks that prove it by themselves, the narrowest network first."""
        ...

    def forwards(self, client: str) -> bool:
        """Whether any of the client's forwards."""
        ...

    def is_shared(self, ip: str) -> bool:
        """Whether somebody's connector with a token takes mail from there."""
        ...
