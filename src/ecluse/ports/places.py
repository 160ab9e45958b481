"""Where IP addresses are at home."""

from __future__ import annotations

from typing import Protocol

from ecluse.domain.place import Place


class Places(Protocol):
    """A local database: answers in well below a millisecond."""

    def find(self, ip: str) -> Place:
        """What is known of an address; never raises, whatever the text and whatever the state of the database."""
        ...
