"""The id by which log and support find the message again."""

from __future__ import annotations

from ecluse.filtering.changes.departure import Departure


def own_id(departure: Departure) -> bytes:
    """The same id as in our replies and our log."""
    return f"X-Ecluse-Id: {departure.incoming.id}\r\n".encode()
