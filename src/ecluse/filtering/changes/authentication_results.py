"""What we found out about the sender's authenticity, for the client's own programs (RFC 8601)."""

from __future__ import annotations

from ecluse.filtering.changes.departure import Departure


def authentication_results(departure: Departure) -> bytes:
    """No method was tried, which RFC 8601 section 2.2 spells "none"; SPF, DKIM and DMARC come with part 2."""
    return f"Authentication-Results: {departure.hostname}; none\r\n".encode()
