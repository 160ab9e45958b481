"""One TLSA record: what a server's certificate, or one above it, must be (RFC 6698 section 2.1)."""

from __future__ import annotations

from dataclasses import dataclass

MAX_DATA_OCTETS = 16_384
TRUST_ANCHOR, END_ENTITY = 2, 3
CERTIFICATE, PUBLIC_KEY = 0, 1
EXACT, SHA256, SHA512 = 0, 1, 2
_DIGEST_OCTETS = {SHA256: 32, SHA512: 64}


@dataclass(frozen=True, slots=True)
class Tlsa:
    """Usage, selector and matching type as numbers, and what they are about."""

    usage: int
    selector: int
    matching: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()}"

    @property
    def is_usable(self) -> bool:
        """Whether SMTP can do something with it: PKIX usages cannot be met between strangers (RFC 7672 section 3.1.3)."""
        if self.usage not in {TRUST_ANCHOR, END_ENTITY} or self.selector not in {CERTIFICATE, PUBLIC_KEY}:
            return False
        if self.matching == EXACT:
            return bool(self.data)
        return len(self.data) == _DIGEST_OCTETS.get(self.matching)


def parse_tlsa(octets: bytes) -> Tlsa | None:
    """The record from its RDATA; None where that is too short, or too long to be looked at."""
    if not 3 <= len(octets) <= MAX_DATA_OCTETS:
        return None
    return Tlsa(octets[0], octets[1], octets[2], octets[3:])
