"""What clients want, as it is published to the nodes: policies, addresses, list entries, names of their people, keys."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.domain.address import Address
from ecluse.domain.connector import Connector
from ecluse.domain.person import Person
from ecluse.domain.policy import Policy
from ecluse.domain.signing import DomainKeys


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One line of an allow or block list."""

    scope: str  # "client", "user", as in `ListHit`.
    owner: str  # The client's name, or the `Address.key` of the recipient whose list it is.
    kind: str  # "allow", "block"
    entry: str  # As the client wrote it.
    pattern: str  # What is compared: "ann@a.example", "a.example", "*.a.example", "192.0.2.0/24"; an IP as /32, /128.


@dataclass(frozen=True, slots=True)
class PublishedPolicy:
    """All that a node has to know to serve its clients."""

    policies: tuple[Policy, ...]  # One per domain.
    addresses: tuple[Address, ...]
    entries: tuple[ListEntry, ...]
    people: tuple[Person, ...] = ()  # One for each name of a client's people.
    signing: tuple[DomainKeys, ...] = ()
    files: tuple[str, ...] = ()  # What it was read from beside the policy file itself.
    connectors: tuple[Connector, ...] = ()
