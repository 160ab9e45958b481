"""The node's own copy of published policy: readable in microseconds, without the control plane (design 3)."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.address import Address
from ecluse.domain.evidence import ListHit
from ecluse.domain.person import Person
from ecluse.domain.policy import Policy


class Policies(Protocol):
    """Look-ups take the same time for ten domains and for 100,000, ten list entries and 10 million."""

    def domain(self, name: str) -> Policy | None:
        """The policy of a served domain (lower case, A-labels), or None when the domain is not ours."""
        ...

    def has_address(self, address: Address) -> bool:
        """Whether the client listed this address of a served domain (case of the local part is ignored)."""
        ...

    def person(self, client: str, key: str) -> Person | None:
        """Whoever of the client's people bears the name that `name_key` folded."""
        ...

    def list_hits(self, policy: Policy, recipient: Address, sender: Address | None, ip: str) -> tuple[ListHit, ...]:
        """Entries of the client's and of the recipient's own lists that fit the envelope sender or the peer's IP.

        Looked for: the address, its domain, "*.parent" for each parent domain, the IP, each network that holds it.
        """
        ...
