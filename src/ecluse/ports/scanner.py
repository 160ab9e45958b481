"""A virus scanner."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ecluse.domain.evidence import ScanFacts


class Stream(Protocol):
    """Octets that are scanned as one file."""

    def chunks(self) -> Iterator[bytes]:
        """All octets in order, in pieces of at most `CHUNK_BYTES`; the same each time it is asked."""
        ...


class Scanner(Protocol):
    """Looks for viruses; trouble of its own is a state of the answer, never an exception and never "clean"."""

    async def scan(self, *streams: Stream) -> ScanFacts:
        """What the engine says about these files: the one answer that counts for all of them.

        A virus in any of them comes first, then what could not be asked (it heals), then what lies beyond the engine's
        limits (it does not); clean are they only when each of them is.
        """
        ...
