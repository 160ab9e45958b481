"""A virus scanner."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.content import Content
from ecluse.domain.evidence import ScanFacts


class Scanner(Protocol):
    """Looks for viruses; trouble of its own is a state of the answer, never an exception and never "clean"."""

    async def scan(self, content: Content) -> ScanFacts:
        """What the engine says about these octets."""
        ...
