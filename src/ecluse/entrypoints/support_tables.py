"""The table about the provider's support desk."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

_TIME = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class SupportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Support of clients: tickets by console, phone and mail (articles 5-1 to 5-3 of the contract)."""

    address: Annotated[
        Annotated[str, Meta(pattern=r"^[!-;=?A-~]+@[A-Za-z0-9.-]+$", max_length=200)] | None,
        Meta(
            description="An address of a served domain of yours: what it accepts becomes a ticket, and is delivered as usual, "
            "too. Answers come from it. Without it nothing of support goes by mail."
        ),
    ] = None
    opens: Annotated[str, Meta(pattern=_TIME, description="When working hours begin, Monday to Friday.")] = "09:00"
    closes: Annotated[str, Meta(pattern=_TIME, description="When they end; later than they begin.")] = "18:00"
    time_zone: Annotated[
        Literal["Europe/Paris", "UTC"], Meta(description="Where those are; public holidays are those of France.")
    ] = "Europe/Paris"
    remind_agents_hours: Annotated[
        int,
        Meta(
            ge=0,
            le=200,
            description="Working hours that a client waits for the provider's word: then whose ticket it is, or else all "
            "who answer tickets, get a mail, once. 0: never.",
        ),
    ] = 8
    remind_client_days: Annotated[
        int,
        Meta(
            ge=0,
            le=90,
            description="Days after an answer that asks for a client's word: then he is reminded, once. 0: never.",
        ),
    ] = 5
    solve_after_days: Annotated[
        int,
        Meta(
            ge=0, le=365, description="Days of silence after that reminder: then the ticket counts as solved. 0: never."
        ),
    ] = 14
    close_after_days: Annotated[
        int, Meta(ge=1, le=365, description="What is solved is closed for good after this time of silence.")
    ] = 14
    files_days: Annotated[
        int, Meta(ge=0, le=365, description="Files that came with a ticket are deleted so long after it was closed.")
    ] = 30
    keep_days: Annotated[
        int,
        Meta(
            ge=30,
            le=3_650,
            description="Tickets are kept while the client has a contract in force, and so long after; then what is personal "
            "in them is deleted. Mail that no agent has sorted is deleted after 30 days.",
        ),
    ] = 365
