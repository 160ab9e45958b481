"""Where an IP address is at home, as far as a local database knows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Whose network an address lies in."""

    country: str = ""  # ISO 3166-1 alpha-2, upper case; "" where it is not known.
    asn: int = 0  # Number of the autonomous system (RFC 6793); 0 where it is not known.

    def __str__(self) -> str:
        return " ".join(part for part in (self.country, f"AS{self.asn}" if self.asn else "") if part)


NOWHERE = Place()
