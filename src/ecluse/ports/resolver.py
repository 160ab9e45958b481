"""The domain name system, as one message may ask it."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.dns import Answer


class Resolver(Protocol):
    """Answers from a shared cache or from the configured name servers; never raises for what the DNS does."""

    async def ask(self, name: str, kind: str) -> Answer:
        """The records of a name, CNAMEs followed; `kind` is "A", "AAAA", "TXT", "MX", "PTR", "NS", "CNAME" or "TLSA"."""
        ...

    def known(self, name: str, kind: str) -> Answer | None:
        """The same where it needs no waiting; None where `ask` would ask a name server. A tenth of what a task costs."""
        ...


class FreshResolver(Resolver, Protocol):
    """A resolver that can be told not to answer from what it knows."""

    async def ask_afresh(self, name: str, kind: str) -> Answer:
        """As `ask`, but the name servers are asked whatever the cache holds; the answer then replaces it there."""
        ...
