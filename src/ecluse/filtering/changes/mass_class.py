"""The class of mass mail, for mail programs to sort by, where a recipient wants it so."""

from __future__ import annotations

from ecluse.filtering.changes.departure import Departure


def mass_class(departure: Departure) -> bytes:
    """Subject and body stay as they are; nothing where nobody wants a tag."""
    return b"X-Ecluse-Class: M\r\n" if departure.is_tagged else b""
