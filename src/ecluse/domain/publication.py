"""The unit in which policy is published: one object of a kind under a key, replaced as a whole (design 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a published object is; its body is msgpack of what stands here."""

    DOMAIN = "domain"  # key: its name. body: Policy.
    ADDRESS = "address"  # key: `Address.key`. body: Address.
    LIST = "list"  # key: "client" or "user", a slash, the owner as in `ListEntry`. body: tuple of ListEntry.
    KEYS = "keys"  # key: a domain. body: DomainKeys.
    CONNECTOR = "connector"  # key: the client's name, a slash, the connector's. body: Connector.
    PERSON = "person"  # key: the client's name, a slash, `Person.key`. body: Person.
    SUPPRESSION = "suppression"  # key: `suppression_key`. body: Suppression.


@dataclass(frozen=True, slots=True)
class Publication:
    """One object as it is now; the body is None when it is gone."""

    kind: Kind
    key: str
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What changed up to a position; a follower that has applied it asks for what comes after."""

    position: int
    publications: tuple[Publication, ...]
