"""The published keys that outbound mail is signed with, readable as fast as the policy they come with."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.signing import DomainKeys


class SigningKeys(Protocol):
    """What the agent published last."""

    def signing_keys(self, domain: str) -> DomainKeys | None:
        """The active keys of a domain (lower case, A-labels); None where it has none. Raises `Unavailable`."""
        ...
