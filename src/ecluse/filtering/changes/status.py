"""Our opinion in one line that mail programs can sort by (market 2.5)."""

from __future__ import annotations

from ecluse.domain.evidence import Unknown
from ecluse.filtering.changes.departure import Departure


def status(departure: Departure) -> bytes:
    """Five families, each with its value; "unknown" is no reproach."""
    headers = departure.evidence.headers
    bulk = "unknown" if isinstance(headers, Unknown) else "yes" if headers.is_bulk else "no"
    return f"X-Ecluse-Status: server=unknown; spf=unknown; dkim=unknown; sender=unknown; bulk={bulk}\r\n".encode()
