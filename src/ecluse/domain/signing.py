"""The private keys that a domain's outbound mail is signed with, as nodes are told of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SealedKey:
    """One active key. Whoever has the node key opens it; a copy of the policy or of the control database does not."""

    selector: str
    sealed: bytes  # `wire.dkim.sealed_key`.


@dataclass(frozen=True, slots=True)
class DomainKeys:
    """What signs mail whose author writes from this very domain."""

    client: str  # Whose mail it signs, and nobody else's.
    domain: str  # Lower case, A-labels.
    keys: tuple[SealedKey, ...]  # RSA first: verifiers that know no Ed25519 look at it (RFC 8463 section 3).
