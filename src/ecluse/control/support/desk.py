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
    # 0: never, each of these three.
    remind_agents_hours: int = 8  # Working hours that a client waits.
    remind_client_days: int = 5  # That we wait for his word.
    solve_after_days: int = 14  # Of silence, once he was reminded.
