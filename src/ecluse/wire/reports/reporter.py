"""Who reports, and about which time: the same for DMARC aggregate reports and TLS reports."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Organisation:
    """The organisation that makes a report."""

    name: str
    email: str  # Where people ask about the report; in TLS reports any contact.
    contact: str = ""  # Further ways to reach it, "extra_contact_info".


@dataclass(frozen=True, slots=True)
class Period:
    """The time that a report covers."""

    begin: int  # Epoch seconds.
    end: int  # Epoch seconds, the last second that belongs to it.
