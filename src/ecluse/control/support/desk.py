"""How the provider's support desk is set up."""

from __future__ import annotations

from dataclasses import dataclass

from ecluse.control.support.office_hours import OfficeHours


@dataclass(frozen=True, slots=True)
class Desk:
    """Read from the settings."""

    address: str  # Whom clients write to, and whom answers come from; "": nothing goes by mail.
    hours: OfficeHours
    close_after_days: int  # Of silence, once it is solved.
    files_days: int  # After it was closed.
    keep_days: int  # After the contract.
