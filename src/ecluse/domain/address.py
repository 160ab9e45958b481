"""A mailbox address as it stands in an SMTP path."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox: RFC 5321 section 4.1.2, without angle brackets and source route."""

    local: str  # As sent, quotes included.
    domain: str  # Lower case, A-labels; an address literal keeps its brackets; "" only for the bare <postmaster>.

    @classmethod
    def of(cls, text: str) -> Address:
        """Of one that was checked where it came in, written without brackets; its domain is of A-labels already."""
        local, _, domain = text.rpartition("@")
        return cls(local, domain.lower())

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}" if self.domain else self.local

    @property
    def key(self) -> str:
        """The form that look-ups compare: we treat local parts of our clients without regard to case."""
        return str(self).casefold()
